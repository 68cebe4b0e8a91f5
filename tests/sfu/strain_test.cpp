#include "sfu/strain.h"

#include <gtest/gtest.h>

namespace sluice::sfu {
namespace {

using namespace std::chrono_literals;

constexpr media::Time kNow{100s};

TEST(Strain, ALoopWhoseTimersRunInTimeIsNotStrained) {
  Strain strain;
  strain.timer_ran(kNow - Strain::kLate, 1000, kNow);
  EXPECT_FALSE(strain.strained(kNow));
  EXPECT_EQ(strain.coarseness(kNow), 1);
}

TEST(Strain, ALateTimerTellsForAWhile) {
  Strain strain;
  strain.timer_ran(kNow - Strain::kLate - 1us, Strain::kCrowd + 1, kNow);
  EXPECT_TRUE(strain.strained(kNow + Strain::kLasts - 1us));
  EXPECT_GT(strain.coarseness(kNow), 1);
  EXPECT_FALSE(strain.strained(kNow + Strain::kLasts));
  EXPECT_EQ(strain.coarseness(kNow + Strain::kLasts), 1);
}

TEST(Strain, MostOfManyCongestedAtOnceShareTheCause) {
  Strain strain;
  constexpr std::size_t kSessions = 4 * Strain::kCrowd;
  for (std::size_t i = 0; i < kSessions / 2; ++i) strain.congested(kSessions, kNow);
  EXPECT_FALSE(strain.strained(kNow)) << "half are not most";
  strain.congested(kSessions, kNow);
  EXPECT_TRUE(strain.strained(kNow));
}

TEST(Strain, AMeetingOfFewIsNoCrowd) {
  Strain strain;
  strain.timer_ran(kNow - 1s, Strain::kCrowd, kNow);
  for (std::size_t i = 0; i < Strain::kCrowd; ++i) strain.congested(Strain::kCrowd, kNow);
  EXPECT_FALSE(strain.strained(kNow));
}

TEST(Strain, ManyHeldBackSessionsLookMoreRarelyUpToABound) {
  Strain strain;
  constexpr std::size_t kSessions = 10'000;
  for (std::size_t i = 0; i < 3 * Strain::kFineLooks; ++i) strain.congested(kSessions, kNow);
  EXPECT_EQ(strain.coarseness(kNow), 3);
  for (std::size_t i = 0; i < 3 * Strain::kFineLooks; ++i) strain.relieved();
  EXPECT_EQ(strain.coarseness(kNow), 1);
  for (std::size_t i = 0; i < kSessions; ++i) strain.congested(kSessions, kNow);
  EXPECT_EQ(strain.coarseness(kNow), Strain::kCoarsest);
}

}  // namespace
}  // namespace sluice::sfu
