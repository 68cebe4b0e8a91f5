#include "media/encoding_demand.h"

#include <gtest/gtest.h>

namespace sluice::media {
namespace {

using namespace std::chrono_literals;

constexpr Time kNow{10s};

class EncodingDemandTest : public testing::Test {
 protected:
  /// What the publisher is told at `now`; 0: nothing.
  std::size_t told(Time now) { return demand_.poll(now) ? demand_.encodings() : 0; }
  /// Brings it to where the publisher was told to make only the smallest, at `kNow`.
  void begin_with_the_smallest() {
    demand_.want(0, kNow - 2s);
    ASSERT_EQ(told(kNow), 1U);
  }

  EncodingDemand demand_{3};
};

TEST_F(EncodingDemandTest, TellsNothingWhileAllAreWanted) {
  EXPECT_EQ(demand_.deadline(), Time::max());
  demand_.want(3, kNow);
  EXPECT_EQ(demand_.deadline(), Time::max());
  EXPECT_EQ(told(kNow + 1h), 0U);
}

TEST_F(EncodingDemandTest, FewerOnlyWhenTheyStoodForTwoSeconds) {
  demand_.want(2, kNow);
  EXPECT_EQ(demand_.deadline(), kNow + 2s);
  EXPECT_EQ(told(kNow + 1999ms), 0U);
  EXPECT_EQ(told(kNow + 2s), 2U);
  EXPECT_EQ(told(kNow + 1h), 0U) << "told once";
  EXPECT_EQ(demand_.deadline(), Time::max());
}

TEST_F(EncodingDemandTest, MoreAtOnce) {
  begin_with_the_smallest();
  demand_.want(2, kNow + 1ms);
  EXPECT_LE(demand_.deadline(), kNow + 1ms);
  EXPECT_EQ(told(kNow + 1ms), 2U);
  demand_.want(3, kNow + 2ms);
  EXPECT_EQ(told(kNow + 2ms), 3U);
  EXPECT_EQ(told(kNow + 3ms), 0U);
}

TEST_F(EncodingDemandTest, TheSmallestIsDemandedWithNobodyThere) {
  demand_.want(0, kNow);
  EXPECT_EQ(told(kNow + 2s), 1U);
  demand_.want(1, kNow + 3s);
  EXPECT_EQ(told(kNow + 10s), 0U) << "who wants it changes nothing";
}

TEST_F(EncodingDemandTest, ASizeThatFlickersIsNotTold) {
  for (Time now = kNow; now < kNow + 10s; now += 200ms) {
    demand_.want(1, now);
    EXPECT_EQ(told(now), 0U);
    demand_.want(3, now + 100ms);
    EXPECT_EQ(told(now + 100ms), 0U);
  }
  EXPECT_EQ(demand_.deadline(), Time::max());
}

TEST_F(EncodingDemandTest, SayingTheSameAgainDoesNotPutItOff) {
  demand_.want(1, kNow);
  demand_.want(1, kNow + 1s);
  demand_.want(1, kNow + 1999ms);
  EXPECT_EQ(told(kNow + 2s), 1U);
}

TEST_F(EncodingDemandTest, FallsInStepsToTheMostThatWasWantedMeanwhile) {
  demand_.want(1, kNow);
  demand_.want(2, kNow + 1s);
  demand_.want(1, kNow + 1100ms);
  EXPECT_EQ(told(kNow + 2s), 2U);
  EXPECT_EQ(demand_.deadline(), kNow + 4s);
  EXPECT_EQ(told(kNow + 3999ms), 0U);
  EXPECT_EQ(told(kNow + 4s), 1U);
}

TEST_F(EncodingDemandTest, AnIncreaseThatIsLessThanWasToldPutsNothingOff) {
  demand_.want(1, kNow);
  demand_.want(2, kNow + 1s);
  EXPECT_EQ(told(kNow + 2s), 2U);
  EXPECT_EQ(demand_.deadline(), Time::max());
}

TEST_F(EncodingDemandTest, MoreThanThereAreMeansAll) {
  begin_with_the_smallest();
  demand_.want(16, kNow);
  EXPECT_EQ(told(kNow), 3U);
}

}  // namespace
}  // namespace sluice::media
