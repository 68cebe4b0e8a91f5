#include <gtest/gtest.h>

#include "tests/sim/scenarios.h"

namespace sluice::sim {
namespace {

TEST(Undecodable, NothingArrivesThatCannotBeDecodedWhateverTheLinkDoes) {
  // scripts/score --seeds-only looks at as many more as one has time for.
  std::uint64_t shown = 0;
  for (std::uint64_t seed = 1; seed <= 150; ++seed) {
    const auto result =
        run_meeting(arbitrary_meeting(seed), [](TcpLink& link, const MeetingSettings& meeting) {
          return std::make_unique<SluiceSender>(
              link, SluiceSender::Settings{.encodings = meeting.publisher.encodings});
        });
    EXPECT_EQ(result.outcome.undecodable, 0U) << "seed " << seed;
    shown += result.outcome.video_shown;
  }
  EXPECT_GT(shown, 10'000U);
}

TEST(Undecodable, TheReceiverModelSeesWhatASenderWithoutCareDoes) {
  std::uint64_t undecodable = 0;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    undecodable += run_meeting(arbitrary_meeting(seed), [](TcpLink& link, const MeetingSettings&) {
                     return std::make_unique<QueueSender>(link, QueueSender::Policy::kTailDrop);
                   }).outcome.undecodable;
  }
  EXPECT_GT(undecodable, 0U);
}

}  // namespace
}  // namespace sluice::sim
