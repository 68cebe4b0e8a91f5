// Where threads meet: run under the thread sanitizer. `--gtest_shuffle` or `--gtest_random_seed`
// gives other seeds, which a failure prints.

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <random>
#include <semaphore>
#include <thread>
#include <vector>

#include "media/mpsc_queue.h"
#include "media/spsc_ring.h"
#include "media/wake_flag.h"

namespace sluice::media {
namespace {

using namespace std::chrono_literals;

std::vector<unsigned> seeds() {
  const auto first = static_cast<unsigned>(testing::UnitTest::GetInstance()->random_seed());
  return {first + 1, first + 2, first + 3};
}

TEST(SpscRingThreads, HandsEveryElementOverOnceAndInOrder) {
  for (const unsigned seed : seeds()) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    constexpr int kElements = 60'000;
    std::mt19937 setup{seed};
    // Pointers: a slot that is read too early or written too late is a race on what they point to.
    SpscRing<std::unique_ptr<int>, std::uint8_t> ring{std::size_t{1} << (setup() % 8)};
    std::jthread producer{[&ring, seed] {
      std::mt19937 random{seed + 1000};
      int next = 0;
      std::vector<std::unique_ptr<int>> batch;
      while (next < kElements) {
        if (random() % 2 == 0) {
          if (ring.try_push(std::make_unique<int>(next))) {
            ++next;
          } else {
            std::this_thread::yield();
          }
          continue;
        }
        batch.clear();
        const int size = static_cast<int>(random() % 12);
        for (int i = 0; i < size && next + i < kElements; ++i) {
          batch.push_back(std::make_unique<int>(next + i));
        }
        const std::size_t pushed = ring.push_batch(batch);
        next += static_cast<int>(pushed);
        if (pushed == 0) std::this_thread::yield();
      }
    }};
    std::mt19937 random{seed + 2000};
    int expected = 0;
    int wrong = 0;
    std::vector<std::unique_ptr<int>> batch(12);
    while (expected < kElements) {
      ASSERT_LE(ring.size(), ring.capacity());
      if (random() % 2 == 0) {
        const auto element = ring.try_pop();
        if (!element) {
          std::this_thread::yield();
          continue;
        }
        if (**element != expected++) ++wrong;
      } else {
        const std::size_t count = ring.pop_batch(std::span{batch}.first(random() % 12));
        for (std::size_t i = 0; i < count; ++i) {
          if (*batch[i] != expected++) ++wrong;
        }
        if (count == 0) std::this_thread::yield();
      }
    }
    EXPECT_EQ(wrong, 0);
    EXPECT_EQ(ring.try_pop(), std::nullopt);
  }
}

struct Command {
  int producer;
  std::unique_ptr<int> number;
};

TEST(MpscQueueThreads, HandsOverEveryProducersElementsOnceAndInTheirOrder) {
  for (const unsigned seed : seeds()) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    constexpr int kProducers = 4;
    constexpr int kEach = 20'000;  // all together more than 2^16: the positions wrap
    std::mt19937 setup{seed};
    // Not 8 bits: a producer that sleeps inside try_push while 256 others pass would mistake the
    // tail for the one it knew. With the 64 bits of std::size_t that takes 2^64 pushes.
    MpscQueue<Command, std::uint16_t> queue{std::size_t{2} << (setup() % 6)};
    std::vector<std::jthread> producers;
    producers.reserve(kProducers);
    for (int producer = 0; producer < kProducers; ++producer) {
      producers.emplace_back([&queue, producer] {
        for (int next = 0; next < kEach;) {
          Command command{.producer = producer, .number = std::make_unique<int>(next)};
          if (queue.try_push(std::move(command))) {
            ++next;
          } else {
            std::this_thread::yield();
          }
        }
      });
    }
    std::vector<int> expected(kProducers, 0);
    int wrong = 0;
    for (int taken = 0; taken < kProducers * kEach;) {
      auto command = queue.try_pop();
      if (!command) {
        std::this_thread::yield();
        continue;
      }
      ++taken;
      if (*command->number != expected[static_cast<std::size_t>(command->producer)]++) ++wrong;
    }
    EXPECT_EQ(wrong, 0);
    EXPECT_FALSE(queue.try_pop().has_value());
  }
}

// The consumer sleeps whenever its queues are empty, and only a producer that was told to wakes it:
// one lost wake-up and it sleeps for ever (here: until the watchdog fails the test).
TEST(WakeFlagThreads, NoWakeUpIsEverLost) {
  for (const unsigned seed : seeds()) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    constexpr int kProducers = 3;
    constexpr int kEach = 8'000;
    MpscQueue<int> commands{64};
    SpscRing<int> frames{64};
    WakeFlag flag;
    std::counting_semaphore<> wake{0};
    std::atomic<int> wake_ups{0};
    std::vector<std::jthread> producers;
    producers.reserve(kProducers);
    for (int producer = 0; producer < kProducers; ++producer) {
      producers.emplace_back([&, producer] {
        std::mt19937 random{seed + static_cast<unsigned>(producer)};
        for (int next = 0; next < kEach;) {
          const bool pushed = producer == 0 ? frames.try_push(next) : commands.try_push(next);
          if (!pushed) {
            std::this_thread::yield();
            continue;
          }
          ++next;
          if (flag.request()) {
            wake_ups.fetch_add(1, std::memory_order_relaxed);
            wake.release();
          }
          if (random() % 8 == 0) std::this_thread::yield();
        }
      });
    }
    int taken = 0;
    while (taken < kProducers * kEach) {
      ASSERT_TRUE(wake.try_acquire_for(60s)) << "lost after " << taken << " elements";
      flag.clear();
      while (commands.try_pop()) ++taken;
      while (frames.try_pop()) ++taken;
    }
    EXPECT_EQ(taken, kProducers * kEach);
    EXPECT_LE(wake_ups.load(), kProducers * kEach);
  }
}

}  // namespace
}  // namespace sluice::media
