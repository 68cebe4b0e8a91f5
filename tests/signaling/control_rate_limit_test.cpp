#include "signaling/control_rate_limit.h"

#include <gtest/gtest.h>

namespace sluice::signaling {
namespace {

using namespace std::chrono_literals;
using Verdict = ControlRateLimit::Verdict;
constexpr ControlRateLimit::Time kStart{100s};

TEST(ControlRateLimit, AllowsABurstOfTwiceTheRateAndRefusesTheNext) {
  ControlRateLimit limit{200, kStart};
  for (int i = 0; i < 400; ++i) ASSERT_EQ(limit.count(kStart), Verdict::kAllowed) << i;
  EXPECT_EQ(limit.count(kStart), Verdict::kRefused);
}

TEST(ControlRateLimit, AllowsTheRateForever) {
  ControlRateLimit limit{200, kStart};
  for (int i = 0; i < 20000; ++i) {
    ASSERT_EQ(limit.count(kStart + i * 5ms), Verdict::kAllowed) << i;
  }
}

TEST(ControlRateLimit, TellsTheClientOnceASecondAndEndsAfterFive) {
  ControlRateLimit limit{200, kStart};
  for (int i = 0; i < 400; ++i) ASSERT_EQ(limit.count(kStart), Verdict::kAllowed);
  // Ten times the rate: one in ten passes.
  int told = 0;
  int allowed = 0;
  auto now = kStart;
  for (; now < kStart + 5s; now += 500us) {
    const Verdict verdict = limit.count(now);
    ASSERT_NE(verdict, Verdict::kFatal);
    told += verdict == Verdict::kRefused ? 1 : 0;
    allowed += verdict == Verdict::kAllowed ? 1 : 0;
  }
  EXPECT_EQ(told, 5);
  EXPECT_NEAR(allowed, 1000, 2);
  Verdict last = Verdict::kAllowed;
  for (int i = 0; i < 10 && last != Verdict::kFatal; ++i, now += 500us) last = limit.count(now);
  EXPECT_EQ(last, Verdict::kFatal);
}

TEST(ControlRateLimit, ForgetsAnExcessThatCalmedDown) {
  ControlRateLimit limit{200, kStart};
  for (auto burst = kStart; burst < kStart + 60s; burst += 3s) {
    for (int i = 0; i < 1000; ++i) ASSERT_NE(limit.count(burst), Verdict::kFatal);
  }
}

TEST(ControlRateLimit, IgnoresAMomentBeforeTheLast) {
  ControlRateLimit limit{1, kStart};
  EXPECT_EQ(limit.count(kStart), Verdict::kAllowed);
  EXPECT_EQ(limit.count(kStart - 10s), Verdict::kAllowed);
  EXPECT_EQ(limit.count(kStart - 20s), Verdict::kRefused);
}

}  // namespace
}  // namespace sluice::signaling
