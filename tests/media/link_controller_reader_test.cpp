// What a link controller learns of the application that reads at the other end.

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/media/link_controller_fixture.h"

namespace sluice::media {
namespace {

using namespace std::chrono_literals;

class LinkControllerReaderTest : public LinkControllerFixture {};

// What the receiver reports.

TEST_F(LinkControllerReaderTest, RefusesAReportOfMoreThanWasWritten) {
  open();
  link_.wrote(1100, 1000, now_);
  EXPECT_FALSE(link_.reported(1001, now_)) << "media bytes count, not those of the transport";
  EXPECT_TRUE(link_.reported(1000, now_));
  EXPECT_FALSE(link_.reported(999, now_)) << "less than before";
}

TEST_F(LinkControllerReaderTest, WhatTheReceiverHasNotReadIsOnItsWayThoughItsKernelHasIt) {
  open();
  link_.wrote(5000, 5000, now_);
  ASSERT_TRUE(link_.reported(1000, now_ + 20ms));
  look(0);
  EXPECT_EQ(link_.in_flight_bytes(), 4000U);
}

TEST_F(LinkControllerReaderTest, ReportsOfALagAreEnoughToBeginLooking) {
  open();
  std::uint64_t written = 0;
  for (const Duration delay : {20ms, 200ms, 200ms}) {
    EXPECT_FALSE(link_.congested()) << "one slow report is no trend";
    link_.wrote(1000, 1000, now_);
    written += 1000;
    now_ += delay;
    ASSERT_TRUE(link_.reported(written, now_));
  }
  EXPECT_TRUE(link_.congested());
  EXPECT_TRUE(link_.needs_look(now_));
}

TEST_F(LinkControllerReaderTest, ReportsOfAReaderThatLagsTurnTheCapOnOnALan) {
  open(kLan);
  std::uint64_t written = 0;
  const auto step = [&](Duration report_age) {
    // A megabyte a second; the kernel of the reader takes all of it at once.
    link_.held_back();
    link_.wrote(20'000, 20'000, now_);
    written += 20'000;
    acked_ += 20'000;
    const auto lag = static_cast<std::uint64_t>(report_age / 20ms) * 20'000;
    if (written > lag) {
      ASSERT_TRUE(link_.reported(written - lag, now_ + 1ms));
    }
    now_ += 20ms;
    look(0);
    sample(kLan);
  };
  for (int i = 0; i < 500 && !link_.cap().off(); ++i) step(0ms);
  ASSERT_TRUE(link_.cap().off()) << "a reader that keeps up";
  EXPECT_TRUE(link_.may_send_video());
  link_.drained();
  ASSERT_FALSE(link_.congested());
  for (int i = 0; i < 50; ++i) {
    // Later and later, until it is half a second behind.
    step(std::min<Duration>(20ms * i, 500ms));
  }
  EXPECT_FALSE(link_.cap().off());
  EXPECT_TRUE(link_.congested());
  EXPECT_GT(link_.queueing_delay(), 300ms);
  EXPECT_FALSE(link_.may_send_video()) << "half a second is on its way already";
}

// Receivers that do not report.

TEST_F(LinkControllerReaderTest,
       TheWindowOfADistantReceiverThatDoesNotReportIsSeenFiveTimesASecond) {
  open();
  EXPECT_TRUE(link_.needs_sample(now_ + 200ms));
  link_.wrote(1000, 1000, now_);
  ASSERT_TRUE(link_.reported(1000, now_));
  EXPECT_FALSE(link_.needs_sample(now_ + 999ms));
}

TEST_F(LinkControllerReaderTest, AFirstFlightThatArrivedAtOnceLetsTheSecondBeLarge) {
  open();
  const std::uint64_t first = link_.probe(now_);
  link_.wrote(InFlightCap::kStart, InFlightCap::kStart, now_);
  look(InFlightCap::kStart);
  ASSERT_FALSE(link_.may_send_video());
  link_.held_back();
  ASSERT_TRUE(link_.wants_probe(now_));
  const std::uint64_t second = link_.probe(now_);
  link_.answered(first, now_ + kFar);
  link_.answered(second, now_ + kFar + 5ms);
  EXPECT_EQ(link_.cap().bytes(), InFlightCap::kSecondFlight);
}

TEST_F(LinkControllerReaderTest, WhoseKernelHoldsMuchIsAskedAndWhoAnswersLateIsCongested) {
  open(kLan);
  const std::uint64_t of_the_empty_way = link_.probe(now_);
  link_.wrote(6000, 6000, now_);
  link_.answered(of_the_empty_way, now_ + 1ms);
  link_.held_back();
  link_.answered(link_.probe(now_), now_ + 1ms);
  link_.wrote(3000, 3000, now_);
  for (int time = 0; time < 15; ++time) {
    if (time < 8) {
      EXPECT_FALSE(link_.wants_probe(now_)) << "a keyframe is over in a moment";
    }
    now_ += 20ms;
    link_.held_back();
    look(link_.cap().bytes());
    sample(kLan);
  }
  look(link_.cap().bytes());
  EXPECT_TRUE(link_.wants_probe(now_));
  std::uint64_t pings[2];
  for (std::uint64_t& ping : pings) {
    ping = link_.probe(now_);
    link_.wrote(1000, 1000, now_);
  }
  look(0);
  for (const std::uint64_t ping : pings) link_.answered(ping, now_ + 300ms);
  EXPECT_TRUE(link_.congested());
  EXPECT_GT(link_.queueing_delay(), 200ms);
}

TEST_F(LinkControllerReaderTest, AWindowThatStaysSmallHasAKeptUpReceiverAskedAgain) {
  const auto sample_window = [&](std::size_t window) {
    now_ += 200ms;
    look(0);
    link_.sampled({.round_trip = kFar,
                   .min_round_trip = kFar,
                   .bytes_acked = acked_ += 100,
                   .receive_window = window},
                  now_);
    link_.wrote(100, 100, now_);
    link_.drained();
  };
  open();
  link_.drained();
  for (int ping = 0; ping < 2; ++ping) {
    const std::uint64_t id = link_.probe(now_);
    sample_window(65'536);
    link_.answered(id, now_);
  }
  for (int time = 0; time < 20; ++time) sample_window(65'536);
  EXPECT_FALSE(link_.wants_probe(now_));
  EXPECT_GT(link_.headroom().bytes, 0U);
  sample_window(40'000);
  EXPECT_TRUE(link_.wants_probe(now_));
  EXPECT_EQ(link_.headroom().bytes, 0U);
}

TEST_F(LinkControllerReaderTest, WhoAnswersNothingIsNotHeldBackForEver) {
  open();
  for (int time = 0; time < 40; ++time) {
    if (link_.wants_probe(now_)) link_.probe(now_);
    link_.wrote(1000, 1000, now_);
    now_ += 100ms;
    look(0);
    link_.drained();
  }
  EXPECT_LE(link_.in_flight_bytes(), 1000U);
}

// A sender that is late itself, or most of whose receivers are late at once.

TEST_F(LinkControllerReaderTest, AStrainedSenderBelievesNothingOfAShortWay) {
  open(kLan);
  link_.wrote(3000, 3000, now_);
  ASSERT_TRUE(link_.reported(1000, now_ + 1ms));
  for (int time = 0; time < 3; ++time) {
    link_.wrote(3000, 3000, now_);
    ASSERT_TRUE(link_.reported(3000U * static_cast<unsigned>(time + 1), now_ += 200ms));
  }
  ASSERT_TRUE(link_.congested());
  ASSERT_GT(link_.queueing_delay(), 100ms);
  link_.strained(true);
  EXPECT_EQ(link_.queueing_delay(), 0ms);
  look(0);
  EXPECT_EQ(link_.in_flight_bytes(), 0U) << "what is not reported is not waited for";
  EXPECT_GE(link_.estimate().chunk_bytes, 4096U) << "few large writes";
  link_.drained();
  EXPECT_FALSE(link_.congested());
  link_.strained(false);
  EXPECT_GT(link_.queueing_delay(), 100ms) << "until it is over";
}

TEST_F(LinkControllerReaderTest, AStrainedSenderStillBelievesWhatALongWayShows) {
  open(kFar);
  link_.strained(true);
  link_.wrote(8000, 8000, now_);
  look(8000);
  sample(kFar, 200ms);
  EXPECT_GT(link_.queueing_delay(), 100ms);
}

TEST_F(LinkControllerReaderTest, AReaderThatWasSlowBeforeIsSteeredUnderStrainToo) {
  open(kLan);
  link_.wrote(3000, 3000, now_);
  ASSERT_TRUE(link_.reported(1000, now_));
  for (int time = 0; time < 40; ++time) {
    now_ += 20ms;
    link_.held_back();
    look(0);
    sample(kLan);
  }
  link_.strained(true);
  EXPECT_EQ(link_.in_flight_bytes(), 2000U) << "unread";
  now_ += 11s;
  look(0);
  EXPECT_EQ(link_.in_flight_bytes(), 0U) << "that was long ago";
}

TEST_F(LinkControllerReaderTest, WhoIsManyLooksMoreRarely) {
  EXPECT_EQ(LinkController::next_look(now_, 8) - now_,
            8 * (LinkController::next_look(now_) - now_));
}

}  // namespace
}  // namespace sluice::media
