#include "client/flight/flight_story.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "client/flight/flight_text.h"

namespace sluice::client {
namespace {

using media::LeftOut;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;

/// A log of 10 s with a camera of 25 pictures a second that all go at once, to be made worse.
class FlightStoryTest : public testing::Test {
 protected:
  FlightStoryTest() {
    log_.session = "17";
    log_.length_ms = 10'000;
    log_.tracks.push_back(
        {.handle = 3, .source = "camera", .video = true, .latency_budget_ms = 400});
    for (std::uint32_t number = 0; number < 250; ++number) {
      camera().offered.push_back({.at_ms = number * 40.0,
                                  .number = number,
                                  .layer = number % 2,
                                  .bytes = 2000,
                                  .keyframe = number == 0,
                                  .needs = {}});
    }
  }
  FlightLog::Track& camera() { return log_.tracks.front(); }
  void leave_out(std::uint32_t number, LeftOut reason) {
    camera().fates.push_back({.at_ms = camera().offered[number].at_ms + 30,
                              .deed = FlightLog::Deed::kLeftOut,
                              .number = number,
                              .reason = reason,
                              .to_deadline_ms = 370,
                              .queued_bytes = 9000});
  }
  void congest(double from_ms, double to_ms, double bits_per_second) {
    for (double at_ms = from_ms; at_ms <= to_ms; at_ms += 50) {
      acked_ += static_cast<std::uint32_t>(bits_per_second / 8 * 0.050);
      log_.sockets.push_back({.at_ms = at_ms, .acked_bytes = acked_, .min_round_trip_ms = 40});
      log_.links.push_back({.at_ms = at_ms,
                            .bits_per_second = static_cast<std::uint64_t>(bits_per_second),
                            .queueing_delay_ms = 120,
                            .congested = at_ms < to_ms});
    }
  }

