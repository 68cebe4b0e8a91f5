#include <gtest/gtest.h>

#include <algorithm>

#include "tests/media/link_controller_fixture.h"

namespace sluice::media {
namespace {

using namespace std::chrono_literals;

class LinkControllerTest : public LinkControllerFixture {};

// What is asked of the kernel.

TEST_F(LinkControllerTest, LooksAndSamplesBeforeTheFirstWrite) {
  EXPECT_TRUE(link_.needs_look(now_));
  EXPECT_TRUE(link_.needs_sample(now_));
  open();
  EXPECT_FALSE(link_.needs_look(now_));
  EXPECT_FALSE(link_.needs_sample(now_));
}

TEST_F(LinkControllerTest, AnUnloadedLinkIsLookedAtWhenHalfOfTheCapMayBeOnItsWay) {
  open();
  link_.wrote(link_.cap().bytes() / 2 - 1, 0, now_);
  EXPECT_FALSE(link_.needs_look(now_));
  link_.wrote(1, 0, now_);
  EXPECT_TRUE(link_.needs_look(now_));
  look(0);
  EXPECT_FALSE(link_.needs_look(now_));
}

TEST_F(LinkControllerTest, AnUnloadedLinkIsLookedAtNowAndThenAndRarelyOnALan) {
  open();
  EXPECT_FALSE(link_.needs_look(now_ + LinkController::kBlindTime - 1us));
  EXPECT_TRUE(link_.needs_look(now_ + LinkController::kBlindTime));
  sample(kLan);
  EXPECT_FALSE(link_.needs_look(now_ + LinkController::kBlindTimeOnLan - 1us));
  EXPECT_TRUE(link_.needs_look(now_ + LinkController::kBlindTimeOnLan));
}

TEST_F(LinkControllerTest, ALanThatTakesAllIsTrustedWithTwiceAsMuchAtEachLook) {
  open(kLan);
  std::size_t trusted = link_.cap().bytes();  // and the first look is at half of it
  link_.wrote(trusted / 2, 0, now_);
  while (trusted < LinkController::kTrustMost) {
    ASSERT_TRUE(link_.needs_look(now_));
    look(0);
    link_.wrote(std::min(trusted, LinkController::kTrustMost), 0, now_);
    EXPECT_FALSE(link_.needs_look(now_));
    EXPECT_TRUE(link_.may_send_video());
    link_.wrote(1, 0, now_);
    EXPECT_TRUE(link_.needs_look(now_)) << "after " << trusted;
    trusted = 2 * (trusted + 1);
  }
  look(0);
  link_.wrote(LinkController::kTrustMost + 1, 0, now_);
  EXPECT_TRUE(link_.needs_look(now_)) << "no more than that";
  now_ += 1ms;
  look(InFlightCap::kSegmentBytes + 1);
  link_.wrote(link_.cap().bytes() / 2, 0, now_);
  EXPECT_TRUE(link_.needs_look(now_)) << "something was not acknowledged";
}

TEST_F(LinkControllerTest, ALookAmidAKeyframeHoldsNothingBackOnATrustedLan) {
  constexpr std::size_t kPart = 16 * 1024;
  open(kLan);
  link_.wrote(LinkController::kTrustMost / 2, 0, now_);
  now_ += 1ms;
  look(0);
  link_.wrote(LinkController::kTrustMost, 0, now_);
  now_ += 1ms;
  link_.wrote(kPart, 0, now_);
  ASSERT_GT(kPart, link_.cap().bytes());
  ASSERT_TRUE(link_.needs_look(now_)) << "more than is trusted";
  look(kPart);
  EXPECT_TRUE(link_.may_send_video()) << "it only just went";
  link_.wrote(kPart, 0, now_);
  EXPECT_FALSE(link_.needs_look(now_));
  EXPECT_TRUE(link_.may_send_video());
  now_ += 1ms;
  look(2 * kPart);
  EXPECT_FALSE(link_.may_send_video()) << "and was not acknowledged";
}

TEST_F(LinkControllerTest, ALookAmidAKeyframeTellsAllOfACongestedLan) {
  constexpr std::size_t kPart = 16 * 1024;
  open(kLan);
  link_.wrote(LinkController::kTrustMost / 2, 0, now_);
  now_ += 1ms;
  look(0);
  link_.blocked();
  link_.wrote(kPart, 0, now_);
  look(kPart);
  EXPECT_FALSE(link_.may_send_video());
}

TEST_F(LinkControllerTest, AFarLinkIsNotTrusted) {
  open(kFar);
  for (int time = 0; time < 5; ++time) {
    look(0);
    link_.wrote(link_.cap().bytes() / 2, 0, now_);
    EXPECT_TRUE(link_.needs_look(now_));
  }
}

TEST_F(LinkControllerTest, ThereIsHeadroomAsLongAsNothingWouldHaveBeenAskedOrHeldBack) {
  EXPECT_EQ(link_.headroom().bytes, 0U) << "nothing is known";
  open();
  look(0);
  const std::size_t cap = link_.cap().bytes();
  EXPECT_EQ(link_.headroom().bytes, cap / 2);
  EXPECT_EQ(link_.headroom().frame_bytes, cap);
  EXPECT_EQ(link_.headroom().until, now_ + LinkController::kBlindTime);
  link_.wrote(1000, 0, now_);
  EXPECT_EQ(link_.headroom().bytes, cap / 2 - 1000);
  link_.wrote(cap / 2 - 1000, 0, now_);
  EXPECT_EQ(link_.headroom().bytes, 0U) << "a look is needed";
  look(0);
  link_.held_back();
  EXPECT_EQ(link_.headroom().bytes, 0U) << "congested";
}

TEST_F(LinkControllerTest, ThereIsNoHeadroomBeforeItIsKnownWhetherTheReceiverReports) {
  open();
  link_.wrote(1000, 1000, now_);
  EXPECT_EQ(link_.headroom().bytes, 0U);
  now_ += 50ms;
  ASSERT_TRUE(link_.reported(1000, now_));
  EXPECT_GT(link_.headroom().bytes, 0U);
}

TEST_F(LinkControllerTest, ASegmentThatThePeerMayYetAcknowledgeIsNoQueue) {
  open();
  look(InFlightCap::kSegmentBytes);
  sample(kFar, 100ms);
  EXPECT_EQ(link_.queueing_delay(), 0ms) << "the peer may wait with its acknowledgement";
  look(InFlightCap::kSegmentBytes + 1);
  EXPECT_EQ(link_.queueing_delay(), 80ms) << "less what two segments may take, unknown yet";
}

TEST_F(LinkControllerTest, WhatTheLinkTakesForTwoSegmentsIsNoQueue) {
  open();
  // 600 kbit/s: chunks of 1200 bytes take 16 ms, and with their headers 16.8.
  keep_busy(75'000, 2s);
  look(8000);
  sample(kFar, 50ms);
  EXPECT_NEAR(static_cast<double>(link_.queueing_delay().count()), 16'400, 500);
}

TEST_F(LinkControllerTest, WhoIsHeldBackToLittleOnTheWaySendsTheSecondSegmentLate) {
  constexpr Duration kSatellite = 600ms;
  open(kSatellite);
  keep_busy(250'000, 1300ms, kSatellite);  // of which the estimate is: a segment takes 5 ms
  look(6000);
  sample(kSatellite, 39ms);
  EXPECT_EQ(link_.queueing_delay(), 0ms) << "6 kB in 600 ms: one segment each 120 ms";
  look(150'000);
  EXPECT_GT(link_.queueing_delay(), 20ms);
}

/// Segments that are written each 10 ms, and acknowledged so much later; looked at each 10 ms.
class LinkControllerOnAQueueTest : public LinkControllerFixture {
 protected:
  static constexpr std::size_t kSegment = InFlightCap::kSegmentBytes;

  void send(Duration delay, Duration span, std::uint32_t retransmitted = 0) {
    for (const Time end = now_ + span; now_ < end;) {
      now_ += 10ms;
      const auto on_its_way = kSegment * static_cast<std::size_t>(delay / Duration{10ms});
      look(on_its_way);
      link_.sampled(
          {.round_trip = kFar, .min_round_trip = kFar, .retransmitted_segments = retransmitted},
          now_);
      link_.wrote(kSegment, 0, now_);
    }
  }
};

TEST_F(LinkControllerOnAQueueTest, SeesItInWhatWasAcknowledgedThoughTheKernelsSmoothedOneDoesNot) {
  open();
  send(40ms, 500ms);
  EXPECT_EQ(link_.queueing_delay(), 0ms);
  send(140ms, 200ms);
  // Up to 10 ms are between two looks, and 10 may be the segment's own.
  EXPECT_GE(link_.queueing_delay(), 80ms);
  EXPECT_LE(link_.queueing_delay(), 100ms);
}

TEST_F(LinkControllerOnAQueueTest, BelievesTheKernelWhileSomethingIsRepeated) {
  open();
  send(140ms, 500ms);
  ASSERT_GT(link_.queueing_delay(), 0ms);
  send(140ms, 10ms, 1);
  EXPECT_EQ(link_.queueing_delay(), 0ms) << "what was written before waited for the repetition";
  send(140ms, 300ms, 1);
  EXPECT_GT(link_.queueing_delay(), 0ms);
}

TEST_F(LinkControllerTest, BytesWrittenWithoutALookAreOnTheirWay) {
  open();
  look(1000);
  link_.wrote(500, 0, now_);
  EXPECT_EQ(link_.in_flight_bytes(), 1500U);
  look(700);
  EXPECT_EQ(link_.in_flight_bytes(), 700U);
}

TEST_F(LinkControllerTest,
       AnUnloadedLinkIsSampledOnceASecondAndACongestedOneEachTwentyMilliseconds) {
  open(kLan);
  EXPECT_FALSE(link_.needs_sample(now_ + 999ms));
  EXPECT_TRUE(link_.needs_sample(now_ + 1s));
  link_.held_back();
  EXPECT_FALSE(link_.needs_sample(now_ + 19ms));
  EXPECT_TRUE(link_.needs_sample(now_ + 20ms));
}

TEST_F(LinkControllerTest, ACongestedLinkIsLookedAtBeforeEachWrite) {
  for (const bool by_kernel : {false, true}) {
    LinkController link;
    link.looked({}, now_);
    link.sampled({.round_trip = kFar, .min_round_trip = kFar}, now_);
    by_kernel ? link.blocked() : link.held_back();
    EXPECT_TRUE(link.congested());
    EXPECT_TRUE(link.needs_look(now_));
    link.looked({.outstanding_bytes = 5000}, now_);
    EXPECT_TRUE(link.needs_look(now_));
  }
}

TEST_F(LinkControllerTest, WhenNothingMoreWaitsAndThereIsRoomTheLookingStops) {
  open();
  link_.held_back();
  look(1000);
  link_.drained();
  EXPECT_FALSE(link_.congested());
  EXPECT_FALSE(link_.needs_look(now_));
}

TEST_F(LinkControllerTest, WhenNothingMoreWaitsButTheWayIsFullTheLookingGoesOn) {
  open();
  link_.held_back();
  look(link_.cap().bytes());
  link_.drained();
  EXPECT_TRUE(link_.congested());
  look(1000, 1);
  link_.drained();
  EXPECT_TRUE(link_.congested()) << "something lies unsent";
  look(3000);
  sample(kFar, 100ms);
  link_.drained();
  EXPECT_TRUE(link_.congested()) << "a queue stands on the way";
}

TEST_F(LinkControllerTest, WhileSomethingIsHeldBackItLooksAgainSoon) {
  EXPECT_GT(LinkController::next_look(now_), now_);
  EXPECT_LE(LinkController::next_look(now_), now_ + 10ms);
}

// What may be written.

TEST_F(LinkControllerTest, AnUnloadedLinkTakesAll) {
  open();
  EXPECT_TRUE(link_.may_send_video());
  EXPECT_TRUE(link_.may_send_audio());
}

TEST_F(LinkControllerTest, VideoWaitsWhileMoreThanASegmentIsUnsentAndAudioForTwoMore) {
  open();
  look(2000, 1201);
  EXPECT_TRUE(link_.congested());
  EXPECT_FALSE(link_.may_send_video());
  EXPECT_TRUE(link_.may_send_audio());
  look(4000, 3001);
  EXPECT_FALSE(link_.may_send_audio());
  look(1000, 1200);
  EXPECT_TRUE(link_.may_send_video());
}

TEST_F(LinkControllerTest, VideoWaitsAtTheCapAndAudioAQuarterAbove) {
  open();
  const std::size_t cap = link_.cap().bytes();
  look(cap - 1);
  EXPECT_TRUE(link_.may_send_video());
  look(cap);
  EXPECT_FALSE(link_.may_send_video());
  EXPECT_TRUE(link_.may_send_audio());
  look(link_.cap().bytes_for_audio());
  EXPECT_FALSE(link_.may_send_audio());
}

TEST_F(LinkControllerTest, OnASlowLinkNothingLiesUnsentBeforeVideo) {
  open();
  keep_busy(50'000, 1s);
  look(1000, 1);
  EXPECT_FALSE(link_.may_send_video());
  EXPECT_TRUE(link_.may_send_audio());
  look(1000, 1201);
  EXPECT_FALSE(link_.may_send_audio());
  look(1000, 0);
  EXPECT_TRUE(link_.may_send_video());
}

// The estimate.

TEST_F(LinkControllerTest, KnowsNoRateBeforeTheLinkWasBusy) {
  open();
  EXPECT_FALSE(link_.estimate().bytes_per_second.has_value());
  for (int i = 0; i < 100; ++i) {
    now_ += 20ms;
    acked_ += 500;
    look(0);
    sample();
    link_.drained();
  }
  EXPECT_FALSE(link_.estimate().bytes_per_second.has_value()) << "a pause shows no capacity";
}

TEST_F(LinkControllerTest, KnowsTheRateOfALinkThatWasBusy) {
  open();
  keep_busy(100'000, 2s);
  EXPECT_NEAR(link_.estimate().bytes_per_second.value_or(0), 100'000, 2000);
  EXPECT_EQ(link_.estimate().one_way_delay, kFar / 2);
}

TEST_F(LinkControllerTest, ChunksAreLargeOnAFreeLinkAndTwentyMillisecondsOnASlowOne) {
  open(kLan);
  keep_busy(10'000'000, 10s, kLan);
  look(0);
  link_.drained();
  EXPECT_EQ(link_.estimate().chunk_bytes, std::size_t{16} * 1024);
  keep_busy(50'000, 3s, kLan);
  EXPECT_NEAR(static_cast<double>(link_.estimate().chunk_bytes), 1000, 30);
  keep_busy(10'000, 3s, kLan);
  EXPECT_EQ(link_.estimate().chunk_bytes, 480U) << "a chunk is never a header with crumbs";
}

TEST_F(LinkControllerTest, OneChunkDoesNotStepOverTheCap) {
  open();
  const std::size_t cap = link_.cap().bytes();
  look(cap - 3000);
  EXPECT_LE(link_.estimate().chunk_bytes, 3000U);
  look(cap + 5000);
  EXPECT_EQ(link_.estimate().chunk_bytes, 1200U);
}

// Nothing comes through.

TEST_F(LinkControllerTest, NothingAcknowledgedForLongIsAnOutageUntilSomethingIs) {
  open();
  link_.blocked();
  look(10'000);
  const Time begun = now_;
  for (; now_ <= begun + 400ms; now_ += 5ms) {
    look(10'000);
    ASSERT_FALSE(link_.outage(now_)) << (now_ - begun).count();
  }
  look(10'000);
  EXPECT_TRUE(link_.outage(now_));
  look(9'000);
  EXPECT_FALSE(link_.outage(now_));
}

TEST_F(LinkControllerTest, OnALongWayAnOutageIsSeenLater) {
  open(300ms);
  link_.blocked();
  look(10'000);
  look(10'000);
  EXPECT_FALSE(link_.outage(now_ + 1200ms));
  EXPECT_TRUE(link_.outage(now_ + 1201ms));
}

TEST_F(LinkControllerTest, ALinkOnWhichNothingIsOnItsWayHasNoOutage) {
  open();
  look(0);
  EXPECT_FALSE(link_.outage(now_ + 1h));
}

TEST_F(LinkControllerTest, TheWaitForAnOutagesEndIsNoQueue) {
  open();
  link_.blocked();
  const std::size_t before = link_.cap().bytes();
  look(10'000);
  for (const Time end = now_ + 3s; now_ < end; now_ += 20ms) look(10'000);
  ASSERT_TRUE(link_.outage(now_));
  acked_ += 4'000;
  look(6'000);
  sample(kFar, 2500ms);
  EXPECT_EQ(link_.queueing_delay(), 0ms);
  EXPECT_GE(link_.cap().bytes(), before);
  now_ += 2s;
  look(6'000);
  sample(kFar, 2500ms);
  EXPECT_GT(link_.queueing_delay(), 2s) << "what is seen so much later is one";
}

}  // namespace
}  // namespace sluice::media
