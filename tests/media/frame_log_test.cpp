#include "media/frame_log.h"

#include <gtest/gtest.h>

#include "tests/media/hand_made_frame.h"

namespace sluice::media {
namespace {

FrameLog::Record record(FrameNumber number) { return {.description = HandMade::delta(number, {})}; }

TEST(FrameLog, NothingFollowsAnEmptyOne) {
  const FrameLog log;
  EXPECT_FALSE(log.follows(0));
}

TEST(FrameLog, RemembersTheLastFramesAcrossTheWrapOfNumbers) {
  FrameLog log;
  const FrameNumber first = 0xFFFF'FFF0;
  for (FrameNumber index = 0; index < 100; ++index) {
    EXPECT_EQ(log.follows(first + index), index > 0);
    log.add(record(first + index));
  }
  for (FrameNumber index = 100 - FrameLog::kFrames; index < 100; ++index) {
    EXPECT_EQ(log[first + index].description.number, first + index);
  }
  EXPECT_EQ(log.next(), first + 100);
  EXPECT_FALSE(log.follows(first + 101)) << "one is missing";
  EXPECT_FALSE(log.follows(first + 99)) << "again";
}

TEST(FrameLogDeathTest, AskingForWhatIsForgottenStopsTheProcess) {
  testing::FLAGS_gtest_death_test_style = "threadsafe";
  FrameLog log;
  for (FrameNumber number = 1; number <= 1 + FrameLog::kFrames; ++number) log.add(record(number));
  EXPECT_DEATH(static_cast<void>(log[1]), "the books follow before the log forgets");
}

}  // namespace
}  // namespace sluice::media
