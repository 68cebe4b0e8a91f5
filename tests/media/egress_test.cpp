#include "media/egress.h"

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/media/hand_made_frame.h"

namespace sluice::media {
namespace {

using namespace std::chrono_literals;

constexpr TrackHandle kCamera{1};
constexpr TrackHandle kScreen{2};
constexpr TrackHandle kVoice{10};
constexpr TrackHandle kOtherVoice{11};

class EgressTest : public testing::Test {
 protected:
  static constexpr std::size_t kChunkBytes = 1200;

  void subscribe_video(TrackHandle track, std::uint8_t priority = 128, bool hidden = false) {
    ASSERT_TRUE(
        egress_.subscribe(track, {.latency_budget = 10s, .priority = priority, .hidden = hidden}));
  }
  void subscribe_audio(TrackHandle track, Duration budget = 200ms) {
    ASSERT_TRUE(egress_.subscribe(track, {.kind = MediaKind::kAudio, .latency_budget = budget}));
  }
  FrameRef frame(TrackHandle track, FrameDescription description) {
    description.track = track;
    return hand_made_frame(pool_, description, now_);
  }
  void push(TrackHandle track, const FrameDescription& description) {
    egress_.push(frame(track, description));
  }
  void push_audio(TrackHandle track, FrameNumber number, Time arrival, std::uint8_t level = 30) {
    egress_.push(hand_made_frame(
        pool_, {.track = track, .number = number, .length = 80, .audio_level = level}, arrival, {},
        MediaKind::kAudio));
  }
  /// The next frame of an endless chain of base frames of this track.
  FrameDescription next_of_chain(TrackHandle track, std::uint32_t bytes) {
    const FrameNumber number = chain_[track]++;
    return number == 0 ? HandMade::keyframe(0, bytes)
                       : HandMade::delta(number, {number - 1}, 0, bytes);
  }
  std::optional<Departure> next(bool may_send_video = true) {
    return egress_.next(now_, {.chunk_bytes = kChunkBytes}, may_send_video);
  }
  /// Sends `messages`; gives the payload bytes of each track.
  std::map<TrackHandle, std::size_t> send(int messages) {
    std::map<TrackHandle, std::size_t> bytes;
    for (; messages > 0; --messages) {
      const auto departure = next();
      if (!departure) break;
      bytes[departure->header.track] += departure->payload.size();
    }
    return bytes;
  }
  [[nodiscard]] std::vector<TrackHandle> tracks_of_next(int messages) {
    std::vector<TrackHandle> tracks;
    for (; messages > 0; --messages) tracks.push_back(next()->header.track);
    return tracks;
  }
  static std::shared_ptr<const std::string> control(std::size_t bytes) {
    return std::make_shared<const std::string>(bytes, 'x');
  }

