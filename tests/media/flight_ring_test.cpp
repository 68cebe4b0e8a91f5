#include "media/flight_ring.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>
#include <random>

namespace sluice::media {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

struct Number {
  std::uint64_t value = 0;
};

std::vector<std::uint64_t> values(const FlightRing<Number>& ring) {
  std::vector<std::uint64_t> all;
  for (const Number& each : ring.records()) all.push_back(each.value);
  return all;
}

TEST(FlightRing, HoldsNoMemoryBeforeItsFirstRecordNorAfterItsRelease) {
  FlightRecording recording;
  FlightRing<Number> ring{recording, 100};
  EXPECT_EQ(ring.bytes(), 0U);
  EXPECT_EQ(recording.bytes, 0U);
  ring.push({1});
  EXPECT_EQ(recording.bytes, ring.bytes());
  EXPECT_GT(recording.bytes, 0U);
  ring.release();
  EXPECT_EQ(recording.bytes, 0U);
  EXPECT_THAT(ring.records(), IsEmpty());
  EXPECT_TRUE(ring.empty());
}

TEST(FlightRing, OverwritesItsOldestAtItsBoundAndSaysSo) {
  FlightRecording recording;
  FlightRing<Number> ring{recording, 3};
  for (std::uint64_t value = 1; value <= 3; ++value) ring.push({value});
  EXPECT_FALSE(ring.overwritten());
  EXPECT_THAT(values(ring), ElementsAre(1, 2, 3));
  ring.push({4});
  EXPECT_TRUE(ring.overwritten());
  EXPECT_THAT(values(ring), ElementsAre(2, 3, 4));
  EXPECT_EQ(ring.newest().value, 4U);
  ring.push({5});
  ring.push({6});
  ring.push({7});
  EXPECT_THAT(values(ring), ElementsAre(5, 6, 7));
  EXPECT_EQ(ring.newest().value, 7U);
}

TEST(FlightRing, StaysWithinTheMemoryThatAllShare) {
  FlightRecording recording{.bytes_max = 64 * sizeof(Number)};
  FlightRing<Number> first{recording, 1000};
  for (std::uint64_t value = 0; value < 1000; ++value) first.push({value});
  EXPECT_EQ(recording.bytes, 64 * sizeof(Number));
  EXPECT_EQ(first.size(), 64U);
  EXPECT_EQ(first.newest().value, 999U);
  {
    FlightRing<Number> second{recording, 1000};
    second.push({1});
    EXPECT_TRUE(second.empty());
    first.release();
    second.push({2});
    EXPECT_THAT(values(second), ElementsAre(2));
  }
  EXPECT_EQ(recording.bytes, 0U);
}

// Whatever is pushed and released, the newest are there in their order.
TEST(FlightRing, RemembersTheNewestOfAnySequence) {
  for (std::uint32_t seed = 1; seed <= 200; ++seed) {
    std::mt19937 random{seed};
    FlightRecording recording;
    const std::size_t bound = std::uniform_int_distribution<std::size_t>{1, 300}(random);
    FlightRing<Number> ring{recording, bound};
    std::deque<std::uint64_t> expected;
    for (std::uint64_t value = 0; value < 1000; ++value) {
      if (std::uniform_int_distribution<>{0, 499}(random) == 0) {
        ring.release();
        expected.clear();
      }
      ring.push({value});
      expected.push_back(value);
      if (expected.size() > bound) expected.pop_front();
      ASSERT_EQ(ring.newest().value, value);
      ASSERT_EQ(ring.size(), expected.size()) << "seed " << seed;
    }
    ASSERT_THAT(values(ring), testing::ElementsAreArray(expected)) << "seed " << seed;
    ASSERT_LE(recording.bytes, bound * sizeof(Number));
  }
}

}  // namespace
}  // namespace sluice::media
