#include "media/deadline_clock.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <random>

namespace sluice::media {
namespace {

using namespace std::chrono_literals;
using std::chrono::microseconds;

constexpr microseconds kLeast = microseconds::min();
constexpr microseconds kGreatest = microseconds::max();

/// A publisher with a clock of its own, whose frames take `way` to come here.
class DeadlineClockTest : public testing::Test {
 protected:
  /// One frame each 20 ms for `span`; gives the greatest lateness.
  Duration run(Duration span, Duration way = 40ms) {
    Duration latest{};
    for (const Time end = now_ + span; now_ < end; now_ += 20ms) {
      latest = std::max(latest, frame(way));
    }
    return latest;
  }
  /// A frame captured now, which arrives after `way`.
  Duration frame(Duration way) {
    return clock_.lateness(now_.time_since_epoch() + offset_, now_ + way);
  }

  DeadlineClock clock_;
  Time now_{1000s};
  microseconds offset_{-123'456'789};  ///< the publisher's clock minus ours
};

TEST_F(DeadlineClockTest, FramesThatAllTakeTheSameWayAreNeverLate) { EXPECT_EQ(run(60s), 0ms); }

TEST_F(DeadlineClockTest, TheFirstFrameIsNeverLate) { EXPECT_EQ(frame(900ms), 0ms); }

TEST_F(DeadlineClockTest, LatenessIsTheJitterAboveTheShortestWay) {
  run(5s, 40ms);
  EXPECT_EQ(frame(65ms), 25ms);
  EXPECT_EQ(frame(40ms), 0ms);
  EXPECT_EQ(frame(240ms), 200ms);
}

TEST_F(DeadlineClockTest, OfRandomJitterNoFrameIsLaterThanTheJitterOrEarlierThanNothing) {
  std::mt19937 random{1};
  for (int i = 0; i < 5000; ++i, now_ += 20ms) {
    const Duration jitter{static_cast<Duration::rep>(random() % 80'000)};
    const Duration lateness = frame(30ms + jitter);
    ASSERT_GE(lateness, 0ms);
    ASSERT_LE(lateness, jitter);
    // After a second of frames the shortest way is known to a few milliseconds.
    if (i > 50) {
      ASSERT_GE(lateness, jitter - 20ms);
    }
  }
}

TEST_F(DeadlineClockTest, AShorterWayIsTheNewBaseAtOnce) {
  run(5s, 100ms);
  EXPECT_EQ(frame(60ms), 0ms);
  EXPECT_EQ(frame(100ms), 40ms);
}

TEST_F(DeadlineClockTest, ALongerWayIsForgivenAfterTenSeconds) {
  run(5s, 40ms);
  now_ += 20ms;
  EXPECT_EQ(run(9s, 340ms), 300ms);
  EXPECT_EQ(frame(340ms), 300ms) << "the short way is remembered for ten seconds";
  run(2s, 340ms);
  EXPECT_EQ(frame(340ms), 0ms);
}

TEST_F(DeadlineClockTest, ClocksThatDriftApartBy200PpmForAnHourCostAtMostTwoMilliseconds) {
  for (const int ppm : {200, -200}) {
    DeadlineClock clock;
    Duration latest{};
    for (Duration run{}; run < 1h; run += 20ms) {
      const microseconds captured = run + run * ppm / 1'000'000;
      latest = std::max(latest, clock.lateness(captured, Time{1000s} + run));
    }
    EXPECT_LE(latest, 2ms) << ppm;
  }
}

TEST_F(DeadlineClockTest, AClockSetBackIsForgivenAfterTwoSeconds) {
  run(20s);
  offset_ -= 30s;  // each frame seems to be thirty seconds old
  EXPECT_EQ(frame(40ms), 30s);
  run(2500ms);
  EXPECT_EQ(frame(40ms), 0ms);
  EXPECT_EQ(frame(60ms), 20ms);
}

TEST_F(DeadlineClockTest, AClockSetForwardIsTheNewBaseAtOnce) {
  run(20s);
  offset_ += 1h;  // each frame seems to come from the future
  EXPECT_EQ(frame(40ms), 0ms);
  EXPECT_EQ(frame(60ms), 20ms);
  EXPECT_EQ(run(20s), 0ms);
}

TEST_F(DeadlineClockTest, LatenessUnderASecondIsNoJump) {
  run(5s, 40ms);
  EXPECT_EQ(run(5s, 1039ms), 999ms);
  EXPECT_EQ(frame(1039ms), 999ms);
}

TEST_F(DeadlineClockTest, OneFrameThatIsPunctualShowsThatTheClockDidNotJump) {
  run(5s, 40ms);
  for (int i = 0; i < 10; ++i) {
    run(1s, 3s);
    frame(40ms);
  }
  EXPECT_EQ(frame(3s), 2960ms);
}

TEST_F(DeadlineClockTest, AnUplinkThatStallsMakesItsFramesLateAndIsNotTakenForAJump) {
  run(20s);
  // Frames are captured all along, but for five seconds none arrives; then all come together.
  const Time stalled = now_;
  const Time through = stalled + 5s;
  for (Time captured = stalled; captured < through; captured += 20ms) {
    const Duration lateness =
        clock_.lateness(captured.time_since_epoch() + offset_, through + 40ms);
    ASSERT_EQ(lateness, through - captured);
  }
  now_ = through;
  EXPECT_EQ(frame(40ms), 0ms) << "and the next is as punctual as before";
}

TEST_F(DeadlineClockTest, AfterASilenceOfLessThanTheWindowTheBaseIsKnownStill) {
  run(5s, 40ms);
  now_ += 8s;
  EXPECT_EQ(frame(90ms), 50ms);
}

TEST_F(DeadlineClockTest, AfterALongSilenceTheNextFrameIsTheBase) {
  run(5s, 40ms);
  now_ += 1h;
  EXPECT_EQ(frame(700ms), 0ms);
  EXPECT_EQ(frame(40ms), 0ms);
  EXPECT_EQ(frame(90ms), 50ms);
}

TEST_F(DeadlineClockTest, CaptureTimesBelowZeroAreAsGoodAsAny) {
  offset_ = -now_.time_since_epoch() - 1h;
  run(5s);
  EXPECT_EQ(frame(65ms), 25ms);
}

// A peer may send any 64 bits as its capture time.
TEST_F(DeadlineClockTest, WhateverCaptureTimesAPeerInventsLatenessIsNeitherNegativeNorUnbounded) {
  std::mt19937_64 random{3};
  for (int i = 0; i < 20'000; ++i) {
    now_ += Duration{static_cast<Duration::rep>(random() % 300'000)};
    const microseconds any{static_cast<microseconds::rep>(random())};
    const std::array<microseconds, 6> invented = {kLeast, kLeast + 1us, kGreatest, -1us, 0us, any};
    const Duration lateness = clock_.lateness(invented[random() % invented.size()], now_);
    ASSERT_GE(lateness, 0ms);
    // What follows from it must be computable: its deadline is arrival - lateness + budget.
    ASSERT_LT(lateness, Duration::max() / 2);
  }
}

TEST_F(DeadlineClockTest, RecoversFromInventedCaptureTimesWithinTheWindow) {
  run(5s);
  for (const microseconds invented : {kLeast, kGreatest, kLeast}) {
    EXPECT_GE(clock_.lateness(invented, now_), 0ms);
  }
  run(15s);
  EXPECT_EQ(frame(65ms), 25ms);
}

}  // namespace
}  // namespace sluice::media
