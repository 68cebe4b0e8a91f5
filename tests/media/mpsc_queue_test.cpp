#include "media/mpsc_queue.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <deque>
#include <memory>
#include <random>

#include "media/wake_flag.h"

namespace sluice::media {
namespace {

TEST(MpscQueue, HandsElementsOverInOrderAndRefusesWhatIsOverItsCapacity) {
  MpscQueue<int> queue{3};
  ASSERT_EQ(queue.capacity(), 4U);
  for (int i = 0; i < 4; ++i) EXPECT_TRUE(queue.try_push(i));
  EXPECT_FALSE(queue.try_push(4));
  for (int i = 0; i < 4; ++i) EXPECT_EQ(queue.try_pop(), i);
  EXPECT_EQ(queue.try_pop(), std::nullopt);
}

TEST(MpscQueue, ARefusedElementStaysWithItsProducer) {
  MpscQueue<std::unique_ptr<int>> queue{2};
  auto kept = std::make_unique<int>(3);
  EXPECT_TRUE(queue.try_push(std::make_unique<int>(1)));
  EXPECT_TRUE(queue.try_push(std::make_unique<int>(2)));
  EXPECT_FALSE(queue.try_push(std::move(kept)));
  EXPECT_NE(kept, nullptr);
}

TEST(MpscQueue, DestroysWhatWasNotPopped) {
  const auto alive = std::make_shared<int>(0);
  {
    MpscQueue<std::shared_ptr<int>> queue{8};
    for (int i = 0; i < 5; ++i) ASSERT_TRUE(queue.try_push(alive));
    (void)queue.try_pop();
    EXPECT_EQ(alive.use_count(), 5);
  }
  EXPECT_EQ(alive.use_count(), 1);
}

// Positions of 8 bits wrap every 256 elements: each seed wraps them several times.
TEST(MpscQueue, BehavesAsABoundedQueueAcrossTheWrapOfItsPositions) {
  for (unsigned seed = 1; seed <= 50; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    std::mt19937 random{seed};
    MpscQueue<std::unique_ptr<int>, std::uint8_t> queue{1 + random() % 64};
    std::deque<int> model;
    for (int step = 0; step < 4000; ++step) {
      if (random() % 2 == 0) {
        ASSERT_EQ(queue.try_push(std::make_unique<int>(step)), model.size() < queue.capacity());
        if (model.size() < queue.capacity()) model.push_back(step);
      } else {
        const auto popped = queue.try_pop();
        ASSERT_EQ(popped.has_value(), !model.empty());
        if (!popped) continue;
        ASSERT_EQ(**popped, model.front());
        model.pop_front();
      }
    }
  }
}

TEST(WakeFlag, AsksForOneWakeUpABurst) {
  WakeFlag flag;
  EXPECT_TRUE(flag.request());
  EXPECT_FALSE(flag.request());
  EXPECT_FALSE(flag.request());
  flag.clear();
  EXPECT_TRUE(flag.request());
}

}  // namespace
}  // namespace sluice::media
