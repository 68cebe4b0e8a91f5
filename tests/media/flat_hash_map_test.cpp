#include "media/flat_hash_map.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

namespace sluice::media {
namespace {

enum class TrackId : std::uint32_t {};

TEST(FlatHashMap, FindsWhatWasAddedAndNothingElse) {
  FlatHashMap<TrackId, std::string> map{100};
  EXPECT_EQ(map.find(TrackId{7}), nullptr);
  EXPECT_TRUE(map.try_emplace(TrackId{7}, "seven").inserted);
  const auto again = map.try_emplace(TrackId{7}, "another seven");
  EXPECT_FALSE(again.inserted);
  EXPECT_EQ(*again.value, "seven");
  EXPECT_TRUE(map.contains(TrackId{7}));
  EXPECT_FALSE(map.contains(TrackId{8}));
  EXPECT_TRUE(map.erase(TrackId{7}));
  EXPECT_FALSE(map.erase(TrackId{7}));
  EXPECT_TRUE(map.empty());
}

TEST(FlatHashMap, HoldsEveryKeyOfItsType) {
  FlatHashMap<std::int64_t, int> map{10};
  for (const std::int64_t key :
       {std::int64_t{0}, std::int64_t{-1}, std::numeric_limits<std::int64_t>::min(),
        std::numeric_limits<std::int64_t>::max()}) {
    EXPECT_TRUE(map.try_emplace(key, 1).inserted);
    EXPECT_TRUE(map.contains(key));
  }
  EXPECT_EQ(map.size(), 4U);
}

TEST(FlatHashMap, RefusesWhatIsOverItsBoundAndKeepsTheRest) {
  FlatHashMap<int, int> map{1000};
  for (int key = 0; key < 1000; ++key) ASSERT_TRUE(map.try_emplace(key, key).inserted);
  const auto refused = map.try_emplace(1000, 0);
  EXPECT_EQ(refused.value, nullptr);
  EXPECT_FALSE(refused.inserted);
  EXPECT_EQ(*map.try_emplace(999, 0).value, 999) << "a key that is there is found at the bound";
  EXPECT_EQ(map.size(), map.entries_max());
  map.erase(0);
  EXPECT_TRUE(map.try_emplace(1000, 0).inserted);
  FlatHashMap<int, int> nothing{0};
  EXPECT_EQ(nothing.try_emplace(1).value, nullptr);
}

TEST(FlatHashMap, TakeMovesTheValueOut) {
  FlatHashMap<int, std::unique_ptr<int>> map{4};
  map.try_emplace(3, std::make_unique<int>(33));
  const auto taken = map.take(3);
  ASSERT_TRUE(taken.has_value());
  EXPECT_EQ(**taken, 33);
  EXPECT_FALSE(map.take(3).has_value());
}

TEST(FlatHashMap, AValueMayUseTheTableWhileItIsErased) {
  struct Leaver {
    FlatHashMap<int, Leaver>* map = nullptr;
    bool armed = false;
    std::size_t* seen = nullptr;
    Leaver(FlatHashMap<int, Leaver>* table, std::size_t* size)
        : map(table), armed(true), seen(size) {}
    Leaver(Leaver&& other) noexcept : map(other.map), armed(other.armed), seen(other.seen) {
      other.armed = false;
    }
    ~Leaver() {
      if (armed) *seen = map->size();
    }
  };
  std::size_t seen = 99;
  FlatHashMap<int, Leaver> map{4};
  map.try_emplace(1, &map, &seen);
  map.erase(1);
  EXPECT_EQ(seen, 0U);
}

TEST(FlatHashMap, DestroysEveryValueOnce) {
  const auto alive = std::make_shared<int>(0);
  {
    FlatHashMap<std::uint32_t, std::shared_ptr<int>> map{500};
    for (std::uint32_t key = 0; key < 500; ++key) map.try_emplace(key * 7919, alive);
    EXPECT_EQ(alive.use_count(), 501);
    for (std::uint32_t key = 0; key < 100; ++key) map.erase(key * 7919);
    EXPECT_EQ(alive.use_count(), 401);
    map.clear();
    EXPECT_EQ(alive.use_count(), 1);
    map.try_emplace(1, alive);
  }
  EXPECT_EQ(alive.use_count(), 1);
}

TEST(FlatHashMap, SurvivesKeysThatWereChosenToCollide) {
  // Found the way an attacker would who knows the seed: all share their low bits after mixing.
  std::vector<std::uint64_t> keys;
  for (std::uint64_t key = 0; keys.size() < 600; ++key) {
    __extension__ using Product = unsigned __int128;
    const Product product = static_cast<Product>(key) * 0x9E3779B97F4A7C15ULL;
    const auto mixed =
        static_cast<std::uint64_t>(product >> 64) ^ static_cast<std::uint64_t>(product);
    if ((mixed & 0xFFFF) == 0) keys.push_back(key);
  }
  FlatHashMap<std::uint64_t, std::uint64_t> map{1000};
  std::size_t held = 0;
  for (const std::uint64_t key : keys) {
    if (map.try_emplace(key, key).inserted) ++held;
  }
  EXPECT_GE(held, 254U);
  EXPECT_LT(held, 600U) << "the longest probe bounds what one home slot takes";
  EXPECT_EQ(map.size(), held);
  std::size_t found = 0;
  for (const std::uint64_t key : keys) found += map.contains(key) ? 1U : 0U;
  EXPECT_EQ(found, held);
  FlatHashMap<std::uint64_t, std::uint64_t> seeded{1000, 0x5EC7E7};
  for (const std::uint64_t key : keys) EXPECT_TRUE(seeded.try_emplace(key, key).inserted);
}

TEST(FlatHashMap, BehavesAsAMapUnderAnyOperations) {
  for (unsigned seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    std::mt19937_64 random{seed};
    const std::size_t bound = 1 + random() % 300;
    const std::uint64_t key_range = 1 + random() % (2 * bound);
    // Ids that count up, and ids that differ only in some high bits.
    const auto shift = static_cast<unsigned>(random() % 50);
    FlatHashMap<std::uint64_t, std::unique_ptr<std::uint64_t>> map{bound, random()};
    if (seed % 3 == 0) map.reserve(random() % 500);
    std::map<std::uint64_t, std::uint64_t> model;
    for (int step = 0; step < 3000; ++step) {
      const std::uint64_t key = (random() % key_range) << shift;
      switch (random() % 5) {
        case 0:
        case 1: {
          const std::uint64_t value = random();
          const auto emplaced = map.try_emplace(key, std::make_unique<std::uint64_t>(value));
          if (model.contains(key) || model.size() < bound) {
            const auto [at, inserted] = model.try_emplace(key, value);
            ASSERT_EQ(emplaced.inserted, inserted);
            ASSERT_EQ(**emplaced.value, at->second);
          } else {
            ASSERT_EQ(emplaced.value, nullptr);
          }
          break;
        }
        case 2:
          ASSERT_EQ(map.erase(key), model.erase(key) == 1);
          break;
        case 3: {
          const auto at = model.find(key);
          const auto* found = map.find(key);
          ASSERT_EQ(found != nullptr, at != model.end());
          if (found != nullptr) {
            ASSERT_EQ(**found, at->second);
          }
          break;
        }
        default: {
          const std::uint64_t part = 2 + random() % 3;
          if (step % 50 != 0) break;
          std::map<std::uint64_t, int> asked;
          const auto erased = map.erase_if([&](std::uint64_t each, const auto&) {
            ++asked[each];
            return (each >> shift) % part == 0;
          });
          ASSERT_EQ(asked.size(), model.size());
          for (const auto& [each, times] : asked) ASSERT_EQ(times, 1) << "key " << each;
          ASSERT_EQ(erased, std::erase_if(model, [&](const auto& entry) {
                      return (entry.first >> shift) % part == 0;
                    }));
          break;
        }
      }
      ASSERT_EQ(map.size(), model.size()) << "step " << step;
      if (step % 20 != 0) continue;
      std::map<std::uint64_t, std::uint64_t> walked;
      for (auto [each, value] : map) walked[each] = *value;
      ASSERT_EQ(walked, model) << "step " << step;
    }
  }
}

}  // namespace
}  // namespace sluice::media
