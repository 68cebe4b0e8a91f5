#include "tests/link/link_direction.h"

#include <gtest/gtest.h>

namespace sluice::link {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

Packet packet(std::size_t bytes, unsigned mark = 0) {
  return Packet(bytes, static_cast<std::byte>(mark));
}

constexpr Time kStart{seconds{100}};

LinkDirection begun(LinkDirection::Settings settings) {
  LinkDirection link{std::move(settings)};
  link.begin_schedule(kStart);
  return link;
}

TEST(LinkDirection, TakesTheTimeOfTransmissionAndTheDelay) {
  // 1250 bytes at 1 Mbit/s are 10 ms.
  LinkDirection link = begun({.capacity = sim::Capacity::constant(1e6), .delay = milliseconds{40}});
  link.arrive(packet(1250), kStart);
  EXPECT_EQ(link.next_delivery(), kStart + milliseconds{50});
  EXPECT_FALSE(link.take(kStart + milliseconds{50} - Duration{1}));
  EXPECT_TRUE(link.take(kStart + milliseconds{50}));
  EXPECT_EQ(link.next_delivery(), Time::max());
}

TEST(LinkDirection, SendsOnePacketAfterTheOtherAndKeepsTheirOrder) {
  LinkDirection link = begun({.capacity = sim::Capacity::constant(1e6), .delay = milliseconds{40}});
  for (unsigned mark = 0; mark < 3; ++mark) link.arrive(packet(1250, mark), kStart);
  EXPECT_FALSE(link.take(kStart + milliseconds{49}));
  for (unsigned mark = 0; mark < 3; ++mark) {
    const Time due = kStart + milliseconds{50 + 10 * mark};
    ASSERT_EQ(link.next_delivery(), due);
    const auto taken = link.take(due);
    ASSERT_TRUE(taken);
    EXPECT_EQ(taken->front(), static_cast<std::byte>(mark));
  }
}

TEST(LinkDirection, DoesNotSaveUpTheTimeInWhichNothingCame) {
  LinkDirection link = begun({.capacity = sim::Capacity::constant(1e6)});
  link.arrive(packet(1250), kStart);
  ASSERT_TRUE(link.take(kStart + milliseconds{10}));
  link.arrive(packet(1250), kStart + seconds{5});
  link.arrive(packet(1250), kStart + seconds{5});
  EXPECT_EQ(link.next_delivery(), kStart + seconds{5} + milliseconds{10});
}

TEST(LinkDirection, DropsWhatFindsTheQueueFull) {
  LinkDirection link = begun({.capacity = sim::Capacity::constant(1e6), .queue_bytes = 3 * 1250});
  for (int count = 0; count < 5; ++count) link.arrive(packet(1250), kStart);
  EXPECT_EQ(link.counters().overflowed_packets, 2U);
  EXPECT_EQ(link.counters().queue_bytes_most, 3U * 1250);
  EXPECT_EQ(link.counters().wait_most, milliseconds{30});
  // One has left: there is room for one.
  link.arrive(packet(1250), kStart + milliseconds{10});
  EXPECT_EQ(link.counters().overflowed_packets, 2U);
}

TEST(LinkDirection, AcceptsOnePacketHoweverSmallTheQueue) {
  LinkDirection link = begun({.capacity = sim::Capacity::constant(1e6), .queue_bytes = 100});
  link.arrive(packet(1250), kStart);
  EXPECT_EQ(link.counters().overflowed_packets, 0U);
}

TEST(LinkDirection, WaitsForTheEndOfAnOutage) {
  const sim::Capacity capacity{{{.length = seconds{1}, .bits_per_second = 1e6},
                                {.length = seconds{3}, .bits_per_second = 0},
                                {.length = seconds{10}, .bits_per_second = 1e6}}};
  LinkDirection link = begun({.capacity = capacity});
  link.arrive(packet(1250), kStart + milliseconds{1500});
  EXPECT_EQ(link.next_delivery(), kStart + seconds{4} + milliseconds{10});
}

TEST(LinkDirection, BeginsItsScheduleAnew) {
  const sim::Capacity capacity{{{.length = seconds{1}, .bits_per_second = 1e6},
                                {.length = seconds{60}, .bits_per_second = 1e5}}};
  LinkDirection link = begun({.capacity = capacity});
  const Time later = kStart + seconds{30};
  link.begin_schedule(later);
  link.arrive(packet(1250), later);
  EXPECT_EQ(link.next_delivery(), later + milliseconds{10});
}

TEST(LinkDirection, LosesPacketsBeforeTheyTakeCapacity) {
  LinkDirection link = begun({.capacity = sim::Capacity::constant(1e6),
                              .queue_bytes = 10'000'000,
                              .loss = {.share = 0.5}});
  for (int count = 0; count < 1000; ++count) link.arrive(packet(1250), kStart);
  const auto& counters = link.counters();
  EXPECT_NEAR(static_cast<double>(counters.lost_packets), 500, 50);
  EXPECT_EQ(counters.wait_most, milliseconds{10} * (1000 - counters.lost_packets));
}

}  // namespace
}  // namespace sluice::link
