#include "media/reader_watch.h"

#include <gtest/gtest.h>

namespace sluice::media {
namespace {

using namespace std::chrono_literals;

constexpr Duration kWay = 40ms;
constexpr Duration kTarget = 30ms;
constexpr ReaderWatch::Sending kFree{};
constexpr ReaderWatch::Sending kHeldBack{.congested = true, .held_back = true};

class ReaderWatchTest : public testing::Test {
 protected:
  /// A ping that is answered after `delay`, or that the reader should not be sent.
  std::optional<ReaderWatch::FirstFlight> ask(const ReaderWatch::Sending& sending, Duration delay) {
    EXPECT_TRUE(watch_.wants_probe(sending, now_));
    const std::uint64_t id = watch_.probe(sending, 6000, now_);
    now_ += delay;
    return watch_.answered(id, kTarget, now_);
  }
  /// It was asked before the first media and behind 6 kB of it, and was as fast as can be.
  void introduce() {
    ask(kFree, kWay);
    watch_.wrote(6000, now_);
    ask(kFree, kWay);
  }
  /// A packet of sound each 20 ms.
  void talk(Duration span) {
    for (const Time end = now_ + span; now_ < end; now_ += 20ms) watch_.wrote(130, now_);
  }

  ReaderWatch watch_;
  Time now_{100s};
};

TEST_F(ReaderWatchTest, EverybodyIsAskedBeforeTheFirstMediaAndBehindTheFirstThatIsHeldBack) {
  EXPECT_FALSE(ask(kFree, kWay)) << "it finds the way empty";
  EXPECT_FALSE(watch_.wants_probe(kHeldBack, now_)) << "nothing was written";
  watch_.wrote(130, now_);
  EXPECT_FALSE(watch_.wants_probe(kFree, now_)) << "one packet may meet a moment";
  const auto flight = ask(kHeldBack, kWay + 25ms);
  ASSERT_TRUE(flight);
  EXPECT_EQ(flight->bytes, 6000U);
  EXPECT_EQ(flight->took, 25ms);
  watch_.wrote(6000, now_);
  EXPECT_FALSE(watch_.wants_probe(kHeldBack, now_)) << "it keeps up";
}

TEST_F(ReaderWatchTest, WhereNothingWasHeldBackNothingIsToldOfAFlight) {
  ask(kFree, kWay);
  talk(2s);
  EXPECT_FALSE(ask(kFree, kWay)) << "a trickle";
  talk(1min);
  EXPECT_FALSE(watch_.wants_probe(kFree, now_));
  EXPECT_TRUE(ask(kHeldBack, kWay)) << "the camera was switched on";
}

TEST_F(ReaderWatchTest, WhoKeptUpIsLeftToItsKernel) {
  introduce();
  talk(2s);
  EXPECT_FALSE(watch_.unread());
  EXPECT_FALSE(watch_.tells());
  EXPECT_EQ(watch_.queueing_delay(), 0ms);
}

TEST_F(ReaderWatchTest, ALateAnswerSteersAndIsAskedAgain) {
  introduce();
  talk(2s);
  watch_.suspect(now_);
  for (int time = 0; time < 2; ++time) {  // the smaller of two counts
    watch_.wrote(130, now_);
    ask(kFree, kWay + 150ms);
  }
  EXPECT_EQ(watch_.queueing_delay(), 150ms);
  watch_.wrote(5000, now_);
  EXPECT_EQ(watch_.unread(), 5000U);
  now_ += 9s;
  watch_.wrote(130, now_);
  EXPECT_TRUE(watch_.wants_probe(kFree, now_)) << "it lagged, and will again";
}

TEST_F(ReaderWatchTest, AnAnswerThatIsALittleLateIsAMoment) {
  introduce();
  talk(2s);
  watch_.suspect(now_);
  for (int time = 0; time < 3; ++time) {
    watch_.wrote(130, now_);
    ask(kFree, kWay + 90ms);
  }
  EXPECT_EQ(watch_.queueing_delay(), 0ms);
  EXPECT_FALSE(watch_.unread());
}

TEST_F(ReaderWatchTest, AWindowThatShrinksHasItAsked) {
  introduce();
  talk(2s);
  std::uint64_t acked = 0;
  const auto sample = [&](std::size_t window) {
    talk(200ms);
    watch_.sampled({.bytes_acked = acked += 1000, .receive_window = window}, true, now_);
  };
  for (int time = 0; time < 5; ++time) sample(65'536);
  EXPECT_FALSE(watch_.asked_at(now_));
  sample(30'000);
  EXPECT_TRUE(watch_.asked_at(now_));
  EXPECT_TRUE(watch_.wants_probe(kFree, now_));
}

TEST_F(ReaderWatchTest, ReportsAlwaysSteerAndAreNotAskedFor) {
  introduce();
  watch_.wrote(2000, now_);
  now_ += kWay;
  EXPECT_TRUE(watch_.reported(7000, now_));
  EXPECT_TRUE(watch_.reports());
  EXPECT_EQ(watch_.unread(), 1000U);
  watch_.suspect(now_);
  EXPECT_FALSE(watch_.wants_probe({.congested = true}, now_ + 1s)) << "the reports tell";
  EXPECT_FALSE(watch_.reported(9000, now_)) << "more than was written";
}

TEST_F(ReaderWatchTest, RareReportsSteerNothingAndRaiseTheAlarm) {
  introduce();
  ASSERT_TRUE(watch_.reported(6000, now_ += kWay));
  watch_.ask_for_rare_reports(true);
  talk(2s);
  EXPECT_FALSE(watch_.unread()) << "most of it was read long ago, and not reported";
  std::uint64_t written = 6000 + 100 * 130;
  const auto report = [&](Duration delay) {
    watch_.wrote(130, now_);
    written += 130;
    now_ += delay;
    ASSERT_TRUE(watch_.reported(written, now_));
  };
  for (int time = 0; time < 3; ++time) report(kWay + 20ms);
  EXPECT_FALSE(watch_.rare_report_alarms());
  for (int time = 0; time < 2; ++time) report(kWay + 250ms);
  EXPECT_TRUE(watch_.rare_report_alarms());
  EXPECT_EQ(watch_.queueing_delay(), 0ms) << "answers to pings will tell";
  watch_.suspect(now_);
  watch_.wrote(130, now_);
  EXPECT_TRUE(watch_.wants_probe(kFree, now_)) << "as one that does not report at all";
}

TEST_F(ReaderWatchTest, ReportsThatComeOftenAgainSteerFromTheSecondOn) {
  introduce();
  ASSERT_TRUE(watch_.reported(6000, now_ += kWay));
  watch_.ask_for_rare_reports(true);
  talk(2s);
  watch_.ask_for_rare_reports(false);
  EXPECT_FALSE(watch_.unread()) << "the last report is old";
  ASSERT_TRUE(watch_.reported(12'000, now_ += kWay));
  EXPECT_FALSE(watch_.unread()) << "this one was due before";
  ASSERT_TRUE(watch_.reported(18'000, now_ += kWay));
  EXPECT_TRUE(watch_.reports());
  EXPECT_EQ(watch_.unread(), 1000U);
}

TEST_F(ReaderWatchTest, WhoReportsIsAskedOnALanWhileItIsCongested) {
  introduce();
  watch_.wrote(2000, now_);
  EXPECT_TRUE(watch_.reported(7000, now_));
  watch_.suspect(now_);
  const ReaderWatch::Sending lan{.on_lan = true, .congested = true};
  EXPECT_TRUE(watch_.wants_probe(lan, now_ + 50ms));
}

TEST_F(ReaderWatchTest, ASampleTellsWhatWasReadSinceTheLast) {
  introduce();
  EXPECT_EQ(watch_.sampled({}, true, now_), 6000U);
  EXPECT_EQ(watch_.sampled({}, true, now_), 0U);
  talk(2s);
  EXPECT_EQ(watch_.sampled({}, true, now_), 0U) << "forgotten, not read backwards";
}

TEST_F(ReaderWatchTest, WhoAnswersNothingIsHeldBackByNothing) {
  watch_.probe(kFree, 0, now_);
  talk(3s);
  EXPECT_FALSE(watch_.unread());
}

}  // namespace
}  // namespace sluice::media