  using Tracks = std::vector<TrackHandle>;
  FramePool pool_{std::size_t{64} << 20};
  Egress egress_{{.control_bytes_max = 1000, .tracks_max = 4}};
  std::map<TrackHandle, FrameNumber> chain_;
  Time now_{100s};
};

// The tiers.

TEST_F(EgressTest, HasNothingToSendAtFirst) {
  EXPECT_FALSE(next().has_value());
  EXPECT_FALSE(egress_.urgent_waiting());
  EXPECT_FALSE(egress_.video_waiting());
}

/// Speaks on both microphones for ten seconds, over a link that takes a packet each 20 ms; gives
/// how many packets of the last five went out of each.
class TwoVoices : public EgressTest {
 protected:
  std::map<TrackHandle, int> heard(std::uint8_t voice, std::uint8_t other) {
    std::map<TrackHandle, int> heard;
    for (FrameNumber number = 0; number < 500; ++number) {
      push_audio(kVoice, number, now_, voice);
      push_audio(kOtherVoice, number, now_, other);
      const auto departure = next();
      if (departure && number >= 250) ++heard[departure->header.track];
      now_ += 20ms;
    }
    return heard;
  }
};

TEST_F(TwoVoices, TheLouderIsHeardWhereTheLinkCarriesOne) {
  subscribe_audio(kVoice);
  subscribe_audio(kOtherVoice);
  EXPECT_EQ(heard(50, 30), (std::map<TrackHandle, int>{{kOtherVoice, 250}}));
  EXPECT_EQ(heard(30, 50), (std::map<TrackHandle, int>{{kVoice, 250}})) << "and then the other";
}

TEST_F(TwoVoices, OfTwoThatAreAlikeOneIsHeardWell) {
  subscribe_audio(kVoice);
  subscribe_audio(kOtherVoice);
  const auto heard = TwoVoices::heard(30, 30);
  EXPECT_EQ(heard.size(), 1U);
}

TEST_F(EgressTest, ControlGoesBeforeAudioAndAudioBeforeVideo) {
  subscribe_video(kCamera);
  subscribe_audio(kVoice);
  push(kCamera, HandMade::keyframe(0));
  push_audio(kVoice, 0, now_);
  ASSERT_TRUE(egress_.push_control(control(1)));
  ASSERT_TRUE(egress_.push_control(control(2)));
  EXPECT_TRUE(egress_.urgent_waiting());
  EXPECT_EQ(next()->control->size(), 1U);
  EXPECT_EQ(next()->control->size(), 2U);
  const auto voice = next();
  EXPECT_TRUE(voice->is_audio());
  EXPECT_FALSE(voice->is_control());
  EXPECT_FALSE(egress_.urgent_waiting());
  EXPECT_TRUE(egress_.video_waiting());
  EXPECT_EQ(next()->header.track, kCamera);
  EXPECT_FALSE(next().has_value());
}

TEST_F(EgressTest, AudioWaitsForNoMoreThanTheOneChunkBeforeIt) {
  subscribe_video(kCamera);
  subscribe_audio(kVoice);
  push(kCamera, HandMade::keyframe(0, 100'000));
  for (FrameNumber number = 0; number < 20; ++number) {
    EXPECT_LE(next()->payload.size(), kChunkBytes);
    push_audio(kVoice, number, now_);
    EXPECT_TRUE(next()->is_audio());
  }
}

TEST_F(EgressTest, WhileVideoMayNotGoOnlyAudioAndControlGo) {
  subscribe_video(kCamera);
  subscribe_audio(kVoice);
  push(kCamera, HandMade::keyframe(0));
  push_audio(kVoice, 0, now_);
  ASSERT_TRUE(egress_.push_control(control(1)));
  EXPECT_TRUE(next(false)->is_control());
  EXPECT_TRUE(next(false)->is_audio());
  EXPECT_FALSE(next(false).has_value());
  EXPECT_EQ(egress_.video_bytes_waiting(), 1000U);
  EXPECT_TRUE(next(true).has_value());
}

TEST_F(EgressTest, OfTheVoicesTheOneWithTheEarliestDeadlineGoesFirst) {
  subscribe_audio(kVoice, 200ms);
  subscribe_audio(kOtherVoice, 100ms);
  push_audio(kVoice, 0, now_ - 50ms);       // due in 150 ms
  push_audio(kOtherVoice, 0, now_ - 20ms);  // due in 80 ms
  push_audio(kOtherVoice, 1, now_ + 80ms);  // due in 180 ms
  EXPECT_EQ(tracks_of_next(3), (Tracks{kOtherVoice, kVoice, kOtherVoice}));
}

TEST_F(EgressTest, AVoiceThatIsTooLateToBeHeardIsNotSent) {
  subscribe_audio(kVoice);
  push_audio(kVoice, 0, now_ - 300ms);
  push_audio(kVoice, 1, now_);
  EXPECT_EQ(next()->header.frame, 1U);
  EXPECT_FALSE(next().has_value());
}

// The choice among videos.

TEST_F(EgressTest, AFrameThatWasBegunGoesOnBeforeOthersOfItsLayerBegin) {
  subscribe_video(kCamera);
  subscribe_video(kScreen);
  push(kCamera, HandMade::keyframe(0, 3 * kChunkBytes));
  push(kScreen, HandMade::keyframe(0, 3 * kChunkBytes));
  const Tracks tracks = tracks_of_next(6);
  EXPECT_EQ(tracks[0], tracks[1]);
  EXPECT_EQ(tracks[1], tracks[2]);
  EXPECT_EQ(tracks[3], tracks[4]);
  EXPECT_EQ(tracks[4], tracks[5]);
  EXPECT_NE(tracks[0], tracks[3]);
}

TEST_F(EgressTest, AKeyframeHoldsNoOtherTracksBaseFramesUp) {
  subscribe_video(kCamera);
  subscribe_video(kScreen);
  push(kCamera, HandMade::keyframe(0, kChunkBytes));
  push(kScreen, HandMade::keyframe(0, kChunkBytes));
  ASSERT_EQ(send(2).size(), 2U);
  push(kScreen, HandMade::keyframe(1, 20 * kChunkBytes));
  ASSERT_EQ(tracks_of_next(2), (Tracks{kScreen, kScreen}));
  // Begun as it is, it lets the camera have its share.
  push(kCamera, HandMade::delta(1, {0}, 0, kChunkBytes));
  EXPECT_EQ(tracks_of_next(2), (Tracks{kCamera, kScreen}));
  // An enhancement frame is no such thing.
  push(kCamera, HandMade::delta(2, {1}, 1, kChunkBytes));
  EXPECT_EQ(tracks_of_next(2), (Tracks{kScreen, kScreen}));
}

TEST_F(EgressTest, OfKeyframesTheMostImportantBegins) {
  subscribe_video(kCamera, 1);
  subscribe_video(kScreen, 255);
  push(kCamera, HandMade::keyframe(0, 2 * kChunkBytes));
  push(kScreen, HandMade::keyframe(0, 2 * kChunkBytes));
  EXPECT_EQ(tracks_of_next(4), (Tracks{kScreen, kScreen, kCamera, kCamera}));
}

TEST_F(EgressTest, BaseFramesGoBeforeTheEnhancementFramesOfOtherTracks) {
  subscribe_video(kCamera, 255);
  subscribe_video(kScreen, 1);
  push(kCamera, HandMade::keyframe(0));
  push(kScreen, HandMade::keyframe(0));
  ASSERT_EQ(send(2).size(), 2U);
  push(kCamera, HandMade::delta(1, {0}, 1));
  push(kScreen, HandMade::delta(1, {0}, 0));
  EXPECT_EQ(tracks_of_next(2), (Tracks{kScreen, kCamera}));
}

TEST_F(EgressTest, SharesAreByPriorityMeasuredOverManyFrames) {
  subscribe_video(kCamera, 64);
  subscribe_video(kScreen, 192);
  std::map<TrackHandle, std::size_t> sent;
  for (int round = 0; round < 400; ++round) {
    // Of frames of different lengths, always more than goes out.
    for (int i = 0; i < 8; ++i) {
      push(kCamera, next_of_chain(kCamera, 3000));
      push(kScreen, next_of_chain(kScreen, 700));
      for (const auto& [track, bytes] : send(1)) sent[track] += bytes;
    }
    // The chains must not overflow: what is left is begun anew by keyframes.
    for (const TrackHandle track : {kCamera, kScreen}) {
      push(track, HandMade::keyframe(chain_[track]++, 1500));
    }
  }
  const double share = static_cast<double>(sent[kScreen]) / static_cast<double>(sent[kCamera]);
  EXPECT_NEAR(share, 3.0, 0.15);
}

TEST_F(EgressTest, TracksOfEqualPriorityGetEqualBytesWhateverTheirFrames) {
  subscribe_video(kCamera);
  subscribe_video(kScreen);
  for (int i = 0; i < 100; ++i) push(kCamera, next_of_chain(kCamera, 2400));
  for (int i = 0; i < 200; ++i) push(kScreen, next_of_chain(kScreen, 1200));
  auto sent = send(200);
  EXPECT_NEAR(static_cast<double>(sent[kCamera]), 120'000, 3600);
  EXPECT_NEAR(static_cast<double>(sent[kScreen]), 120'000, 3600);
}

TEST_F(EgressTest, ATrackThatHadNothingToSendHasSavedUpNoShare) {
  subscribe_video(kCamera);
  subscribe_video(kScreen);
  for (int i = 0; i < 1000; ++i) {
    push(kScreen, next_of_chain(kScreen, 1200));
    ASSERT_EQ(send(1).size(), 1U);
  }
  for (int i = 0; i < 100; ++i) {
    push(kCamera, next_of_chain(kCamera, 1200));
    push(kScreen, next_of_chain(kScreen, 1200));
  }
  const auto sent = send(100);
  EXPECT_NEAR(static_cast<double>(sent.at(kCamera)), 60'000, 2400);
  EXPECT_NEAR(static_cast<double>(sent.at(kScreen)), 60'000, 2400);
}

TEST_F(EgressTest, ATrackThatComesBackWithAGroupHasSavedUpNoShareEither) {
  subscribe_video(kCamera);
  subscribe_video(kScreen);
  for (int i = 0; i < 1000; ++i) {
    push(kScreen, next_of_chain(kScreen, 1200));
    ASSERT_EQ(send(1).size(), 1U);
  }
  std::vector<FrameRef> group;
  for (int i = 0; i < 100; ++i) {
    group.push_back(frame(kCamera, next_of_chain(kCamera, 1200)));
    push(kScreen, next_of_chain(kScreen, 1200));
  }
  ASSERT_TRUE(egress_.push_group(kCamera, group, {}));
  const auto sent = send(100);
  EXPECT_NEAR(static_cast<double>(sent.at(kCamera)), 60'000, 2400);
  EXPECT_NEAR(static_cast<double>(sent.at(kScreen)), 60'000, 2400);
}

TEST_F(EgressTest, ATrackIsThinnedByItsShareOfTheLinkAndNotByTheWholeLink) {
  for (const TrackHandle track : {kCamera, kScreen}) {
    ASSERT_TRUE(egress_.subscribe(track, {.latency_budget = 400ms, .priority = 128}));
    push(track, HandMade::keyframe(0, 100));
  }
  ASSERT_EQ(send(2).size(), 2U);
  // 15 kB are in time on the whole link of 100 kB/s (half the budget: 200 ms), not on half of it.
  const LinkEstimate link{.bytes_per_second = 100'000, .chunk_bytes = 20'000};
  const auto thinned = [&] {
    return egress_.counters().of(MediaKind::kVideo).left_out[std::size_t(LeftOut::kThinned)];
  };
  push(kCamera, HandMade::delta(1, {0}, 1, 15'000));
  EXPECT_EQ(egress_.next(now_, link, true)->header.track, kCamera);
  EXPECT_EQ(thinned(), 0U);
  push(kCamera, HandMade::delta(2, {0}, 1, 15'000));
  push(kScreen, HandMade::delta(1, {0}, 0, 100));
  EXPECT_EQ(egress_.next(now_, link, true)->header.track, kScreen);
  EXPECT_EQ(thinned(), 1U);
}

// What a departure says.

TEST_F(EgressTest, TheChunksOfAFrameMakeUpTheFrame) {
  subscribe_video(kCamera);
  FrameDescription description = HandMade::keyframe(7, 2500);
  description.track = kCamera;
  description.group = 3;
  push(kCamera, description);
  std::uint32_t offset = 0;
  for (const bool last : {false, false, true}) {
    const auto departure = next();
    ASSERT_TRUE(departure.has_value());
    const ChunkHeader& header = departure->header;
    EXPECT_EQ(header.first(), offset == 0);
    if (header.first()) {
      EXPECT_EQ(header.description, description);
    }
    EXPECT_EQ(header.track, kCamera);
    EXPECT_EQ(header.frame, 7U);
    EXPECT_EQ(header.offset, offset);
    EXPECT_EQ(header.last, last);
    EXPECT_TRUE(header.keyframe);
    EXPECT_FALSE(header.abandon);
    EXPECT_EQ(departure->payload.data(), departure->frame->payload().data() + offset);
    offset += static_cast<std::uint32_t>(departure->payload.size());
  }
  EXPECT_EQ(offset, 2500U);
  EXPECT_EQ(egress_.counters().of(MediaKind::kVideo).frames_sent, 1U);
}

TEST(EgressCounters, OfTwoConnectionsAddUp) {
  EgressCounters sum;
  sum.of(MediaKind::kAudio) = {.frames_sent = 3, .bytes_sent = 300};
  sum.leave_out(MediaKind::kVideo, LeftOut::kThinned, 2);
  EgressCounters other;
  other.of(MediaKind::kAudio) = {.frames_sent = 4, .bytes_sent = 500};
  other.leave_out(MediaKind::kVideo, LeftOut::kThinned, 5);
  other.leave_out(MediaKind::kAudio, LeftOut::kThinned, 1);
  sum.add(other);
  constexpr auto kThinned = static_cast<std::size_t>(LeftOut::kThinned);
  EXPECT_EQ(sum.of(MediaKind::kAudio).frames_sent, 7U);
  EXPECT_EQ(sum.of(MediaKind::kAudio).bytes_sent, 800U);
  EXPECT_EQ(sum.of(MediaKind::kAudio).left_out[kThinned], 1U);
  EXPECT_EQ(sum.of(MediaKind::kVideo).left_out[kThinned], 7U);
  EXPECT_EQ(sum.of(MediaKind::kVideo).frames_sent, 0U);
}

TEST_F(EgressTest, AFrameThatWasBegunOfATrackThatIsHiddenIsAbandonedByAMark) {
  subscribe_video(kCamera);
  push(kCamera, HandMade::keyframe(7, 2500));
  ASSERT_EQ(next()->payload.size(), kChunkBytes);
  subscribe_video(kCamera, 128, true);
  EXPECT_TRUE(egress_.video_waiting());
  const auto mark = next();
  ASSERT_TRUE(mark.has_value());
  EXPECT_TRUE(mark->header.abandon);
  EXPECT_FALSE(mark->header.first());
  EXPECT_FALSE(mark->header.last);
  EXPECT_EQ(mark->header.frame, 7U);
  EXPECT_EQ(mark->header.offset, kChunkBytes);
  EXPECT_TRUE(mark->payload.empty());
  EXPECT_FALSE(egress_.video_waiting());
  EXPECT_FALSE(next().has_value());
}

// Subscriptions.

TEST_F(EgressTest, FramesOfTracksThatAreNotSubscribedAreIgnored) {
  push(kCamera, HandMade::keyframe(0));
  EXPECT_FALSE(egress_.push_group(kCamera, std::vector{frame(kCamera, HandMade::keyframe(0))}, {}));
  EXPECT_FALSE(egress_.video_waiting());
  subscribe_video(kCamera);
  EXPECT_TRUE(egress_.subscribed(kCamera));
  push(kCamera, HandMade::keyframe(0));
  egress_.unsubscribe(kCamera);
  EXPECT_FALSE(egress_.subscribed(kCamera));
  EXPECT_FALSE(next().has_value());
}

TEST_F(EgressTest, AHiddenTrackIsNotSentAndWantsNothing) {
  subscribe_video(kCamera, 128, true);
  push(kCamera, HandMade::keyframe(0));
  EXPECT_FALSE(next().has_value());
  std::vector<Egress::SyncWanted> wanted;
  egress_.sync_wanted(now_, wanted);
  EXPECT_TRUE(wanted.empty());
  subscribe_video(kCamera);
  egress_.sync_wanted(now_, wanted);
  ASSERT_EQ(wanted.size(), 1U);
  EXPECT_EQ(wanted[0].track, kCamera);
  push(kCamera, HandMade::keyframe(1));
  EXPECT_EQ(next()->header.frame, 1U);
}

TEST_F(EgressTest, OnlyVideoThatHasNoWayToThePresentWantsOne) {
  subscribe_audio(kVoice);
  subscribe_video(kCamera);
  ASSERT_TRUE(egress_.subscribe(kScreen, {.encoding = EncodingId{2}}));
  push(kCamera, HandMade::keyframe(0));
  std::vector<Egress::SyncWanted> wanted;
  egress_.sync_wanted(now_, wanted);
  ASSERT_EQ(wanted.size(), 1U);
  EXPECT_EQ(wanted[0].track, kScreen);
  EXPECT_EQ(wanted[0].encoding, EncodingId{2});
}

TEST_F(EgressTest, WhatIsQueuedOfAMutedTrackIsNotSent) {
  subscribe_video(kCamera);
  subscribe_audio(kVoice);
  push(kCamera, HandMade::keyframe(0));
  push_audio(kVoice, 0, now_);
  egress_.flush(kCamera);
  egress_.flush(kVoice);
  EXPECT_FALSE(next().has_value());
  EXPECT_EQ(egress_.video_bytes_waiting(), 0U);
}

TEST_F(EgressTest, TakesOnlySoManySubscriptions) {
  for (std::uint16_t track = 0; track < 4; ++track) subscribe_video(TrackHandle{track});
  EXPECT_FALSE(egress_.subscribe(TrackHandle{4}, {}));
  EXPECT_TRUE(egress_.subscribe(TrackHandle{3}, {.priority = 1})) << "a change is no new one";
  egress_.unsubscribe(TrackHandle{0});
  EXPECT_TRUE(egress_.subscribe(TrackHandle{4}, {}));
}

TEST_F(EgressTest, ControlIsBoundedAndWhatWasSentMakesRoom) {
  EXPECT_TRUE(egress_.push_control(control(600)));
  EXPECT_TRUE(egress_.push_control(control(400)));
  EXPECT_FALSE(egress_.push_control(control(1)));
  EXPECT_EQ(next()->control->size(), 600U);
  EXPECT_TRUE(egress_.push_control(control(600)));
  EXPECT_FALSE(egress_.push_control(control(1)));
}

}  // namespace
}  // namespace sluice::media
