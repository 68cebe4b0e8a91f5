#include "media/object_pool.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <random>
#include <set>
#include <stdexcept>
#include <vector>

namespace sluice::media {
namespace {

struct Session {
  explicit Session(int number) : value(number) {}
  int value;
};

TEST(ObjectPool, MakesObjectsUpToItsBoundAndReusesWhatComesBack) {
  ObjectPool<Session> pool{2};
  auto one = pool.make(1);
  auto two = pool.make(2);
  ASSERT_TRUE(one && two);
  EXPECT_FALSE(pool.make(3));
  Session* const place = one.get();
  one.reset();
  auto three = pool.make(3);
  EXPECT_EQ(three.get(), place) << "the slot given back last is still in the cache";
  EXPECT_EQ(three->value, 3);
  EXPECT_EQ(pool.size(), 2U);
}

TEST(ObjectPool, AHandleFindsItsObjectAndNeverItsSuccessor) {
  ObjectPool<Session> pool{4};
  EXPECT_EQ(pool.get({}), nullptr);
  auto session = pool.make(1);
  const auto handle = pool.handle_of(*session);
  EXPECT_EQ(pool.get(handle), session.get());
  EXPECT_EQ(pool.get({}), nullptr) << "a zero handle names nothing";
  session.reset();
  EXPECT_EQ(pool.get(handle), nullptr);
  const auto successor = pool.make(2);
  EXPECT_EQ(pool.get(handle), nullptr);
  EXPECT_EQ(pool.get({.slot = 99, .generation = 1}), nullptr);
}

TEST(ObjectPool, AGenerationThatWrapsStillTellsTheLivingFromTheGone) {
  ObjectPool<Session, std::uint8_t> pool{1};
  auto handle = ObjectPool<Session, std::uint8_t>::Handle{};
  for (int life = 0; life < 1000; ++life) {
    auto session = pool.make(life);
    ASSERT_EQ(pool.get(handle), nullptr) << "life " << life;
    handle = pool.handle_of(*session);
    ASSERT_EQ(pool.get(handle), session.get()) << "life " << life;
    session.reset();
    ASSERT_EQ(pool.get(handle), nullptr) << "life " << life;
  }
}

TEST(ObjectPool, AConstructorThatThrowsCostsNoSlot) {
  struct Picky {
    explicit Picky(bool fail) {
      if (fail) throw std::runtime_error{"no"};
    }
  };
  ObjectPool<Picky> pool{1};
  EXPECT_THROW((void)pool.make(true), std::runtime_error);
  EXPECT_THROW((void)pool.make(true), std::runtime_error);
  EXPECT_EQ(pool.size(), 0U);
  EXPECT_TRUE(pool.make(false));
}

TEST(ObjectPool, AnObjectMayGiveBackAnotherWhileItDies) {
  struct Parent {
    ObjectPool<Parent>::Pointer child;
  };
  ObjectPool<Parent> pool{3};
  auto parent = pool.make();
  parent->child = pool.make();
  parent->child->child = pool.make();
  parent.reset();
  EXPECT_EQ(pool.size(), 0U);
  std::vector<ObjectPool<Parent>::Pointer> all;
  all.reserve(3);
  for (int i = 0; i < 3; ++i) all.push_back(pool.make());
  EXPECT_TRUE(all.back());
  EXPECT_FALSE(pool.make());
}

TEST(ObjectPool, RespectsTheAlignmentOfItsObjects) {
  struct alignas(128) Wide {
    char byte = 0;
  };
  ObjectPool<Wide> pool{3};
  const auto one = pool.make();
  const auto two = pool.make();
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(one.get()) % 128, 0U);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(two.get()) % 128, 0U);
}

TEST(ObjectPoolDeathTest, MustOutliveItsObjects) {
  EXPECT_DEATH(
      {
        auto pool = std::make_unique<ObjectPool<Session>>(1U);
        const auto session = pool->make(1);
        pool.reset();
      },
      "outlives its objects");
}

TEST(ObjectPool, BehavesAsASetOfObjectsUnderAnyOperations) {
  using Pool = ObjectPool<Session>;
  for (unsigned seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    std::mt19937 random{seed};
    const std::uint32_t bound = 1 + static_cast<std::uint32_t>(random() % 40);
    Pool pool{bound};
    struct Life {
      Pool::Pointer pointer;
      Pool::Handle handle;
      int value;
    };
    std::vector<Life> living;
    std::vector<Pool::Handle> gone;
    for (int step = 0; step < 3000; ++step) {
      if (random() % 2 == 0) {
        auto pointer = pool.make(step);
        ASSERT_EQ(static_cast<bool>(pointer), living.size() < bound);
        if (!pointer) continue;
        const auto handle = pool.handle_of(*pointer);
        living.push_back({std::move(pointer), handle, step});
      } else if (!living.empty()) {
        const std::size_t chosen = random() % living.size();
        gone.push_back(living[chosen].handle);
        std::swap(living[chosen], living.back());
        living.pop_back();
      }
      ASSERT_EQ(pool.size(), living.size());
      if (step % 50 != 0) continue;
      std::set<Session*> places;
      for (const Life& life : living) {
        ASSERT_EQ(pool.get(life.handle), life.pointer.get());
        ASSERT_EQ(life.pointer->value, life.value);
        ASSERT_TRUE(places.insert(life.pointer.get()).second);
      }
      for (const auto& handle : gone) ASSERT_EQ(pool.get(handle), nullptr);
    }
  }
}

}  // namespace
}  // namespace sluice::media
