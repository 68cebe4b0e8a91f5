#include "media/published_track.h"

#include <gtest/gtest.h>

#include <vector>

#include "tests/media/hand_made_frame.h"

namespace sluice::media {
namespace {

using namespace std::chrono_literals;

constexpr Time kNow{10s};
constexpr EncodingId kSmall{0};
constexpr EncodingId kLarge{1};

class PublishedTrackTest : public testing::Test {
 protected:
  void push(FrameDescription frame, EncodingId encoding = kSmall, Time arrival = kNow) {
    frame.encoding = encoding;
    track_.on_frame(hand_made_frame(pool_, frame, arrival));
  }
  std::vector<EncodingId> asked(Time now = kNow) {
    std::vector<EncodingId> encodings;
    track_.poll_keyframe_requests(now, encodings);
    return encodings;
  }

  using Encodings = std::vector<EncodingId>;
  FramePool pool_{std::size_t{1} << 20};
  PublishedTrack track_{{.kind = MediaKind::kVideo, .keyframe_interval_min = 500ms}};
};

TEST_F(PublishedTrackTest, BeginsWithNothingToShowAndNothingToAsk) {
  EXPECT_TRUE(track_.group(kSmall).empty());
  EXPECT_EQ(track_.deadline(), Time::max());
  EXPECT_TRUE(asked().empty());
  EXPECT_FALSE(track_.muted());
}

TEST_F(PublishedTrackTest, KeepsAGroupForEachEncoding) {
  push(HandMade::keyframe(0), kSmall);
  push(HandMade::keyframe(7), kLarge);
  push(HandMade::delta(8, {7}), kLarge);
  ASSERT_EQ(track_.group(kSmall).size(), 1U);
  ASSERT_EQ(track_.group(kLarge).size(), 2U);
  EXPECT_EQ(track_.group(kLarge)[1]->description.number, 8U);
  EXPECT_TRUE(track_.group(EncodingId{2}).empty());
}

TEST_F(PublishedTrackTest, AsksForTheKeyframeOfTheEncodingThatIsWanted) {
  track_.request_keyframe(kLarge);
  EXPECT_LE(track_.deadline(), kNow);
  EXPECT_EQ(asked(), Encodings{kLarge});
  EXPECT_TRUE(asked().empty());
  EXPECT_EQ(track_.deadline(), kNow + 2s) << "once more, when none came";
}

TEST_F(PublishedTrackTest, AKeyframeAnswersTheRequestsForItsOwnEncodingOnly) {
  track_.request_keyframe(kSmall);
  track_.request_keyframe(kLarge);
  EXPECT_EQ(asked(), (Encodings{kSmall, kLarge}));
  push(HandMade::keyframe(0), kSmall);
  EXPECT_EQ(asked(kNow + 2s), Encodings{kLarge});
}

TEST_F(PublishedTrackTest, ADeltaFrameAnswersNoRequest) {
  track_.request_keyframe(kSmall);
  push(HandMade::delta(1, {0}));
  EXPECT_EQ(asked(), Encodings{kSmall});
}

TEST_F(PublishedTrackTest, SpacesRequestsByTheIntervalOfTheTrack) {
  track_.request_keyframe(kSmall);
  ASSERT_EQ(asked(), Encodings{kSmall});
  push(HandMade::keyframe(0));
  track_.request_keyframe(kSmall);
  EXPECT_EQ(track_.deadline(), kNow + 500ms);
  EXPECT_TRUE(asked(kNow + 499ms).empty());
  EXPECT_EQ(asked(kNow + 500ms), Encodings{kSmall});
}

TEST_F(PublishedTrackTest, AMutedTrackShowsNothingOldAndAsksNothingOfItsPublisher) {
  push(HandMade::keyframe(0));
  track_.request_keyframe(kSmall);
  track_.set_muted(true);
  EXPECT_TRUE(track_.muted());
  EXPECT_TRUE(track_.group(kSmall).empty());
  EXPECT_EQ(track_.deadline(), Time::max());
  track_.request_keyframe(kSmall);
  EXPECT_EQ(track_.deadline(), Time::max());
  EXPECT_TRUE(asked(kNow + 1h).empty());
}

TEST_F(PublishedTrackTest, AfterItIsUnmutedItAsksAgain) {
  track_.set_muted(true);
  track_.set_muted(false);
  EXPECT_FALSE(track_.muted());
  track_.request_keyframe(kSmall);
  EXPECT_EQ(asked(), Encodings{kSmall});
}

TEST_F(PublishedTrackTest, AnAudioTrackKeepsNothingAndAsksForNothing) {
  PublishedTrack audio{{.kind = MediaKind::kAudio}};
  audio.on_frame(hand_made_frame(pool_, {.length = 80}, kNow, {}, MediaKind::kAudio));
  EXPECT_EQ(audio.kind(), MediaKind::kAudio);
  EXPECT_TRUE(audio.group(kSmall).empty());
  audio.request_keyframe(kSmall);
  EXPECT_EQ(audio.deadline(), Time::max());
}

TEST_F(PublishedTrackTest, ItsGroupIsBoundedAsItWasTold) {
  PublishedTrack track{{.cache = {.bytes_max = 1500, .frames_max = 10}}};
  track.on_frame(hand_made_frame(pool_, HandMade::keyframe(0), kNow));
  EXPECT_EQ(track.group(kSmall).size(), 1U);
  track.on_frame(hand_made_frame(pool_, HandMade::delta(1, {0}), kNow));
  EXPECT_TRUE(track.group(kSmall).empty());
}

// What the publisher is sending.

TEST_F(PublishedTrackTest, AnEncodingIsLiveFromItsFirstKeyframe) {
  push(HandMade::delta(3, {2}), kLarge);
  EXPECT_FALSE(track_.live(kLarge));
  push(HandMade::keyframe(4), kLarge);
  EXPECT_TRUE(track_.live(kLarge));
  EXPECT_FALSE(track_.live(kSmall));
}

TEST_F(PublishedTrackTest, AnEncodingThatFallsSilentWhileOthersGoOnIsGoneUntilItsNextKeyframe) {
  push(HandMade::keyframe(0), kSmall);
  push(HandMade::keyframe(0), kLarge);
  for (FrameNumber number = 1; number <= 12; ++number) {
    push(HandMade::delta(number, {number - 1}), kSmall, kNow + number * 33ms);
  }
  EXPECT_TRUE(track_.live(kLarge)) << "silent for less than 400 ms";
  push(HandMade::delta(13, {12}), kSmall, kNow + 430ms);
  EXPECT_FALSE(track_.live(kLarge));
  EXPECT_TRUE(track_.group(kLarge).empty()) << "nobody is to be sent an old picture";
  push(HandMade::delta(1, {0}), kLarge, kNow + 450ms);
  EXPECT_FALSE(track_.live(kLarge));
  push(HandMade::keyframe(2), kLarge, kNow + 480ms);
  EXPECT_TRUE(track_.live(kLarge));
}

TEST_F(PublishedTrackTest, AScreenThatStandsStillIsNotGone) {
  push(HandMade::keyframe(0), kSmall);
  push(HandMade::keyframe(0), kLarge);
  push(HandMade::delta(1, {0}), kSmall, kNow + 5s);
  EXPECT_TRUE(track_.live(kLarge));
}

TEST_F(PublishedTrackTest, MeasuresAnEncodingWithoutItsKeyframes) {
  push(HandMade::keyframe(0, 100'000), kLarge);
  for (FrameNumber number = 1; number <= 60; ++number) {
    push(HandMade::delta(number, {number - 1}, 0, 1000), kLarge, kNow + number * 33'333us);
  }
  EXPECT_NEAR(*track_.bytes_per_second(kLarge, kNow + 2s), 30'000, 3'000);
  EXPECT_FALSE(track_.bytes_per_second(kSmall, kNow + 2s));
}

TEST_F(PublishedTrackTest, TheGapOfAnEncodingThatComesBackIsNoLowRate) {
  push(HandMade::keyframe(0), kSmall);
  push(HandMade::keyframe(0), kLarge);
  for (FrameNumber number = 1; number <= 60; ++number) {
    push(HandMade::delta(number, {number - 1}), kLarge, kNow + number * 33'333us);
  }
  for (FrameNumber number = 1; number <= 150; ++number) {
    push(HandMade::delta(number, {number - 1}), kSmall, kNow + 2s + number * 33'333us);
  }
  push(HandMade::keyframe(61), kLarge, kNow + 7s);
  push(HandMade::delta(62, {61}), kLarge, kNow + 7033ms);
  EXPECT_EQ(track_.bytes_per_second(kLarge, kNow + 7100ms), std::nullopt);
}

TEST_F(PublishedTrackTest, PassesTheGroupsOfAllEncodingsOnToAnotherShard) {
  push({.number = 0, .length = 10, .keyframe = true});
  push({.number = 1, .length = 10});
  push({.number = 7, .length = 10, .keyframe = true}, kLarge);
  PublishedTrack other{{.kind = MediaKind::kVideo, .keyframe_interval_min = 500ms}};
  other.request_keyframe(kSmall);
  other.replace_groups(track_.groups());
  ASSERT_EQ(other.group(kSmall).size(), 2U);
  EXPECT_EQ(other.group(kSmall)[0].get(), track_.group(kSmall)[0].get()) << "by reference";
  EXPECT_EQ(other.group(kSmall)[1]->description.number, 1U);
  ASSERT_EQ(other.group(kLarge).size(), 1U);
  EXPECT_NE(other.deadline(), Time::max()) << "an old keyframe answers no request";
  // What is not among them is gone.
  other.replace_groups(track_.group(kLarge));
  EXPECT_TRUE(other.group(kSmall).empty());
  EXPECT_EQ(other.group(kLarge).size(), 1U);
}

}  // namespace
}  // namespace sluice::media
