// The way of a frame from shard to shard allocates nothing once it is warm. This program counts
// what `new` is asked for (counted_allocations.cpp), so it is one of its own.

#include <gtest/gtest.h>

#include "sfu/pump_queue.h"
#include "sfu/track_route.h"
#include "tests/sfu/counted_allocations.h"

namespace sluice::sfu {
namespace {

using namespace std::chrono_literals;

constexpr media::Time kNow{1s};

struct Shard {
  Shard(ShardBus& bus, ShardIndex index) : port{bus, index, metrics} {}
  metrics::ShardMetrics metrics{0};
  media::TimerWheel wheel{kNow};
  ShardPort port;
  PumpQueue pump_queue{wheel};
  media::FlightRecording flight{.kept = 1s};
  TrackRoute::Surroundings surroundings{.wheel = wheel,
                                        .metrics = metrics,
                                        .port = port,
                                        .pump_queue = pump_queue,
                                        .flight = flight,
                                        .now = kNow};
};

TEST(CrossingAllocations, AreNoneForAFrameOfAWarmRoom) {
  media::FramePool pool{16 << 20};
  ShardBus bus{2};
  Shard publisher{bus, ShardIndex{0}};
  Shard other{bus, ShardIndex{1}};
  signaling::TrackInfo info;
  info.handle = signaling::TrackHandle{5};
  info.description.kind = signaling::TrackKind::kVideo;
  TrackRoute from{signaling::RoomId{1}, info, ShardIndex{0}, publisher.surroundings};
  TrackRoute to{signaling::RoomId{1}, info, ShardIndex{0}, other.surroundings};
  from.add_shard(ShardIndex{1});

  std::size_t arrived = 0;
  const auto cross = [&](media::FrameNumber number) {
    const media::FrameDescription description{.track = media::TrackHandle{5},
                                              .number = number,
                                              .length = 5000,
                                              .keyframe = number % 100 == 0};
    from.receive(pool.allocate(description, media::MediaKind::kVideo).finish());
    publisher.port.flush();
    other.port.receive([](ShardMessage&) {},
                       [&](ShardIndex, const Crossing& crossing) {
                         if (crossing.group) return to.receive_group(*crossing.group);
                         ++arrived;
                         to.receive(crossing.frame);
                       });
  };
  media::FrameNumber number = 0;
  for (; number < 300; ++number) cross(number);
  const std::size_t before = allocations();
  for (; number < 3300; ++number) cross(number);
  EXPECT_EQ(allocations(), before);
  EXPECT_EQ(arrived, 3300U);
  // The counter counts.
  pool.trim();
  const auto larger = pool.allocate({.length = 100'000}, media::MediaKind::kVideo);
  EXPECT_GT(allocations(), before);
}

}  // namespace
}  // namespace sluice::sfu
