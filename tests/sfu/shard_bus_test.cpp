#include "sfu/shard_bus.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <unistd.h>

#include <optional>
#include <string>
#include <vector>

namespace sluice::sfu {
namespace {

constexpr ShardIndex kFirst{0};
constexpr ShardIndex kSecond{1};
constexpr ShardIndex kThird{2};

InterestBegan interest(std::uint64_t room) {
  return {.room = signaling::RoomId{room}, .track = signaling::TrackHandle{1}, .from = kFirst};
}

class ShardBusTest : public testing::Test {
 protected:
  /// Whether the event of a shard is set; it is not any more then.
  static bool woken(ShardPort& port) {
    pollfd waiting{.fd = port.event(), .events = POLLIN, .revents = 0};
    if (::poll(&waiting, 1, 0) == 0) return false;
    std::uint64_t count = 0;
    EXPECT_EQ(::read(port.event(), &count, sizeof count), 8);
    return true;
  }
  /// The rooms of the messages that arrived at `port`, in their order.
  static std::vector<std::uint64_t> rooms_at(ShardPort& port) {
    std::vector<std::uint64_t> rooms;
    port.receive(
        [&](const ShardMessage& message) {
          rooms.push_back(static_cast<std::uint64_t>(std::get<InterestBegan>(message).room));
        },
        [](ShardIndex, const Crossing&) {});
    return rooms;
  }
  media::FrameRef frame(media::FrameNumber number) {
    return pool_.allocate({.number = number, .length = 10}, media::MediaKind::kVideo).finish();
  }

