// One camera, and so many subscribers that each frame goes past the books of those in step.

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <memory>
#include <thread>
#include <vector>

#include "sfu/pump_queue.h"
#include "sfu/report_pace.h"
#include "tests/bench/load/load_member.h"
#include "tests/sfu/running_shard.h"

namespace sluice::sfu {
namespace {

using namespace std::chrono_literals;
using bench::LoadMember;
using bench::Wire;

class LargeRoom : public testing::TestWithParam<Wire> {
 protected:
  static constexpr std::size_t kSubscribers = 70;
  static_assert(kSubscribers > PumpQueue::kLargeRoom);

  LargeRoom() {
    tally_.counts_from = slow_tally_.counts_from = media::Time{};
    for (std::size_t i = 0; i <= kSubscribers; ++i) {
      // The last one is counted for itself.
      members_.push_back(
          std::make_unique<LoadMember>(bench::Target{.port = shard_.port(), .wire = GetParam()},
                                       LoadMember::Role{.subscribes = i > 0, .reports = i % 2 == 0},
                                       i == kSubscribers ? slow_tally_ : tally_));
      members_.back()->join("demo");
      read_until([&] { return members_.back()->joined(); });
    }
    members_.front()->publish_camera(1);
    read_until([&] { return members_.front()->published() == 1; });
    members_.front()->publish_microphone();
    read_until([&] { return members_.front()->published() == 2; });
    for (std::size_t i = 1; i < members_.size(); ++i) {
      read_until([&] { return members_[i]->subscribed() == 2; });
    }
  }

  /// Publishes until `ended`, each frame when those who read have the one before; so far apart that
  /// they are not gathered.
  template <typename Condition>
  void publish_until(Condition ended) {
    const auto end = std::chrono::steady_clock::now() + 20s;
    while (!ended()) {
      ASSERT_LT(std::chrono::steady_clock::now(), end);
      std::this_thread::sleep_for(3ms);
      members_.front()->send_due();
      ++sent_;
      read_until([&] { return tally_.delivered == sent_ * (kSubscribers - 1); });
    }
  }
  template <typename Condition>
  void read_until(Condition condition) {
    const auto end = std::chrono::steady_clock::now() + 10s;
    while (!condition()) {
      ASSERT_LT(std::chrono::steady_clock::now(), end);
      read();
    }
  }
  void read() {
    std::vector<pollfd> waiting;
    waiting.reserve(members_.size());
    for (const auto& member : members_) {
      waiting.push_back({.fd = member->descriptor(), .events = POLLIN, .revents = 0});
    }
    ::poll(waiting.data(), waiting.size(), 2);
    for (std::size_t i = 0; i < waiting.size(); ++i) {
      if (i < kSubscribers || !slow_stands_still_) members_[i]->read();
    }
  }

  RunningShard shard_;
  bench::Tally tally_;
  bench::Tally slow_tally_;
  std::vector<std::unique_ptr<LoadMember>> members_;
  std::uint64_t sent_ = 0;
  bool slow_stands_still_ = false;
};

TEST_P(LargeRoom, EverybodyHearsOfEverybodyWhoComesAndLeaves) {
  read_until([&] { return members_.front()->comings_and_goings() == kSubscribers; });
  for (std::size_t i = 0; i < members_.size(); ++i) {
    const std::size_t who_came_later = members_.size() - 1 - i;
    read_until([&] { return members_[i]->comings_and_goings() == who_came_later; });
  }
  members_.pop_back();
  read_until([&] { return members_.front()->comings_and_goings() == kSubscribers + 1; });
}

TEST_P(LargeRoom, EverybodyGetsEveryPictureAndSound) {
  members_.front()->add_source(0, media::EncodingId{0},
                               {.frame_bytes = 3000, .keyframe_bytes = 20'000}, {});
  members_.front()->add_source(1, media::EncodingId{0},
                               {.kind = media::MediaKind::kAudio,
                                .frames_per_second = 50,
                                .frame_bytes = 120,
                                .keyframe_bytes = 120},
                               {});
  const auto asked_for_rare_reports = [&] {
    return std::ranges::all_of(members_, [](const auto& member) {
      return !member->reports() || !member->subscribes() ||
             member->report_interval() == ReportPace::kRare;
    });
  };
  publish_until([&] { return sent_ >= 300 && asked_for_rare_reports(); });
  // Now by rare reports.
  publish_until([&, until = sent_ + 200] { return sent_ == until; });
  read_until([&] { return tally_.delivered + slow_tally_.delivered == sent_ * kSubscribers; });
  EXPECT_EQ(tally_.lost + slow_tally_.lost, 0U);
  for (const auto& member : members_) {
    EXPECT_TRUE(member->reports() || member->report_interval() != ReportPace::kRare)
        << "of nobody who does not report";
  }
}

TEST_P(LargeRoom, WhoStandsStillCostsTheOthersNothingAndGoesOnAfterwards) {
  members_.front()->add_source(
      0, media::EncodingId{0},
      {.frame_bytes = 12'000, .keyframe_bytes = 12'000, .keyframe_every = 20}, {});
  publish_until([&] { return sent_ == 100; });
  slow_stands_still_ = true;
  const int little = 32 * 1024;
  ::setsockopt(members_.back()->descriptor(), SOL_SOCKET, SO_RCVBUF, &little, sizeof little);
  publish_until([&] { return sent_ == 400; });
  EXPECT_EQ(tally_.lost, 0U);
  slow_stands_still_ = false;
  const std::uint64_t before = slow_tally_.delivered;
  publish_until([&] { return slow_tally_.lost > 0 && slow_tally_.delivered > before + 50; });
  EXPECT_EQ(tally_.lost, 0U);
}

INSTANTIATE_TEST_SUITE_P(Over, LargeRoom, testing::Values(Wire::kRaw, Wire::kWebSocket),
                         [](const testing::TestParamInfo<Wire>& wire) {
                           return wire.param == Wire::kRaw ? "Raw" : "WebSocket";
                         });

}  // namespace
}  // namespace sluice::sfu
