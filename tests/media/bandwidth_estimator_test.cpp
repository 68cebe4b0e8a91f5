#include "media/bandwidth_estimator.h"

#include <gtest/gtest.h>

namespace sluice::media {
namespace {

using namespace std::chrono_literals;

class BandwidthEstimatorTest : public testing::Test {
 protected:
  /// `bytes_per_second` are acknowledged for `span`, told each 20 ms.
  void run(double bytes_per_second, Duration span, bool busy = true) {
    for (const Time end = now_ + span; now_ < end;) {
      now_ += 20ms;
      acked_ += bytes_per_second * 0.020;
      estimator_.update(static_cast<std::uint64_t>(acked_), busy, now_);
    }
  }
  [[nodiscard]] double rate() const { return estimator_.bytes_per_second().value_or(-1); }

  BandwidthEstimator estimator_;
  double acked_ = 0;
  Time now_{100s};
};

TEST_F(BandwidthEstimatorTest, KnowsNothingWhileTheLinkWasNeverBusy) {
  run(50'000, 10s, false);
  EXPECT_FALSE(estimator_.bytes_per_second().has_value());
}

TEST_F(BandwidthEstimatorTest, OneBusyIntervalShowsTheRate) {
  run(100'000, 120ms);
  EXPECT_NEAR(rate(), 100'000, 100);
}

TEST_F(BandwidthEstimatorTest, WhatWasAcknowledgedBeforeTheFirstCallIsNoRate) {
  acked_ = 1e9;
  run(100'000, 120ms);
  EXPECT_NEAR(rate(), 100'000, 100);
}

TEST_F(BandwidthEstimatorTest, AnIntervalWithAPauseIsNotBusy) {
  run(100'000, 40ms);
  run(0, 20ms, false);
  run(100'000, 60ms);
  EXPECT_FALSE(estimator_.bytes_per_second().has_value());
}

TEST_F(BandwidthEstimatorTest, APauseNeverLowersTheEstimate) {
  run(100'000, 1s);
  run(1000, 60s, false);
  EXPECT_NEAR(rate(), 100'000, 100);
}

TEST_F(BandwidthEstimatorTest, AnIntervalWithPausesMayRaiseTheEstimate) {
  run(100'000, 1s);
  run(300'000, 220ms, false);
  EXPECT_NEAR(rate(), 300'000, 300);
}

TEST_F(BandwidthEstimatorTest, FallsAtOnceWhenABusyLinkCarriesLessThanHalf) {
  run(100'000, 1020ms);
  run(30'000, 100ms);
  EXPECT_NEAR(rate(), 30'000, 100);
}

TEST_F(BandwidthEstimatorTest, FollowsSmallerChangesSmoothly) {
  run(100'000, 1020ms);
  run(80'000, 100ms);
  EXPECT_NEAR(rate(), 94'000, 200);
  run(80'000, 2s);
  EXPECT_NEAR(rate(), 80'000, 500);
  run(120'000, 100ms);
  EXPECT_NEAR(rate(), 92'000, 700);
}

TEST_F(BandwidthEstimatorTest, ABusyLinkThatCarriesNothingIsSeenSo) {
  run(100'000, 1020ms);
  run(0, 100ms);
  EXPECT_NEAR(rate(), 0, 1);
  run(50'000, 3s);
  EXPECT_NEAR(rate(), 50'000, 500) << "and recovers";
}

TEST_F(BandwidthEstimatorTest, RisesAtOnceToWhatTwoBusyIntervalsInARowShow) {
  run(100'000, 1020ms);  // ten whole intervals, and the call that begins the first
  run(400'000, 100ms);
  EXPECT_LT(rate(), 200'000) << "one may be a burst after a stall";
  run(400'000, 100ms);
  EXPECT_NEAR(rate(), 400'000, 400);
}

TEST_F(BandwidthEstimatorTest, ABurstEachLongRoundTripIsARateAndNotTwo) {
  estimator_.set_round_trip(300ms);
  for (int i = 0; i < 20; ++i) {
    run(600'000, 60ms);
    run(0, 240ms);
    if (i < 3) continue;
    EXPECT_NEAR(rate(), 120'000, 40'000);
  }
}

}  // namespace
}  // namespace sluice::media