  metrics::ShardMetrics metrics_{0};
  media::FramePool pool_{1 << 20};
  ShardBus bus_{3};
  ShardPort first_{bus_, kFirst, metrics_};
  ShardPort second_{bus_, kSecond, metrics_};
  ShardPort third_{bus_, kThird, metrics_};
};

TEST_F(ShardBusTest, WakesAReceiverOnceForAllThatATurnSentIt) {
  first_.send(kSecond, interest(1));
  ASSERT_TRUE(first_.offer(kSecond, {.frame = frame(1)}));
  EXPECT_FALSE(woken(second_)) << "only the end of the turn wakes";
  first_.flush();
  third_.send(kSecond, interest(2));
  third_.flush();
  EXPECT_TRUE(woken(second_));
  EXPECT_FALSE(woken(third_));
  EXPECT_EQ(rooms_at(second_), (std::vector<std::uint64_t>{1, 2}));
  first_.flush();
  EXPECT_FALSE(woken(second_)) << "nothing new was sent";
}

TEST_F(ShardBusTest, HandsFramesOverByReference) {
  const media::FrameRef sent = frame(7);
  ASSERT_TRUE(first_.offer(kThird, {.room = signaling::RoomId{5}, .frame = sent}));
  std::optional<Crossing> arrived;
  third_.receive([](const ShardMessage&) {},
                 [&](ShardIndex from, Crossing crossing) {
                   EXPECT_EQ(from, kFirst);
                   arrived = std::move(crossing);
                 });
  ASSERT_TRUE(arrived);
  EXPECT_EQ(arrived->room, signaling::RoomId{5});
  EXPECT_EQ(arrived->frame.get(), sent.get());
}

TEST_F(ShardBusTest, HandlesAFrameAfterTheMessagesThatWereSentBefore) {
  ASSERT_TRUE(first_.offer(kSecond, {.frame = frame(1)}));
  third_.send(kSecond, interest(1));
  ASSERT_TRUE(first_.offer(kSecond, {.frame = frame(2)}));
  std::vector<std::string> order;
  second_.receive([&](const ShardMessage&) { order.emplace_back("message"); },
                  [&](ShardIndex, const Crossing& crossing) {
                    order.push_back("frame " + std::to_string(crossing.frame->description.number));
                  });
  EXPECT_EQ(order, (std::vector<std::string>{"message", "frame 1", "frame 2"}));
}

TEST_F(ShardBusTest, RefusesAFrameForAFullRingAndLeavesItAlone) {
  for (std::size_t i = 0; i < ShardBus::kRingFrames; ++i) {
    ASSERT_TRUE(first_.offer(kSecond, {.frame = frame(static_cast<std::uint32_t>(i))}));
  }
  Crossing late{.frame = frame(9999)};
  EXPECT_FALSE(first_.offer(kSecond, std::move(late)));
  // NOLINTNEXTLINE(bugprone-use-after-move): that it was not moved is what is tested.
  EXPECT_TRUE(late.frame);
  EXPECT_TRUE(first_.offer(kThird, std::move(late))) << "other shards are not behind";
  media::FrameNumber expected = 0;
  second_.receive([](const ShardMessage&) {},
                  [&](ShardIndex, const Crossing& crossing) {
                    EXPECT_EQ(crossing.frame->description.number, expected++);
                  });
  EXPECT_EQ(expected, ShardBus::kRingFrames);
  EXPECT_TRUE(first_.offer(kSecond, {.frame = frame(1)}));
}

TEST_F(ShardBusTest, KeepsEveryMessageInOrderWhenAnInboxIsFull) {
  constexpr std::uint64_t kMessages = ShardBus::kInboxMessages + 500;
  for (std::uint64_t i = 0; i < kMessages; ++i) first_.send(kSecond, interest(i));
  EXPECT_TRUE(first_.backlogged());
  EXPECT_FALSE(first_.overloaded());
  EXPECT_EQ(metrics_.shard_messages_delayed.value(), 500U);
  std::uint64_t expected = 0;
  while (expected < kMessages) {
    const auto rooms = rooms_at(second_);
    ASSERT_FALSE(rooms.empty());
    for (const std::uint64_t room : rooms) ASSERT_EQ(room, expected++);
    first_.flush();
    // What is sent now goes behind what waits.
    if (expected < 600) first_.send(kThird, interest(expected));
  }
  EXPECT_FALSE(first_.backlogged());
}

TEST_F(ShardBusTest, SaysWhenTooMuchWaits) {
  for (std::uint64_t i = 0; i < ShardBus::kInboxMessages + ShardPort::kBacklogMax; ++i) {
    first_.send(kSecond, interest(i));
  }
  EXPECT_FALSE(first_.overloaded());
  first_.send(kSecond, interest(0));
  EXPECT_TRUE(first_.overloaded());
  EXPECT_FALSE(second_.overloaded());
  while (!rooms_at(second_).empty()) first_.flush();
  EXPECT_FALSE(first_.overloaded());
}

TEST_F(ShardBusTest, WakesAgainForWhatATurnDidNotHandle) {
  for (std::uint64_t i = 0; i < ShardBus::kInboxMessages; ++i) first_.send(kSecond, interest(i));
  first_.flush();
  ASSERT_TRUE(woken(second_));
  EXPECT_EQ(rooms_at(second_).size(), ShardBus::kInboxMessages);
  EXPECT_TRUE(woken(second_)) << "it cannot know that there was no more";
  EXPECT_EQ(rooms_at(second_).size(), 0U);
  EXPECT_FALSE(woken(second_));
}

TEST_F(ShardBusTest, GivesBackWhatWasNeverTakenOut) {
  media::FramePool pool{1 << 20};
  {
    ShardBus bus{2};
    metrics::ShardMetrics metrics{0};
    ShardPort from{bus, kFirst, metrics};
    ASSERT_TRUE(from.offer(
        kSecond, {.frame = pool.allocate({.length = 10}, media::MediaKind::kAudio).finish()}));
    from.send(kSecond, interest(1));
  }
  // The pool's destructor stops the test when a frame is still out.
}

TEST(ShardIndex, IsPartOfTheIdsThatAShardGivesOut) {
  EXPECT_EQ(shard_of(session_id(ShardIndex{63}, 1)), ShardIndex{63});
  EXPECT_EQ(shard_of(session_id(ShardIndex{0}, (1ULL << kShardShift) - 1)), ShardIndex{0});
  EXPECT_NE(session_id(ShardIndex{1}, 1), session_id(ShardIndex{2}, 1));
  EXPECT_NE(first_room_id(ShardIndex{1}), first_room_id(ShardIndex{2}));
  EXPECT_EQ(home_of("demo", 1), ShardIndex{0});
  EXPECT_EQ(home_of("demo", 7), home_of("demo", 7));
}

}  // namespace
}  // namespace sluice::sfu
