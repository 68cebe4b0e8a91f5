#include "media/in_flight_cap.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace sluice::media {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kSegment = InFlightCap::kSegmentBytes;
constexpr std::size_t kStart = InFlightCap::kStart;
constexpr Duration kLan = 200us;
constexpr Duration kFar = 40ms;

class InFlightCapTest : public testing::Test {
 protected:
  /// Samples for `span` with this queue, the cap full and holding something back all the time.
  void run(Duration span, Duration queueing, Duration min_round_trip = kFar, bool limited = true) {
    for (const Time end = now_ + span; now_ < end; now_ += InFlightCap::kSampleInterval) {
      cap_.sample({.queueing_delay = queueing,
                   .predicted_delay = predicted_,
                   .round_trip = min_round_trip + queueing,
                   .min_round_trip = min_round_trip,
                   .in_flight_bytes = std::min(in_flight_most_, cap_.bytes()),
                   .acked_bytes = cap_.bytes(),
                   .bytes_per_second = rate_},
                  limited, now_);
    }
  }
  void once(Duration queueing) { run(InFlightCap::kSampleInterval, queueing); }
  /// The target was reached once: from here the cap moves in steps.
  void end_ramp() { once(cap_.target()); }

  InFlightCap cap_;
  Duration predicted_{};
  std::optional<double> rate_;
  std::size_t in_flight_most_ = std::size_t{1} << 30;
  Time now_{100s};
};

TEST_F(InFlightCapTest, BeginsWithLittleAndBinds) {
  EXPECT_EQ(cap_.bytes(), kStart);
  EXPECT_EQ(cap_.target(), 30ms);
  EXPECT_FALSE(cap_.off());
}

TEST_F(InFlightCapTest, LeapsWhenTheFirstFlightArrivedAtOnce) {
  cap_.first_flight(kStart, InFlightCap::kAtOnce, 80ms);
  EXPECT_EQ(cap_.bytes(), InFlightCap::kSecondFlight);
  EXPECT_TRUE(cap_.ramping());
}

TEST_F(InFlightCapTest, DoublesAsBeforeWhenTheFirstFlightTookAWhile) {
  cap_.first_flight(kStart, InFlightCap::kAtOnce + 1ms, 20ms);
  EXPECT_EQ(cap_.bytes(), kStart);
  run(100ms, 0ms);
  EXPECT_GE(cap_.bytes(), 4 * kStart);
  EXPECT_TRUE(cap_.ramping());
}

TEST_F(InFlightCapTest, GoesInStepsWhenTheFirstFlightTookLong) {
  cap_.first_flight(kStart, 2 * InFlightCap::kAtOnce + 1ms, 20ms);
  once(0ms);
  EXPECT_LT(cap_.bytes(), 1.3 * kStart);
  EXPECT_FALSE(cap_.ramping());
}

TEST_F(InFlightCapTest, ASlowFirstFlightThatIsToldOfLateChangesNothing) {
  once(0ms);
  const std::size_t grown = cap_.bytes();
  cap_.first_flight(kStart, 10s, kFar);
  EXPECT_EQ(cap_.bytes(), grown);
  EXPECT_TRUE(cap_.ramping());
}

