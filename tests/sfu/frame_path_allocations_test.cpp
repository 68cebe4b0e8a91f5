// The way of a frame through a shard, from its publisher's socket to its subscribers', allocates
// nothing once the room is warm.

#include <gtest/gtest.h>
#include <poll.h>

#include <memory>
#include <thread>
#include <vector>

#include "tests/bench/load/load_member.h"
#include "tests/sfu/counted_allocations.h"
#include "tests/sfu/running_shard.h"

namespace sluice::sfu {
namespace {

using namespace std::chrono_literals;
using bench::LoadMember;
using bench::Wire;

struct Room {
  Wire wire;
  std::size_t subscribers;
};

class FramePathAllocations : public testing::TestWithParam<Room> {
 protected:
  FramePathAllocations() {
    do_not_count_this_thread();
    tally_.counts_from = media::Time{};
    for (std::size_t i = 0; i < GetParam().subscribers + 1; ++i) {
      members_.push_back(std::make_unique<LoadMember>(
          bench::Target{.port = shard_.port(), .wire = GetParam().wire},
          LoadMember::Role{.subscribes = i > 0}, tally_));
      members_.back()->join("demo");
      read_until([&] { return members_.back()->joined(); });
    }
    members_.front()->publish_camera(1);
    read_until([&] { return members_.front()->published() == 1; });
    for (std::size_t i = 1; i < members_.size(); ++i) {
      read_until([&] { return members_[i]->subscribed() == 1; });
    }
    members_.front()->add_source(0, media::EncodingId{0}, {.keyframe_bytes = 8000}, {});
  }

  /// Publishes `frames`, each when everybody has the one before.
  void publish(int frames) {
    for (int i = 0; i < frames; ++i) {
      // As a camera does, rather than so fast that frames are gathered.
      std::this_thread::sleep_for(3ms);
      members_.front()->send_due();
      sent_ += members_.size() - 1;
      read_until([&] { return tally_.delivered == sent_; });
    }
  }

  template <typename Condition>
  void read_until(Condition condition) {
    const auto end = std::chrono::steady_clock::now() + 10s;
    while (!condition()) {
      ASSERT_LT(std::chrono::steady_clock::now(), end);
      std::vector<pollfd> waiting;
      waiting.reserve(members_.size());
      for (const auto& member : members_) {
        waiting.push_back({.fd = member->descriptor(), .events = POLLIN, .revents = 0});
      }
      ::poll(waiting.data(), waiting.size(), 100);
      for (const auto& member : members_) member->read();
    }
  }

  std::uint64_t control_bytes() {
    const auto kind = metrics::ByteKind::kControl;
    return shard_.metrics().bytes_sent[kind].value() +
           shard_.metrics().bytes_received[kind].value();
  }

  RunningShard shard_;
  bench::Tally tally_;
  std::vector<std::unique_ptr<LoadMember>> members_;
  std::uint64_t sent_ = 0;
};

TEST_P(FramePathAllocations, AreNoneForAFrameOfAWarmRoom) {
  // A subscriber that does not report is asked by pings in its first second, and when it is late,
  // as on a busy machine. Control messages allocate: frames are looked at while there were none.
  const auto warm = std::chrono::steady_clock::now() + 1200ms;
  while (std::chrono::steady_clock::now() < warm) publish(50);
  ASSERT_EQ(tally_.delivered, sent_);
  constexpr int kFrames = 40;
  int undisturbed = 0;
  for (int run = 0; run < 50 && undisturbed < 5; ++run) {
    const std::uint64_t control = control_bytes();
    const std::size_t before = allocations();
    publish(kFrames);
    ASSERT_EQ(tally_.delivered, sent_);
    if (control_bytes() != control) continue;
    ++undisturbed;
    EXPECT_EQ(allocations(), before);
  }
  EXPECT_EQ(undisturbed, 5);
  const std::size_t before = allocations();
  // The counter counts: a new member's connection is allocated.
  LoadMember late{{.port = shard_.port(), .wire = GetParam().wire}, {}, tally_};
  late.join("demo");
  read_until([&] {
    late.read();
    return late.joined();
  });
  EXPECT_GT(allocations(), before);
}

// Of many, most are sent a frame in step (`media::InStep`).
INSTANTIATE_TEST_SUITE_P(Over, FramePathAllocations,
                         testing::Values(Room{Wire::kRaw, 3}, Room{Wire::kWebSocket, 3},
                                         Room{Wire::kRaw, 70}, Room{Wire::kWebSocket, 70}),
                         [](const testing::TestParamInfo<Room>& room) {
                           return (room.param.wire == Wire::kRaw ? "RawTo" : "WebSocketTo") +
                                  std::to_string(room.param.subscribers);
                         });

}  // namespace
}  // namespace sluice::sfu
