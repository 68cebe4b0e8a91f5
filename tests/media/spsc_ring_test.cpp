#include "media/spsc_ring.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <deque>
#include <memory>
#include <random>
#include <vector>

namespace sluice::media {
namespace {

TEST(SpscRing, HandsElementsOverInOrderAndRefusesWhatIsOverItsCapacity) {
  SpscRing<int> ring{3};
  ASSERT_EQ(ring.capacity(), 4U);
  for (int i = 0; i < 4; ++i) EXPECT_TRUE(ring.try_push(i));
  EXPECT_FALSE(ring.try_push(4));
  EXPECT_EQ(ring.size(), 4U);
  for (int i = 0; i < 4; ++i) EXPECT_EQ(ring.try_pop(), i);
  EXPECT_EQ(ring.try_pop(), std::nullopt);
}

TEST(SpscRing, ARefusedElementStaysWithItsProducer) {
  SpscRing<std::unique_ptr<int>> ring{1};
  auto first = std::make_unique<int>(1);
  auto second = std::make_unique<int>(2);
  EXPECT_TRUE(ring.try_push(std::move(first)));
  EXPECT_FALSE(ring.try_push(std::move(second)));
  ASSERT_NE(second, nullptr);
  EXPECT_EQ(**ring.try_pop(), 1);
}

TEST(SpscRing, ABatchMovesAsMuchAsFits) {
  SpscRing<std::unique_ptr<int>> ring{4};
  std::vector<std::unique_ptr<int>> in;
  in.reserve(6);
  for (int i = 0; i < 6; ++i) in.push_back(std::make_unique<int>(i));
  EXPECT_EQ(ring.push_batch(in), 4U);
  EXPECT_EQ(in[3], nullptr);
  EXPECT_NE(in[4], nullptr);
  EXPECT_EQ(ring.push_batch(in), 0U);
  std::vector<std::unique_ptr<int>> out(3);
  EXPECT_EQ(ring.pop_batch(out), 3U);
  EXPECT_EQ(*out[2], 2);
  EXPECT_EQ(ring.pop_batch(out), 1U);
  EXPECT_EQ(*out[0], 3);
  EXPECT_EQ(ring.pop_batch(out), 0U);
}

TEST(SpscRing, DestroysWhatWasNotPopped) {
  const auto alive = std::make_shared<int>(0);
  {
    SpscRing<std::shared_ptr<int>> ring{8};
    for (int i = 0; i < 5; ++i) ASSERT_TRUE(ring.try_push(alive));
    (void)ring.try_pop();
    EXPECT_EQ(alive.use_count(), 5);
  }
  EXPECT_EQ(alive.use_count(), 1);
}

// Indices of 8 bits wrap every 256 elements: each seed wraps them dozens of times.
TEST(SpscRing, BehavesAsABoundedQueueAcrossTheWrapOfItsIndices) {
  for (unsigned seed = 1; seed <= 50; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    std::mt19937 random{seed};
    SpscRing<std::unique_ptr<int>, std::uint8_t> ring{1 + random() % 128};
    std::deque<int> model;
    int next = 0;
    for (int step = 0; step < 4000; ++step) {
      switch (random() % 4) {
        case 0:
          ASSERT_EQ(ring.try_push(std::make_unique<int>(next)), model.size() < ring.capacity());
          if (model.size() < ring.capacity()) model.push_back(next);
          ++next;
          break;
        case 1: {
          std::vector<std::unique_ptr<int>> batch;
          for (std::size_t i = random() % 20; i > 0; --i) {
            batch.push_back(std::make_unique<int>(next++));
          }
          std::vector<int> copy;
          copy.reserve(batch.size());
          for (const auto& each : batch) copy.push_back(*each);
          const std::size_t fits = std::min(batch.size(), ring.capacity() - model.size());
          ASSERT_EQ(ring.push_batch(batch), fits);
          model.insert(model.end(), copy.begin(), copy.begin() + static_cast<std::ptrdiff_t>(fits));
          break;
        }
        case 2: {
          const auto popped = ring.try_pop();
          ASSERT_EQ(popped.has_value(), !model.empty());
          if (!popped) break;
          ASSERT_EQ(**popped, model.front());
          model.pop_front();
          break;
        }
        default: {
          std::vector<std::unique_ptr<int>> batch(random() % 20);
          const std::size_t count = ring.pop_batch(batch);
          ASSERT_EQ(count, std::min(batch.size(), model.size()));
          for (std::size_t i = 0; i < count; ++i) {
            ASSERT_EQ(*batch[i], model.front());
            model.pop_front();
          }
          break;
        }
      }
      ASSERT_EQ(ring.size(), model.size()) << "step " << step;
    }
  }
}

}  // namespace
}  // namespace sluice::media