TEST_F(InFlightCapTest, ASlowFirstFlightSaysHowLittleTheLinkHoldsThoughItsQueueWasSeenBefore) {
  rate_ = 1e6;  // two seconds' best rate, of which the floor would be, is not known so soon
  once(200ms);
  ASSERT_FALSE(cap_.ramping());
  cap_.first_flight(kStart, 463'360us, kFar);  // 100 kbit/s
  EXPECT_NEAR(static_cast<double>(cap_.bytes()), 12'500 * 0.070, 1) << "the way and the target";
  rate_ = 12'500;
  run(500ms, 200ms);
  EXPECT_NEAR(static_cast<double>(cap_.bytes()), 12'500 * 0.120, 1) << "the floor: 80 ms beside it";
}

TEST_F(InFlightCapTest, LeapsToMostOfWhatALongWayHoldsNoFasterThanItArrives) {
  constexpr Duration kSatellite = 600ms;
  // 5792 bytes in 58 ms are 100 kB/s: 60 kB fit on the way.
  cap_.first_flight(kStart, 57'920us, kSatellite);
  for (std::size_t samples = 1; samples <= 20; ++samples) {
    run(InFlightCap::kSampleInterval, 0ms, kSatellite);
    EXPECT_LE(cap_.bytes(), kStart + (samples + 1) * 2000) << "100 kB/s, and the sample before";
  }
  run(200ms, 0ms, kSatellite);
  EXPECT_GE(cap_.bytes(), 50'000);
  EXPECT_LT(cap_.bytes(), 60'000);
}

TEST_F(InFlightCapTest, AQueueEndsTheLeap) {
  constexpr Duration kSatellite = 600ms;
  cap_.first_flight(kStart, 57'920us, kSatellite);
  run(100ms, 0ms, kSatellite);
  once(100ms);
  run(100ms, 60ms, kSatellite);
  EXPECT_LT(cap_.bytes(), 20'000);
}

TEST_F(InFlightCapTest, OnALongWayAnEighthOfItIsNoQueue) {
  run(1s, 70ms, 600ms);
  EXPECT_TRUE(cap_.ramping());
  EXPECT_EQ(cap_.target(), 75ms);
  run(20ms, 0ms, 60ms);
  EXPECT_EQ(cap_.target(), 30ms);
}

TEST_F(InFlightCapTest, OnALongWayItShrinksByNoMoreThanTheQueueIsOfIt) {
  run(1s, 0ms, 600ms);
  const auto before = static_cast<double>(cap_.bytes());
  run(20ms, 300ms, 600ms);
  EXPECT_NEAR(static_cast<double>(cap_.bytes()), before * 675 / 900, 2);
}

TEST_F(InFlightCapTest, BeginsOnALanWithTheInitialWindowOfTcp) {
  run(InFlightCap::kSampleInterval, 0ms, kLan, false);
  EXPECT_EQ(cap_.bytes(), 10 * kSegment);
}

TEST_F(InFlightCapTest, AudioMayGoAQuarterAboveIt) {
  EXPECT_EQ(cap_.bytes_for_audio(), cap_.bytes() + cap_.bytes() / 4);
}

TEST_F(InFlightCapTest, GrowsOnlyWhileItHoldsSomethingBack) {
  run(10s, 0ms, kFar, false);
  EXPECT_EQ(cap_.bytes(), kStart);
  once(0ms);
  EXPECT_GT(cap_.bytes(), kStart);
}

TEST_F(InFlightCapTest, DoublesUntilTheTargetIsFirstReached) {
  run(250ms, 0ms);
  EXPECT_GE(cap_.bytes(), 40 * kSegment);
  end_ramp();
  const std::size_t before = cap_.bytes();
  run(1s, 0ms);
  EXPECT_GT(cap_.bytes(), before);
  EXPECT_LE(cap_.bytes(), before + 50 * 2 * kSegment) << "two segments a sample at most";
}

TEST_F(InFlightCapTest, GrowsInProportionToWhatIsMissingToTheTarget) {
  end_ramp();
  const auto growth_at = [&](Duration queueing) {
    InFlightCap cap = cap_;
    const std::size_t before = cap.bytes();
    cap.sample({.queueing_delay = queueing,
                .round_trip = kFar,
                .min_round_trip = kFar,
                .in_flight_bytes = before,
                .acked_bytes = before},
               true, now_);
    return static_cast<double>(cap.bytes() - before);
  };
  EXPECT_GT(growth_at(0ms), 0);
  EXPECT_NEAR(growth_at(15ms), growth_at(0ms) / 2, 2);
  EXPECT_NEAR(growth_at(27ms), growth_at(0ms) / 10, 2);
}

TEST_F(InFlightCapTest, WhileItDoublesARoundTripIsNoPredictedQueue) {
  predicted_ = kFar + 29ms;
  run(1s, 0ms);
  EXPECT_GT(cap_.bytes(), kStart);
  end_ramp();
  const std::size_t before = cap_.bytes();
  run(1s, 0ms);
  EXPECT_EQ(cap_.bytes(), before);
}

TEST_F(InFlightCapTest, APredictedQueueHoldsGrowthBackAndNeverShrinks) {
  predicted_ = kFar + 30ms;
  run(1s, 0ms);
  EXPECT_EQ(cap_.bytes(), kStart);
  predicted_ = 10s;
  run(1s, 0ms);
  EXPECT_EQ(cap_.bytes(), kStart);
  predicted_ = 0ms;
  once(0ms);
  EXPECT_GT(cap_.bytes(), kStart);
}

TEST_F(InFlightCapTest, ShrinksAtMostOnceARoundTrip) {
  run(1s, 0ms);
  const std::size_t full = cap_.bytes();
  once(60ms);
  const std::size_t shrunk = cap_.bytes();
  EXPECT_LT(shrunk, full);
  run(100ms, 60ms);  // the round trip: 40 and 60 ms
  EXPECT_EQ(cap_.bytes(), shrunk);
  run(40ms, 60ms);
  EXPECT_LT(cap_.bytes(), shrunk);
}

TEST_F(InFlightCapTest, ShrinksToWhatLeavesTheTargetButNeverByMoreThanHalf) {
  const auto kept_at = [](Duration queueing) {
    InFlightCap cap;
    cap.sample({.queueing_delay = queueing,
                .round_trip = kFar,
                .min_round_trip = kFar,
                .in_flight_bytes = cap.bytes()},
               true, Time{100s});
    return static_cast<double>(cap.bytes()) / kStart;
  };
  EXPECT_NEAR(kept_at(30ms), 1.0, 0.001);
  EXPECT_NEAR(kept_at(60ms), 0.7, 0.001);  // 40 ms and the target, of 100 ms
  EXPECT_NEAR(kept_at(10s), 0.5, 0.01);
  EXPECT_GE(kept_at(10s), 0.5 - 0.001);
}

TEST_F(InFlightCapTest, ShrinksFromWhatWasUsedAndNotFromWhatWasAllowed) {
  run(1s, 0ms);
  ASSERT_GE(cap_.bytes(), 100 * kSegment);
  in_flight_most_ = 10 * kSegment;
  once(60ms);
  EXPECT_LE(cap_.bytes(), 10 * kSegment);
}

TEST_F(InFlightCapTest, NeverGoesUnderItsFloorOrOverItsCeiling) {
  run(4s, 1s);
  EXPECT_EQ(cap_.bytes(), InFlightCap::kFloor);
  InFlightCap fast;
  cap_ = fast;
  run(60s, 0ms);
  EXPECT_EQ(cap_.bytes(), std::size_t{16} * 1024 * 1024);
}

TEST_F(InFlightCapTest, RecoversFromItsFloorWhenTheQueueIsGone) {
  run(4s, 1s);
  ASSERT_EQ(cap_.bytes(), InFlightCap::kFloor);
  run(5s, 0ms);
  EXPECT_GT(cap_.bytes(), 20 * kSegment);
}

TEST_F(InFlightCapTest, ACompetitorsQueueRaisesTheTargetRatherThanStarve) {
  run(3s, 200ms);
  ASSERT_EQ(cap_.bytes(), InFlightCap::kFloor);
  EXPECT_EQ(cap_.target(), 30ms);
  run(5s, 200ms);
  EXPECT_EQ(cap_.target(), 60ms);
  run(60s, 200ms);
  EXPECT_EQ(cap_.target(), 120ms) << "four times at most";
  run(1s, 100ms);
  EXPECT_EQ(cap_.target(), 120ms) << "while the queue stands";
  EXPECT_GT(cap_.bytes(), InFlightCap::kFloor) << "and is no longer starved";
  once(5ms);
  EXPECT_EQ(cap_.target(), 30ms) << "the competitor went";
}

TEST_F(InFlightCapTest, IsOffOnALanThatShowedNoQueue) {
  run(10s, 0ms, kLan);
  EXPECT_TRUE(cap_.off());
}

TEST_F(InFlightCapTest, NeverGoesOffOnALongerWay) {
  run(60s, 0ms, kFar);
  EXPECT_FALSE(cap_.off());
}

TEST_F(InFlightCapTest, AReaderOnALanThatLagsIsSteeredUntilItKeptUpForTenSeconds) {
  run(10s, 0ms, kLan);
  ASSERT_TRUE(cap_.off());
  run(1s, 200ms, kLan);
  EXPECT_FALSE(cap_.off());
  run(9s, 0ms, kLan);
  EXPECT_FALSE(cap_.off());
  run(10s, 0ms, kLan);
  EXPECT_TRUE(cap_.off());
}

TEST_F(InFlightCapTest, IsLessThanTwoSegmentsWhereThoseWouldBeALongQueue) {
  rate_ = 8'000;  // 64 kbit/s: two segments are 362 ms
  run(10s, 300ms);
  EXPECT_EQ(cap_.bytes(), 960U) << "what it carries in 40 ms of round trip and 80 ms";
  rate_ = 100;
  run(10s, 300ms);
  EXPECT_EQ(cap_.bytes(), InFlightCap::kFloorLeast);
  rate_ = 100'000;
  run(1s, 300ms);
  EXPECT_EQ(cap_.bytes(), InFlightCap::kFloor);
}

TEST_F(InFlightCapTest, KeepsItsFloorThroughAFade) {
  rate_ = 100'000;
  run(5s, 300ms);
  rate_ = 1'000;
  run(1500ms, 300ms);
  EXPECT_EQ(cap_.bytes(), InFlightCap::kFloor);
}

TEST_F(InFlightCapTest, GrowsOutOfASmallFloorAgainstAPredictionByItsOwnRate) {
  end_ramp();
  rate_ = 4'000;
  run(10s, 300ms);
  ASSERT_LT(cap_.bytes(), InFlightCap::kFloor);
  predicted_ = 40ms;
  run(2s, 0ms);
  EXPECT_GE(cap_.bytes(), InFlightCap::kFloor);
}

TEST_F(InFlightCapTest, DoesNotGrowFarBeyondWhatIsOnItsWay) {
  end_ramp();
  in_flight_most_ = 10'000;
  run(60s, 0ms);
  EXPECT_LE(cap_.bytes(), 4 * in_flight_most_ + 2 * kSegment);
  in_flight_most_ = std::size_t{1} << 30;
  run(10s, 0ms);
  EXPECT_GT(cap_.bytes(), 100'000U) << "when it is used it goes on";
}

TEST_F(InFlightCapTest, DoesNotGrowWhileNothingArrives) {
  end_ramp();
  run(1s, 0ms);
  const std::size_t before = cap_.bytes();
  for (const Time end = now_ + 3s; now_ < end; now_ += InFlightCap::kSampleInterval) {
    cap_.sample({.queueing_delay = 0ms,
                 .round_trip = kFar,
                 .min_round_trip = kFar,
                 .in_flight_bytes = before,
                 .acked_bytes = 0},
                true, now_);
  }
  EXPECT_LE(cap_.bytes(), before + 10 * kSegment) << "but for the first 100 ms";
}

}  // namespace
}  // namespace sluice::media
