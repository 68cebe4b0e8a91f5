#include "media/acknowledgement_watch.h"

#include <gtest/gtest.h>

#include <deque>

namespace sluice::media {
namespace {

using namespace std::chrono_literals;

/// Writes of a segment, each acknowledged after the delay of its moment, in order; looks each 5 ms.
class AcknowledgementWatchTest : public testing::Test {
 protected:
  void run(Duration delay, Duration span) {
    for (const Time end = now_ + span; now_ < end;) {
      now_ += 5ms;
      acknowledge();
      watch_.looked(static_cast<std::size_t>(written_ - acked_), now_);
      write(delay);
    }
  }

  void write(Duration delay) {
    written_ += kSegment;
    watch_.wrote(kSegment, now_);
    const Time behind = on_the_way_.empty() ? Time{} : on_the_way_.back();
    on_the_way_.push_back(std::max(now_ + delay, behind));
  }

  void acknowledge() {
    while (!on_the_way_.empty() && on_the_way_.front() <= now_) {
      on_the_way_.pop_front();
      acked_ += kSegment;
    }
  }

  static constexpr std::size_t kSegment = 1000;
  AcknowledgementWatch watch_;
  std::deque<Time> on_the_way_;
  std::uint64_t written_ = 0;
  std::uint64_t acked_ = 0;
  Time now_{100s};
};

TEST_F(AcknowledgementWatchTest, KnowsNothingBeforeSomethingWasAcknowledged) {
  run(40ms, 35ms);
  EXPECT_FALSE(watch_.delay(now_).has_value());
}

TEST_F(AcknowledgementWatchTest, TellsTheDelayButForTheTimeBetweenTwoLooks) {
  run(40ms, 200ms);
  EXPECT_EQ(watch_.delay(now_), 35ms);
}

TEST_F(AcknowledgementWatchTest, AQueueIsSeenAsSoonAsItsBytesArrive) {
  run(40ms, 1s);
  run(140ms, 180ms);
  EXPECT_EQ(watch_.delay(now_), 135ms);
}

TEST_F(AcknowledgementWatchTest, AQueueThatHasGoneIsForgottenAtOnce) {
  run(140ms, 1s);
  run(40ms, 160ms);
  EXPECT_EQ(watch_.delay(now_), 35ms);
}

TEST_F(AcknowledgementWatchTest, AMomentsDelayIsNoTrend) {
  run(40ms, 1s);
  run(70ms, 20ms);
  for (int look = 0; look < 40; ++look) {
    run(40ms, 5ms);
    EXPECT_EQ(watch_.delay(now_), 35ms) << look;
  }
}

TEST_F(AcknowledgementWatchTest, AQueueOfOneLargeWriteIsSeenBeforeItsEndHasArrived) {
  run(40ms, 1s);
  constexpr std::size_t kLarge = 100 * kSegment;
  watch_.wrote(kLarge, now_);
  written_ += kLarge;
  for (int segment = 0; segment < 20; ++segment) {
    now_ += 5ms;
    acknowledge();
    if (segment >= 8) acked_ += kSegment;
    watch_.looked(static_cast<std::size_t>(written_ - acked_), now_);
  }
  EXPECT_GE(watch_.delay(now_), 60ms) << "a fifth of it is there after 100 ms";
}

TEST_F(AcknowledgementWatchTest, ALateLookMakesNoDelay) {
  run(40ms, 200ms);
  now_ += 90ms;
  run(40ms, 5ms);
  EXPECT_LE(watch_.delay(now_), 35ms);
}

TEST_F(AcknowledgementWatchTest, WhatWasWrittenBeforeARepetitionTellsNothing) {
  run(40ms, 1s);
  watch_.disturbed(now_);
  EXPECT_FALSE(watch_.delay(now_).has_value());
  run(40ms, 40ms);
  EXPECT_FALSE(watch_.delay(now_).has_value());
  run(40ms, 60ms);
  EXPECT_EQ(watch_.delay(now_), 35ms);
}

TEST_F(AcknowledgementWatchTest, OldNewsAreNone) {
  run(40ms, 1s);
  EXPECT_FALSE(watch_.delay(now_ + 101ms).has_value());
}

}  // namespace
}  // namespace sluice::media
