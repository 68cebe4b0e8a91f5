#include "media/ring_deque.h"

#include <gtest/gtest.h>

#include <deque>
#include <memory>
#include <random>

namespace sluice::media {
namespace {

using Shared = std::shared_ptr<int>;

TEST(RingDeque, KeepsTheOrderInWhichItWasFilled) {
  RingDeque<int> deque;
  for (int i = 0; i < 100; ++i) deque.push_back(i);
  EXPECT_EQ(deque.front(), 0);
  EXPECT_EQ(deque.back(), 99);
  for (std::size_t i = 0; i < 100; ++i) EXPECT_EQ(deque[i], static_cast<int>(i));
}

TEST(RingDeque, LetsGoOfWhatItNoLongerHolds) {
  const auto value = std::make_shared<int>(1);
  RingDeque<Shared> deque;
  for (int i = 0; i < 6; ++i) deque.push_back(value);
  EXPECT_EQ(value.use_count(), 7);
  deque.pop_front();
  EXPECT_EQ(value.use_count(), 6);
  deque.pop_back();
  EXPECT_EQ(value.use_count(), 5);
  deque.remove_if([n = 0](const Shared&) mutable { return n++ % 2 == 0; });
  EXPECT_EQ(value.use_count(), 3);
  deque.clear();
  EXPECT_EQ(value.use_count(), 1);
}

TEST(RingDeque, RemoveIfAsksOnceForEachInOrder) {
  RingDeque<int> deque;
  for (int i = 0; i < 10; ++i) deque.push_back(i);
  std::deque<int> asked;
  deque.remove_if([&](int value) {
    asked.push_back(value);
    return value % 3 == 0;
  });
  EXPECT_EQ(asked, (std::deque<int>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}));
  EXPECT_EQ(deque.size(), 6U);
}

TEST(RingDeque, WhatWasMovedFromIsEmptyAndCanBeUsedAgain) {
  RingDeque<int> deque;
  for (int i = 0; i < 10; ++i) deque.push_back(i);
  RingDeque<int> other{std::move(deque)};
  EXPECT_EQ(other.size(), 10U);
  // NOLINTNEXTLINE(bugprone-use-after-move): this is what the test is about.
  EXPECT_TRUE(deque.empty());
  deque.push_back(42);
  EXPECT_EQ(deque.front(), 42);
  other = std::move(deque);
  EXPECT_EQ(other.size(), 1U);
  EXPECT_EQ(other.back(), 42);
}

TEST(RingDeque, CanBeFilledAgainAfterItGaveItsMemoryBack) {
  RingDeque<Shared> deque;
  for (int i = 0; i < 10; ++i) deque.push_back(std::make_shared<int>(i));
  deque.clear();
  deque.release_memory();
  deque.push_back(std::make_shared<int>(5));
  EXPECT_EQ(*deque.front(), 5);
}

TEST(RingDeque, DoesWhatStdDequeDoesWhateverTheOrderOfCalls) {
  for (unsigned seed = 1; seed <= 200; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    std::mt19937 random{seed};
    RingDeque<std::unique_ptr<int>> deque;  // a slot that is read after it was left is null
    std::deque<int> model;
    const auto pushes = 30 + random() % 40;  // in a hundred: some grow, some stay small
    for (int step = 0; step < 1000; ++step) {
      const auto roll = random() % 100;
      if (roll < pushes) {
        deque.push_back(std::make_unique<int>(step));
        model.push_back(step);
      } else if (roll < 90 && !model.empty()) {
        if (roll % 3 == 0) {
          deque.pop_back();
          model.pop_back();
        } else {
          deque.pop_front();
          model.pop_front();
        }
      } else if (roll < 96) {
        const int divisor = 1 + static_cast<int>(random() % 5);
        deque.remove_if([&](const auto& value) { return *value % divisor == 0; });
        std::erase_if(model, [&](int value) { return value % divisor == 0; });
      } else if (roll == 96) {
        RingDeque<std::unique_ptr<int>> moved{std::move(deque)};
        deque = std::move(moved);
      } else if (roll == 97) {
        deque.clear();
        model.clear();
        if (random() % 2 == 0) deque.release_memory();
      }
      ASSERT_EQ(deque.size(), model.size()) << "step " << step;
      ASSERT_EQ(deque.empty(), model.empty());
      for (std::size_t i = 0; i < model.size(); ++i) ASSERT_EQ(*deque[i], model[i]);
      if (!model.empty()) {
        ASSERT_EQ(*deque.front(), model.front());
        ASSERT_EQ(*deque.back(), model.back());
      }
    }
  }
}

TEST(RingDequeDeathTest, PoppingWhatIsEmptyStopsTheProcess) {
  testing::FLAGS_gtest_death_test_style = "threadsafe";
  RingDeque<int> deque;
  EXPECT_DEATH(deque.pop_front(), "only a queue that holds something is popped");
  EXPECT_DEATH(deque.pop_back(), "only a queue that holds something is popped");
  deque.push_back(1);
  EXPECT_DEATH(deque.release_memory(), "only an empty queue gives its memory back");
}

}  // namespace
}  // namespace sluice::media