  FlightLog log_;
  std::uint32_t acked_ = 0xffff'0000;  // wraps meanwhile
};

TEST_F(FlightStoryTest, SaysOfWhoIsSubscribedToNothingThatNothingWasSent) {
  log_.tracks.clear();
  const FlightStory story = tell(log_);
  EXPECT_THAT(summary_text(story), AllOf(HasSubstr("subscribed to nothing"),
                                         Not(HasSubstr("came at")), Not(HasSubstr("lost"))));
}

TEST_F(FlightStoryTest, SaysThatAllWentAtOnceWhenNothingIsRecorded) {
  const FlightStory story = tell(log_);
  ASSERT_THAT(story.tracks, SizeIs(1));
  EXPECT_EQ(story.tracks[0].tally.at_once, 250U);
  EXPECT_THAT(story.tracks[0].freezes, SizeIs(0));
  EXPECT_THAT(summary_text(story), HasSubstr("took everything at once"));
  EXPECT_THAT(timeline_text(story), HasSubstr("0-10: everything at once"));
}

TEST_F(FlightStoryTest, TellsRateReasonsAndTheFreezeOfACongestion) {
  congest(2000, 4000, 300'000);
  for (std::uint32_t number = 50; number < 60; number += 2)
    leave_out(number + 1, LeftOut::kThinned);
  for (std::uint32_t number = 60; number < 70; ++number) {
    leave_out(number, number == 60 ? LeftOut::kExpired : LeftOut::kOrphaned);
  }
  camera().offered[70].keyframe = true;
  camera().offered[70].bytes = 12'000;
  camera().fates.push_back(
      {.at_ms = 2800 + 320, .deed = FlightLog::Deed::kSent, .number = 70, .waited_ms = 320});
  const FlightStory story = tell(log_);
  ASSERT_THAT(story.congestions, SizeIs(1));
  EXPECT_NEAR(*story.congestions[0].delivered_bps, 300'000, 10'000);
  EXPECT_NEAR(story.congestions[0].offered_bps, 440'000, 1);  // the keyframe too
  const TrackStory& track = story.tracks[0];
  EXPECT_EQ(track.tally.left_out[static_cast<std::size_t>(LeftOut::kThinned)], 5U);
  EXPECT_EQ(track.tally.left_out[static_cast<std::size_t>(LeftOut::kExpired)], 1U);
  EXPECT_EQ(track.tally.left_out[static_cast<std::size_t>(LeftOut::kOrphaned)], 9U);
  EXPECT_EQ(track.tally.later, 1U);
  EXPECT_EQ(track.tally.at_once, 234U);
  // Pictures 58 and 71 went; 70 only after 71, as later ones do not wait in this story.
  ASSERT_THAT(track.freezes, SizeIs(1));
  EXPECT_EQ(track.freezes[0].from_ms, 58 * 40);
  EXPECT_EQ(track.freezes[0].to_ms, 71 * 40);
  EXPECT_THAT(summary_text(story),
              AllOf(HasSubstr("2.0-4.0 s: the link delivered 300 kbit/s of 440 offered"),
                    HasSubstr("5 thinned, 1 expired, 9 orphaned"),
                    HasSubstr("camera 3 stood still for 0.5 s, because the base layer could not")));
  EXPECT_THAT(timeline_text(story),
              AllOf(HasSubstr("0-2: everything at once"), HasSubstr("4-10: everything at once")));
}

TEST_F(FlightStoryTest, GivesTheWholeReasoningOfOneFrame) {
  congest(2000, 4000, 300'000);
  leave_out(60, LeftOut::kExpired);
  leave_out(61, LeftOut::kOrphaned);
  camera().offered[61].needs = {60};
  const FlightStory story = tell(log_);
  const std::string text = frame_text(story, 61, std::nullopt);
  EXPECT_THAT(text, AllOf(HasSubstr("camera 3, frame 61"), HasSubstr("as orphaned"),
                          HasSubstr("370 ms were left until its deadline"),
                          HasSubstr("9000 bytes of the track waited, which take 240 ms"),
                          HasSubstr("Frame 60, which it needs, was left out as expired")));
  EXPECT_THAT(frame_text(story, 60, 3),
              AllOf(HasSubstr("as expired"), HasSubstr("still have taken about 140 ms")));
  EXPECT_THAT(frame_text(story, 61, 4), testing::IsEmpty());
  EXPECT_THAT(frame_text(story, 5000, std::nullopt), testing::IsEmpty());
  EXPECT_THAT(moment_text(story, 62 * 40 + 1), HasSubstr("frame 62"));
}

TEST_F(FlightStoryTest, KnowsWhichEncodingWasShownBeforeAndAfterAChange) {
  for (std::uint32_t number = 0; number < 250; ++number) {
    FlightLog::Offered larger = camera().offered[number];
    larger.encoding = 1;
    larger.keyframe = number == 100;
    camera().offered.push_back(larger);
  }
  std::ranges::sort(camera().offered, {}, [](const FlightLog::Offered& frame) {
    return std::pair{frame.at_ms, frame.encoding};
  });
  camera().shown_encoding = camera().largest_encoding = 1;
  camera().encoding_changes = {
      {.at_ms = 3000, .step = media::EncodingStep::kTry, .from = 0, .to = 1},
      {.at_ms = 4100, .step = media::EncodingStep::kCommit, .from = 0, .to = 1}};
  const FlightStory story = tell(log_);
  std::size_t small = 0;
  std::size_t large = 0;
  for (const FrameStory& frame : story.tracks[0].frames) {
    if (frame.end != FrameEnd::kAtOnce) continue;
    ++(frame.offered->encoding == 0 ? small : large);
    EXPECT_EQ(frame.offered->encoding, frame.offered->at_ms < 4100 ? 0U : 1U);
  }
  EXPECT_EQ(small + large, 250U);
  EXPECT_GT(small, 0U);
  EXPECT_GT(large, 0U);
}

TEST_F(FlightStoryTest, CallsNoFreezeWhatNobodySentOrWanted) {
  // Dark from 2 s to 4 s, hidden from 6 s to 8 s.
  std::erase_if(camera().offered, [](const FlightLog::Offered& frame) {
    return frame.at_ms > 2000 && frame.at_ms < 4000;
  });
  camera().subscription_changes = {{.at_ms = 6000, .was_hidden = false, .hidden = true},
                                   {.at_ms = 8000, .was_hidden = true, .hidden = false}};
  const FlightStory story = tell(log_);
  EXPECT_THAT(story.tracks[0].freezes, SizeIs(0));
  EXPECT_LT(story.tracks[0].tally.at_once, 160U);
  EXPECT_THAT(timeline_text(story), HasSubstr("6.00  camera 3: hidden by the participant"));
}

TEST_F(FlightStoryTest, AFreezeInAnOutageIsTheOutages) {
  congest(2000, 4000, 300'000);
  for (FlightLog::Link& link : log_.links) link.outage = link.at_ms > 2500 && link.at_ms < 3000;
  for (std::uint32_t number = 62; number < 80; ++number) leave_out(number, LeftOut::kExpired);
  const FlightStory story = tell(log_);
  ASSERT_THAT(story.tracks[0].freezes, SizeIs(1));
  EXPECT_THAT(story.tracks[0].freezes[0].because, HasSubstr("outage"));
}

TEST_F(FlightStoryTest, TellsProgramsTheSame) {
  congest(2000, 4000, 300'000);
  leave_out(61, LeftOut::kThinned);
  const auto json = story_json(tell(log_));
  EXPECT_EQ(json["session"], "17");
  EXPECT_EQ(json["tracks"][0]["frames"]["left_out"]["thinned"], 1);
  EXPECT_EQ(json["tracks"][0]["frames"]["at_once"], 249);
  EXPECT_EQ(json["congestions"].size(), 1U);
  EXPECT_THAT(json.dump(), Not(HasSubstr("null")));
}

}  // namespace
}  // namespace sluice::client
