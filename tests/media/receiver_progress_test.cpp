#include "media/receiver_progress.h"

#include <gtest/gtest.h>

namespace sluice::media {
namespace {

using namespace std::chrono_literals;

class ReceiverProgressTest : public testing::Test {
 protected:
  /// 1000 bytes are written now and reported as read `delay` later.
  void write_and_report(Duration delay) {
    progress_.wrote(1000, now_);
    written_ += 1000;
    now_ += delay;
    ASSERT_TRUE(progress_.reported(written_, now_));
  }

  ReceiverProgress progress_;
  std::uint64_t written_ = 0;
  Time now_{100s};
};

TEST_F(ReceiverProgressTest, KnowsNoDelayBeforeTheFirstReport) {
  progress_.wrote(1000, now_);
  progress_.look(now_ + 10s);
  EXPECT_FALSE(progress_.reporting());
  EXPECT_EQ(progress_.queueing_delay(), 0ms);
  EXPECT_EQ(progress_.min_delay(), 0ms);
}

TEST_F(ReceiverProgressTest, UntilTheFirstReportCanBeHereAllThatWasWrittenIsOnItsWay) {
  EXPECT_FALSE(progress_.in_flight().has_value());
  progress_.wrote(1000, now_);
  progress_.wrote(1000, now_ + 100ms);
  EXPECT_EQ(progress_.in_flight(), 2000U);
  progress_.look(now_ + 399ms);
  EXPECT_EQ(progress_.in_flight(), 2000U);
  progress_.look(now_ + 10s);
  EXPECT_FALSE(progress_.in_flight().has_value()) << "this receiver does not report";
}

TEST_F(ReceiverProgressTest, AReportOfNothingReadIsNoReportOfProgress) {
  progress_.wrote(1000, now_);
  EXPECT_TRUE(progress_.reported(0, now_));
  EXPECT_FALSE(progress_.reporting());
}

TEST_F(ReceiverProgressTest, WhatIsWrittenAndNotReportedIsOnItsWay) {
  progress_.wrote(1000, now_);
  progress_.wrote(500, now_);
  ASSERT_TRUE(progress_.reported(1000, now_ + 40ms));
  EXPECT_TRUE(progress_.reporting());
  EXPECT_EQ(progress_.in_flight(), 500U);
  EXPECT_EQ(progress_.received(), 1000U);
  ASSERT_TRUE(progress_.reported(1500, now_ + 50ms));
  EXPECT_EQ(progress_.in_flight(), 0U);
}

TEST_F(ReceiverProgressTest, ADelayIsTheAgeOfTheNewestBytesThatWereRead) {
  progress_.wrote(1000, now_);
  progress_.wrote(1000, now_ + 30ms);
  ASSERT_TRUE(progress_.reported(2000, now_ + 80ms));
  EXPECT_EQ(progress_.delay(), 50ms);
  EXPECT_EQ(progress_.min_delay(), 50ms);
}

TEST_F(ReceiverProgressTest, AReportFromTheMiddleOfAWriteHasTheAgeOfThatWrite) {
  progress_.wrote(1000, now_);
  ASSERT_TRUE(progress_.reported(400, now_ + 70ms));
  EXPECT_EQ(progress_.delay(), 70ms);
}

TEST_F(ReceiverProgressTest, QueueingIsTheDelayAboveTheSmallest) {
  write_and_report(40ms);
  write_and_report(100ms);
  EXPECT_EQ(progress_.queueing_delay(), 0ms) << "one slow report is no trend";
  write_and_report(120ms);
  EXPECT_EQ(progress_.queueing_delay(), 60ms);
  EXPECT_EQ(progress_.min_delay(), 40ms);
  write_and_report(40ms);
  EXPECT_EQ(progress_.queueing_delay(), 0ms);
}

TEST_F(ReceiverProgressTest, AReaderThatReportsThatItReadNothingMoreTeachesNothing) {
  write_and_report(40ms);
  progress_.wrote(1000, now_);
  ASSERT_TRUE(progress_.reported(written_, now_ + 5s));
  EXPECT_EQ(progress_.delay(), 40ms);
  EXPECT_EQ(progress_.in_flight(), 1000U);
}

TEST_F(ReceiverProgressTest, RefusesAClaimOfMoreThanWasWritten) {
  progress_.wrote(1000, now_);
  EXPECT_FALSE(progress_.reported(1001, now_));
  EXPECT_FALSE(progress_.reported(~std::uint64_t{0}, now_));
  EXPECT_TRUE(progress_.reported(1000, now_));
}

TEST_F(ReceiverProgressTest, RefusesAClaimOfLessThanWasClaimedBefore) {
  progress_.wrote(1000, now_);
  EXPECT_TRUE(progress_.reported(600, now_));
  EXPECT_FALSE(progress_.reported(599, now_));
  EXPECT_TRUE(progress_.reported(600, now_));
  EXPECT_EQ(progress_.in_flight(), 400U);
}

TEST_F(ReceiverProgressTest, AReaderThatReportsNoMoreCostsBoundedMemoryAndItsBytesAreKnown) {
  progress_.wrote(10, now_);
  ASSERT_TRUE(progress_.reported(10, now_ + 40us));
  ASSERT_TRUE(progress_.reporting());
  for (int i = 1; i < 100'000; ++i) progress_.wrote(10, now_ + 1ms * i);
  ASSERT_TRUE(progress_.reported(999'990, now_ + 100s));
  EXPECT_EQ(progress_.in_flight(), 10U);
}

TEST_F(ReceiverProgressTest, NeighboursThatWereMergedLookLaterNeverSooner) {
  for (int i = 0; i < 3; ++i) write_and_report(1ms);
  for (int i = 1; i < 100'000; ++i) {
    progress_.wrote(10, now_ + 1ms * i);
    written_ += 10;
  }
  for (const auto before_last : {20U, 10U}) {
    ASSERT_TRUE(progress_.reported(written_ - before_last, now_ + 100s));
  }
  EXPECT_GE(progress_.delay(), 1ms);
}

TEST_F(ReceiverProgressTest, AStandingQueueIsNotTheNewNormalWithinAMinute) {
  write_and_report(40ms);
  for (const Time end = now_ + 60s; now_ < end;) write_and_report(100ms);
  EXPECT_EQ(progress_.queueing_delay(), 60ms);
}

TEST_F(ReceiverProgressTest, AWayThatBecameLongerIsForgivenAfterAFewMinutes) {
  write_and_report(40ms);
  for (const Time end = now_ + 400s; now_ < end;) write_and_report(100ms);
  EXPECT_EQ(progress_.queueing_delay(), 0ms);
  EXPECT_EQ(progress_.min_delay(), 100ms);
}

TEST_F(ReceiverProgressTest, AReceiverThatBeginsToReportLateIsMeasuredFromThenOn) {
  progress_.wrote(1000, now_);
  progress_.wrote(1000, now_ + 1s);
  ASSERT_TRUE(progress_.reported(2000, now_ + 2s));
  EXPECT_FALSE(progress_.reporting()) << "when these were written is forgotten";
  EXPECT_EQ(progress_.delay(), 0ms);
  progress_.wrote(1000, now_ + 2s);
  ASSERT_TRUE(progress_.reported(3000, now_ + 2s + 40ms));
  EXPECT_TRUE(progress_.reporting());
  EXPECT_EQ(progress_.delay(), 40ms);
}

TEST_F(ReceiverProgressTest, WhatWaitedForAnOutagesEndShowsNoQueue) {
  for (int i = 0; i < 3; ++i) write_and_report(40ms);
  for (int i = 0; i < 4; ++i) progress_.wrote(1000, now_);
  now_ += 3s;
  progress_.resumed(now_);
  progress_.wrote(1000, now_);
  for (int i = 0; i < 4; ++i) ASSERT_TRUE(progress_.reported(written_ += 1000, now_ + 10ms));
  EXPECT_EQ(progress_.queueing_delay(), 0ms);
  ASSERT_TRUE(progress_.reported(written_ += 1000, now_ + 150ms));
  write_and_report(160ms);
  EXPECT_EQ(progress_.queueing_delay(), 110ms) << "what was written since does";
}

TEST_F(ReceiverProgressTest, WhatIsOnALongWayWhenTheFirstReportComesShowsNoDelay) {
  progress_.wrote(1000, now_);
  for (int i = 1; i <= 5; ++i) progress_.wrote(1000, now_ + 100ms * i);
  ASSERT_TRUE(progress_.reported(1000, now_ + 600ms));
  progress_.wrote(1000, now_ + 610ms);
  ASSERT_TRUE(progress_.reported(3000, now_ + 700ms)) << "of bytes whose moments were forgotten";
  EXPECT_EQ(progress_.delay(), 0ms);
  ASSERT_TRUE(progress_.reported(7000, now_ + 1210ms));
  EXPECT_EQ(progress_.delay(), 600ms);
  EXPECT_EQ(progress_.queueing_delay(), 0ms);
}

TEST_F(ReceiverProgressTest, AnAnswerIsAReportWithAnExactDelay) {
  progress_.wrote(3000, now_);
  progress_.answered(0, 40ms, now_ + 40ms);
  EXPECT_TRUE(progress_.reporting());
  EXPECT_EQ(progress_.in_flight(), 3000U);
  EXPECT_EQ(progress_.min_delay(), 40ms);
  // Reports wait for one another; while answers come, only those tell the delay.
  ASSERT_TRUE(progress_.reported(1000, now_ + 95ms));
  EXPECT_EQ(progress_.in_flight(), 2000U);
  EXPECT_EQ(progress_.queueing_delay(), 0ms);
  const Duration exact = progress_.uncertainty();
  progress_.answered(3000, 100ms, now_ + 100ms);
  progress_.answered(3000, 90ms, now_ + 110ms);
  EXPECT_EQ(progress_.in_flight(), 0U);
  EXPECT_EQ(progress_.queueing_delay(), 50ms);
  progress_.look(now_ + 1s);
  EXPECT_GT(progress_.uncertainty(), exact) << "reports again";
}

TEST_F(ReceiverProgressTest, AnAnswerNeverTakesBackWhatWasRead) {
  progress_.wrote(3000, now_);
  ASSERT_TRUE(progress_.reported(2000, now_ + 10ms));
  progress_.answered(1000, 5ms, now_ + 20ms);
  EXPECT_EQ(progress_.received(), 2000U);
}

TEST_F(ReceiverProgressTest, WhoseReportsAreForgottenIsSilentAgain) {
  write_and_report(30ms);
  progress_.forget_reports();
  EXPECT_FALSE(progress_.reporting());
  EXPECT_FALSE(progress_.in_flight());
  EXPECT_EQ(progress_.queueing_delay(), 0ms);
  progress_.wrote(1000, now_ += 1s);
  EXPECT_FALSE(progress_.in_flight());
  progress_.answered(1000, 20ms, now_ += 20ms);
  EXPECT_EQ(progress_.in_flight(), 1000U);
}

}  // namespace
}  // namespace sluice::media
