// References to one pool's frames dropped on other threads: run under the thread sanitizer.

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <memory>
#include <random>
#include <thread>
#include <vector>

#include "media/frame_pool.h"
#include "media/mpsc_queue.h"

namespace sluice::media {
namespace {

TEST(FramePoolThreads, FramesWhoseLastReferenceDiesElsewhereComeBackWholeAndAreUsedAgain) {
  constexpr int kReaders = 3;
  constexpr int kFrames = 5'000;
  constexpr std::size_t kBytesMax = 200 * 1024;  // far less than all frames together
  FramePool pool{kBytesMax};
  {
    std::vector<std::unique_ptr<MpscQueue<FrameRef>>> queues;
    queues.reserve(kReaders);
    for (int i = 0; i < kReaders; ++i) queues.push_back(std::make_unique<MpscQueue<FrameRef>>(16));
    std::atomic<bool> ended{false};
    std::atomic<int> torn{0};
    std::atomic<int> taken{0};
    std::vector<std::jthread> readers;
    readers.reserve(kReaders);
    for (int reader = 0; reader < kReaders; ++reader) {
      readers.emplace_back([&, reader] {
        MpscQueue<FrameRef>& queue = *queues[static_cast<std::size_t>(reader)];
        std::vector<FrameRef> kept;  // the order in which references die is not that of arrival
        std::mt19937 random{static_cast<unsigned>(reader)};
        while (true) {
          // Read before the queue is found empty: what was pushed before the end is then seen.
          const bool last_round = ended.load(std::memory_order_acquire);
          auto frame = queue.try_pop();
          if (!frame) {
            if (last_round) return;
            std::this_thread::yield();
            continue;
          }
          // A block that was given back too early would be written under this reader.
          const auto expected = static_cast<std::byte>((*frame)->description.number);
          const bool whole = std::ranges::all_of((*frame)->payload(),
                                                 [&](std::byte byte) { return byte == expected; });
          if (!whole) torn.fetch_add(1);
          taken.fetch_add(1, std::memory_order_relaxed);
          kept.push_back(std::move(*frame));
          if (kept.size() > 8) {
            std::swap(kept[random() % kept.size()], kept.back());
            kept.pop_back();
          }
        }
      });
    }
    std::mt19937 random{1};
    for (FrameNumber number = 0; number < kFrames;) {
      const auto bytes = static_cast<std::uint32_t>(1 + random() % 3000);
      FrameBuilder builder = pool.allocate({.number = number, .length = bytes}, MediaKind::kVideo);
      if (!builder) {  // the readers hold all there is
        std::this_thread::yield();
        pool.trim();
        continue;
      }
      std::ranges::fill(builder->payload_to_fill(), static_cast<std::byte>(number));
      const FrameRef frame = std::move(builder).finish();
      for (auto& queue : queues) {
        while (!queue->try_push(FrameRef{frame})) std::this_thread::yield();
      }
      if (number % 500 == 0) pool.trim();
      ++number;
    }
    ended.store(true, std::memory_order_release);
    readers.clear();  // joins
    EXPECT_EQ(torn.load(), 0);
    EXPECT_EQ(taken.load(), kReaders * kFrames);
  }
  EXPECT_LE(pool.bytes_held(), kBytesMax);
  for (int i = 0; i < 2; ++i) pool.trim();
  EXPECT_EQ(pool.bytes_held(), 0U) << "every block came back";
}

}  // namespace
}  // namespace sluice::media
