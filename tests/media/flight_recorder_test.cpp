#include "media/flight_recorder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "media/egress.h"
#include "tests/media/hand_made_frame.h"

namespace sluice::media {
namespace {

using namespace std::chrono_literals;
using testing::IsEmpty;

constexpr Time kStart{10s};

class FlightRecorderTest : public testing::Test {
 protected:
  FrameRef frame(FrameNumber number, Duration lateness = {}) {
    return hand_made_frame(pool_, HandMade::keyframe(number), recording_.now, lateness);
  }
  template <typename Event>
  std::vector<Event> recorded() const {
    std::vector<Event> events;
    for (const FlightRecord& record : recorder_.records()) {
      if (const auto* event = std::get_if<Event>(&record.event)) events.push_back(*event);
    }
    return events;
  }

  FramePool pool_{1 << 24};
  FlightRecording recording_{.now = kStart};
  FlightRecorder recorder_{recording_};
};

TEST_F(FlightRecorderTest, SaysNothingOfWhatGoesAtOnce) {
  const FrameRef whole = frame(1);
  recording_.now += FlightRecorder::kAtOnce - 1us;
  recorder_.departed(*whole, 0, true);
  EXPECT_THAT(recorder_.records(), IsEmpty());
  EXPECT_EQ(recording_.bytes, 0U);
}

TEST_F(FlightRecorderTest, TellsHowLongAFrameWaited) {
  const FrameRef late = frame(1);
  recording_.now += 30ms;
  recorder_.departed(*late, 0, true);
  const FrameRef long_one = frame(2);
  recording_.now += 5ms;
  recorder_.departed(*long_one, 0, false);
  recorder_.departed(*long_one, 400, false);
  recording_.now += 7ms;
  recorder_.departed(*long_one, 800, true);
  const auto sent = recorded<FrameSent>();
  ASSERT_EQ(sent.size(), 2U);
  EXPECT_EQ(sent[0].frame.number, 1U);
  EXPECT_EQ(sent[0].waited_us, 30'000U);
  EXPECT_EQ(sent[1].waited_us, 12'000U);
  const auto begun = recorded<FrameBegun>();
  ASSERT_EQ(begun.size(), 1U);
  EXPECT_EQ(begun[0].frame.number, 2U);
  EXPECT_EQ(begun[0].waited_us, 5'000U);
}

TEST_F(FlightRecorderTest, NotesTheLinkNowAndThenAndTheEndOfACongestionAlways) {
  for (int look = 0; look < 100; ++look) {
    recorder_.link({}, {.congested = true});
    recording_.now += 5ms;
  }
  EXPECT_EQ(recorded<LinkBelief>().size(), 10U);
  EXPECT_TRUE(recorder_.link_congested());
  recording_.now -= 4ms;
  recorder_.link({}, {.congested = false});
  EXPECT_EQ(recorded<LinkBelief>().size(), 11U);
  EXPECT_FALSE(recorder_.link_congested());
}

TEST_F(FlightRecorderTest, GivesItsMemoryBackWhenAllOfItIsOld) {
  recorder_.record(KeyframeAsked{});
  EXPECT_GT(recording_.bytes, 0U);
  recording_.now += recording_.kept;
  recorder_.release_stale();
  EXPECT_GT(recording_.bytes, 0U);
  recording_.now += 1us;
  recorder_.release_stale();
  EXPECT_EQ(recording_.bytes, 0U);
  EXPECT_EQ(recorder_.newest(), Time::min());
}

TEST_F(FlightRecorderTest, RecordsNothingWhenItIsOff) {
  FlightRecording off{.kept = 0s, .now = kStart};
  FlightRecorder recorder{off};
  OfferedFrames offered{off, MediaKind::kVideo, 3};
  recorder.record(KeyframeAsked{});
  recorder.link({}, {.congested = true});
  offered.note(*frame(1));
  EXPECT_EQ(off.bytes, 0U);
  EXPECT_FALSE(recorder.on());
}

// The worked example of the header.
TEST_F(FlightRecorderTest, HoldsAMinuteOfACongestedSessionOfFiveTracks) {
  for (Duration time{}; time < 60s; time += 5ms) {
    recording_.now = kStart + time;
    recorder_.record(ReportSeen{});
  }
  EXPECT_EQ(recorder_.size(), 12'000U);
  EXPECT_FALSE(recorder_.overwritten());
  EXPECT_EQ(recording_.bytes, 384'000U);
  recorder_.record(ReportSeen{});
  EXPECT_TRUE(recorder_.overwritten());
  EXPECT_EQ(recording_.bytes, 384'000U);
}

TEST_F(FlightRecorderTest, KnowsOfEveryFrameThatTheCountersCount) {
  Egress egress{{}};
  egress.record_to(recorder_);
  ASSERT_TRUE(egress.subscribe(TrackHandle{0}, {.latency_budget = 400ms}));
  ASSERT_TRUE(
      egress.subscribe(TrackHandle{2}, {.kind = MediaKind::kAudio, .latency_budget = 200ms}));
  const LinkEstimate slow{.bytes_per_second = 20'000, .congested = true, .chunk_bytes = 1200};
  for (FrameNumber number = 0; number < 200; ++number) {
    recording_.now += 33ms;
    FrameDescription picture = number == 0 ? HandMade::keyframe(number, 3000)
                                           : HandMade::delta(number, {number - 1}, 0, 3000);
    egress.push(hand_made_frame(pool_, picture, recording_.now));
    FrameDescription sound{.track = TrackHandle{2}, .number = number, .length = 80};
    egress.push(hand_made_frame(pool_, sound, recording_.now, 180ms, MediaKind::kAudio));
    if (number % 3 == 0) {
      recording_.now += 15ms;
      std::ignore = egress.next(recording_.now, slow, true);
      std::ignore = egress.next(recording_.now, slow, true);
    }
  }
  EgressCounters known;
  for (const FrameLeftOut& each : recorded<FrameLeftOut>()) {
    known.leave_out(each.frame.track == TrackHandle{2} ? MediaKind::kAudio : MediaKind::kVideo,
                    each.reason);
    // Sound that has 20 ms when it comes is left out later than that.
    if (each.frame.track == TrackHandle{2}) {
      EXPECT_LT(each.to_deadline_us, 20'000);
    }
  }
  for (const MediaKind kind : {MediaKind::kAudio, MediaKind::kVideo}) {
    EXPECT_EQ(known.of(kind).left_out, egress.counters().of(kind).left_out);
  }
  EXPECT_GT(known.of(MediaKind::kVideo).left_out[static_cast<std::size_t>(LeftOut::kExpired)], 0U);
  EXPECT_GT(known.of(MediaKind::kAudio).left_out[static_cast<std::size_t>(LeftOut::kExpired)], 0U);
}

TEST_F(FlightRecorderTest, RemembersWhatATrackWasOffered) {
  OfferedFrames offered{recording_, MediaKind::kVideo, 1};
  FrameDescription description = HandMade::delta(70, {69, 66}, 2, 1234);
  description.group = 0x12345;
  description.encoding = EncodingId{1};
  description.discardable = true;
  offered.note(*hand_made_frame(pool_, description, kStart, 15ms));
  ASSERT_EQ(offered.frames().size(), 1U);
  const OfferedFrame frame = offered.frames().front();
  EXPECT_EQ(frame.arrival, kStart);
  EXPECT_EQ(frame.number, 70U);
  EXPECT_EQ(frame.length, 1234U);
  EXPECT_EQ(frame.lateness_100us, 150U);
  EXPECT_EQ(frame.group_low, 0x2345U);
  EXPECT_EQ(frame.encoding, EncodingId{1});
  EXPECT_EQ(frame.temporal_layer, 2U);
  EXPECT_FALSE(frame.keyframe);
  EXPECT_TRUE(frame.discardable);
  EXPECT_EQ(frame.dependency_count, 2U);
  EXPECT_EQ(frame.dependency_deltas[0], 1U);
  EXPECT_EQ(frame.dependency_deltas[1], 4U);
  recording_.now += recording_.kept + 1us;
  offered.release_stale();
  EXPECT_THAT(offered.frames(), IsEmpty());
  EXPECT_EQ(recording_.bytes, 0U);
}

}  // namespace
}  // namespace sluice::media
