// The way of a frame from shard to shard allocates nothing once it is warm. This program counts
// what `new` is asked for, so it is one of its own.

#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <new>

#include "sfu/track_route.h"

namespace {
std::atomic<std::size_t> allocations{0};

void* counted(std::size_t bytes, std::size_t alignment) {
  allocations.fetch_add(1, std::memory_order_relaxed);
  const std::size_t rounded = (bytes + alignment - 1) / alignment * alignment;
  if (void* const block = std::aligned_alloc(alignment, rounded)) return block;
  throw std::bad_alloc{};
}

// Not inlined: g++ would warn that what `new` gave is freed, which here is as it should be.
[[gnu::noinline]] void give_back(void* block) { std::free(block); }
}  // namespace

void* operator new(std::size_t bytes) { return counted(bytes, alignof(std::max_align_t)); }
void* operator new(std::size_t bytes, std::align_val_t alignment) {
  return counted(bytes, static_cast<std::size_t>(alignment));
}
void operator delete(void* block) noexcept { give_back(block); }
void operator delete(void* block, std::size_t) noexcept { give_back(block); }
void operator delete(void* block, std::align_val_t) noexcept { give_back(block); }
void operator delete(void* block, std::size_t, std::align_val_t) noexcept { give_back(block); }

namespace sluice::sfu {
namespace {

using namespace std::chrono_literals;

struct Shard {
  Shard(ShardBus& bus, ShardIndex index) : port{bus, index, metrics} {}
  metrics::ShardMetrics metrics{0};
  media::TimerWheel wheel{media::Time{1s}};
  ShardPort port;
  TrackRoute::Surroundings surroundings{.wheel = wheel, .metrics = metrics, .port = port};
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
  const std::size_t before = allocations.load();
  for (; number < 3300; ++number) cross(number);
  EXPECT_EQ(allocations.load(), before);
  EXPECT_EQ(arrived, 3300U);
  // The counter counts.
  pool.trim();
  const auto larger = pool.allocate({.length = 100'000}, media::MediaKind::kVideo);
  EXPECT_GT(allocations.load(), before);
}

}  // namespace
}  // namespace sluice::sfu
