#include "media/video_queue.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <tuple>
#include <vector>

#include "tests/media/hand_made_frame.h"

namespace sluice::media {
namespace {

using namespace std::chrono_literals;

constexpr LinkEstimate kUnknownLink{};
constexpr std::size_t kWhole = 1 << 30;

/// A frame of 1000 bytes takes `each` on this link.
LinkEstimate link_of(Duration each) {
  return {.bytes_per_second = 1000 * 1e6 / static_cast<double>(each.count())};
}

FrameDescription in_encoding(FrameDescription frame, std::uint8_t encoding) {
  frame.encoding = EncodingId{encoding};
  return frame;
}

class VideoQueueTest : public testing::Test {
 protected:
  FrameRef frame(const FrameDescription& description, Duration age = {}) {
    return hand_made_frame(pool_, description, now_ - age);
  }
  void push(const FrameDescription& description, Duration age = {}) {
    queue_.push(frame(description, age), counters_);
  }
  /// The receiver has keyframe 0.
  void send_keyframe() {
    push(HandMade::keyframe(0));
    ASSERT_EQ(drain(), Numbers{0});
  }
  /// Sends all that waits; gives the numbers of the frames.
  std::vector<FrameNumber> drain() {
    std::vector<FrameNumber> numbers;
    while (!queue_.empty()) {
      const VideoQueue::Piece piece = queue_.take(kWhole, counters_);
      EXPECT_TRUE(piece.last());
      numbers.push_back(piece.frame->description.number);
    }
    EXPECT_EQ(queue_.bytes(), 0U);
    return numbers;
  }
  void begin_head(std::size_t bytes) {
    ASSERT_FALSE(queue_.take(bytes, counters_).last());
    ASSERT_TRUE(queue_.head_started());
  }
  void thin(const LinkEstimate& link) { queue_.thin(now_, link, counters_); }
  [[nodiscard]] bool wants_keyframe() const { return queue_.wants_keyframe(now_).has_value(); }
  [[nodiscard]] std::uint64_t left_out(LeftOut reason) const {
    return counters_.of(MediaKind::kVideo).left_out[static_cast<std::size_t>(reason)];
  }
  [[nodiscard]] std::uint64_t left_out() const {
    std::uint64_t frames = 0;
    for (const std::uint64_t count : counters_.of(MediaKind::kVideo).left_out) frames += count;
    return frames;
  }

  using Numbers = std::vector<FrameNumber>;
  FramePool pool_{std::size_t{16} << 20};
  Time now_{100s};
  EgressCounters counters_;
  VideoQueue queue_{{.bytes_max = 10'000, .frames_max = 8}, 400ms};
};

// What is taken.

TEST_F(VideoQueueTest, BeginsWithTheNeedForAKeyframeOfItsEncoding) {
  EXPECT_EQ(queue_.wants_keyframe(now_), EncodingId{0});
  queue_.set_encoding(EncodingId{2});
  EXPECT_EQ(queue_.wants_keyframe(now_), EncodingId{2});
}

TEST_F(VideoQueueTest, RefusesEverythingBeforeItsFirstKeyframe) {
  push(HandMade::delta(1, {0}));
  EXPECT_TRUE(queue_.empty());
  EXPECT_EQ(left_out(LeftOut::kOrphaned), 1U);
  push(HandMade::keyframe(2));
  EXPECT_FALSE(wants_keyframe());
  EXPECT_EQ(drain(), Numbers{2});
}

TEST_F(VideoQueueTest, HandsFramesOutInDecodeOrderAndCountsThem) {
  push(HandMade::keyframe(0, 3000));
  push(HandMade::delta(1, {0}));
  push(HandMade::delta(2, {1}));
  EXPECT_EQ(queue_.bytes(), 5000U);
  EXPECT_EQ(drain(), (Numbers{0, 1, 2}));
  EXPECT_EQ(counters_.of(MediaKind::kVideo).frames_sent, 3U);
  EXPECT_EQ(counters_.of(MediaKind::kVideo).bytes_sent, 5000U);
  EXPECT_EQ(left_out(), 0U);
}

TEST_F(VideoQueueTest, CutsAFrameIntoPiecesThatFollowOneAnother) {
  push(HandMade::keyframe(0, 2500));
  std::uint32_t offset = 0;
  for (const std::uint32_t bytes : {1000U, 1000U, 500U}) {
    const VideoQueue::Piece piece = queue_.take(1000, counters_);
    EXPECT_EQ(piece.offset, offset);
    EXPECT_EQ(piece.bytes, bytes);
    offset += bytes;
    EXPECT_EQ(piece.last(), offset == 2500);
    EXPECT_EQ(queue_.bytes(), 2500 - offset);
  }
  EXPECT_TRUE(queue_.empty());
}

TEST_F(VideoQueueTest, ABaseFrameWhoseDependencyIsMissingIsRefusedAndAKeyframeWanted) {
  send_keyframe();
  push(HandMade::delta(2, {1}));
  EXPECT_TRUE(queue_.empty());
  EXPECT_EQ(left_out(LeftOut::kOrphaned), 1U);
  EXPECT_TRUE(wants_keyframe());
}

TEST_F(VideoQueueTest, AnEnhancementFrameWhoseDependencyIsMissingIsRefusedAndNothingIsWanted) {
  send_keyframe();
  push(HandMade::delta(2, {1}, 1));
  EXPECT_TRUE(queue_.empty());
  EXPECT_EQ(left_out(LeftOut::kOrphaned), 1U);
  EXPECT_FALSE(wants_keyframe());
}

TEST_F(VideoQueueTest, LeavesOutTheLayersThatWereNotAskedFor) {
  queue_.set_max_temporal_layer(1);
  send_keyframe();
  push(HandMade::delta(1, {0}, 2));
  push(HandMade::delta(2, {0}, 1));
  push(HandMade::delta(3, {0}, 0));
  EXPECT_EQ(left_out(LeftOut::kThinned), 1U);
  EXPECT_EQ(drain(), (Numbers{2, 3}));
}

// A newer keyframe.

TEST_F(VideoQueueTest, ANewerKeyframeTakesThePlaceOfAllThatIsNotBegun) {
  push(HandMade::keyframe(0));
  push(HandMade::delta(1, {0}));
  push(HandMade::keyframe(2));
  push(HandMade::delta(3, {2}));
  EXPECT_EQ(left_out(LeftOut::kSuperseded), 2U);
  EXPECT_EQ(drain(), (Numbers{2, 3}));
}

TEST_F(VideoQueueTest, AKeyframeThatWasBegunIsFinishedBeforeTheNewest) {
  push(HandMade::keyframe(0, 9000));
  begin_head(1000);
  push(HandMade::keyframe(1, 9000));
  push(HandMade::keyframe(2, 9000));
  EXPECT_FALSE(queue_.owes_abandon_mark());
  EXPECT_EQ(left_out(LeftOut::kSuperseded), 1U);
  EXPECT_EQ(drain(), (Numbers{0, 2}));
}

TEST_F(VideoQueueTest, ALongDeltaFrameThatWasBegunIsAbandonedForAKeyframe) {
  send_keyframe();
  push(HandMade::delta(1, {0}, 0, 5000));
  push(HandMade::delta(2, {1}));
  begin_head(1200);
  push(HandMade::keyframe(3));
  EXPECT_TRUE(queue_.owes_abandon_mark());
  const auto mark = queue_.take_abandoned();
  ASSERT_TRUE(mark.has_value());
  EXPECT_EQ(mark->frame->description.number, 1U);
  EXPECT_EQ(mark->offset, 1200U);
  EXPECT_EQ(mark->bytes, 0U);
  EXPECT_FALSE(queue_.take_abandoned().has_value()) << "given once";
  EXPECT_EQ(left_out(LeftOut::kAbandoned), 1U);
  EXPECT_EQ(left_out(LeftOut::kSuperseded), 1U);
  EXPECT_EQ(drain(), Numbers{3});
}

TEST_F(VideoQueueTest, ADeltaFrameThatIsNearlySentIsFinished) {
  send_keyframe();
  push(HandMade::delta(1, {0}, 0, 3600));
  begin_head(1200);
  push(HandMade::keyframe(2));
  EXPECT_FALSE(queue_.owes_abandon_mark());
  EXPECT_EQ(drain(), (Numbers{1, 2}));
}

// Thinning.

TEST_F(VideoQueueTest, LeavesNothingOutWhileTheLinkKeepsUp) {
  send_keyframe();
  push(HandMade::delta(1, {0}, 2));
  push(HandMade::delta(2, {0}, 1));
  push(HandMade::delta(3, {0}, 0));
  thin(link_of(60ms));
  thin(kUnknownLink);
  EXPECT_EQ(drain(), (Numbers{1, 2, 3}));
}

class ThinningOrder : public VideoQueueTest {
 protected:
  /// Two layers over a base frame, as libvpx makes them: 2 1 2 0.
  void SetUp() override {
    send_keyframe();
    push(HandMade::delta(1, {0}, 2));
    push(HandMade::delta(2, {0}, 1));
    push(HandMade::delta(3, {2}, 2));
    push(HandMade::delta(4, {0}, 0));
  }
};

TEST_F(ThinningOrder, TheHighestLayerGoesFirst) {
  thin(link_of(100ms));  // the third would come after half of its budget
  EXPECT_EQ(left_out(LeftOut::kThinned), 2U);
  EXPECT_EQ(drain(), (Numbers{2, 4}));
}

TEST_F(ThinningOrder, ThenTheNextAndWhatNeedsItGoesWithIt) {
  thin(link_of(250ms));
  EXPECT_EQ(left_out(LeftOut::kThinned) + left_out(LeftOut::kOrphaned), 3U);
  EXPECT_EQ(drain(), Numbers{4});
  EXPECT_FALSE(wants_keyframe());
}

TEST_F(ThinningOrder, TheWayToTheReceiverCounts) {
  LinkEstimate link = link_of(1ms);
  link.one_way_delay = 110ms;
  thin(link);
  EXPECT_EQ(left_out(), 0U);
  link.one_way_delay = 210ms;
  thin(link);
  EXPECT_EQ(drain(), Numbers{4});
}

TEST_F(VideoQueueTest, EnhancementFramesMakeWayForALateBaseFrame) {
  send_keyframe();
  push(HandMade::delta(1, {0}, 1));  // in time itself
  push(HandMade::delta(2, {0}, 0, 3000));
  thin(link_of(120ms));
  EXPECT_EQ(left_out(LeftOut::kThinned), 1U);
  EXPECT_EQ(drain(), Numbers{2});
}

TEST_F(VideoQueueTest, WhatComesBehindTheFrameInTroubleAndIsInTimeStays) {
  send_keyframe();
  push(HandMade::delta(1, {0}, 1), 300ms);
  push(HandMade::delta(2, {0}, 1));
  thin(link_of(1ms));
  EXPECT_EQ(left_out(LeftOut::kThinned), 1U);
  EXPECT_EQ(drain(), Numbers{2});
}

TEST_F(VideoQueueTest, WhatComesBehindStaysTooWhenTheHeadWasBegun) {
  send_keyframe();
  push(HandMade::delta(1, {0}, 0, 3000));
  begin_head(1000);
  push(HandMade::delta(2, {1}, 1), 300ms);
  push(HandMade::delta(3, {1}, 1));
  thin(link_of(1ms));
  EXPECT_EQ(left_out(LeftOut::kThinned), 1U);
  EXPECT_EQ(drain(), (Numbers{1, 3}));
}

TEST_F(VideoQueueTest, ABegunEnhancementFrameThatIsTooLateIsAbandonedWithWhatNeedsIt) {
  send_keyframe();
  push(HandMade::delta(1, {0}, 1, 5000));
  begin_head(1000);
  push(HandMade::delta(2, {1}, 2));
  push(HandMade::delta(3, {0}, 0));
  now_ += 401ms;
  push(HandMade::delta(4, {3}, 0));
  thin(kUnknownLink);
  ASSERT_TRUE(queue_.owes_abandon_mark());
  EXPECT_EQ(queue_.take_abandoned()->offset, 1000U);
  EXPECT_EQ(left_out(LeftOut::kAbandoned), 1U);
  EXPECT_EQ(drain(), (Numbers{3, 4}));
}

TEST_F(VideoQueueTest, ABegunBaseFrameIsFinishedHoweverLate) {
  send_keyframe();
  push(HandMade::delta(1, {0}, 0, 9000));
  begin_head(1000);
  now_ += 10s;
  thin(link_of(1s));
  EXPECT_FALSE(queue_.owes_abandon_mark());
  EXPECT_EQ(drain(), Numbers{1});
}

TEST_F(VideoQueueTest, AKeyframeIsSentHoweverLate) {
  push(HandMade::keyframe(0, 9000));
  now_ += 10s;
  thin(link_of(1s));
  EXPECT_EQ(drain(), Numbers{0});
  EXPECT_EQ(left_out(), 0U);
}

// The cheapest way to live.

TEST_F(VideoQueueTest, ALateChainIsSentWhenThatIsQuickerThanAKeyframe) {
  send_keyframe();  // 1000 bytes: a new one takes 150 ms to be asked for, then as long as a frame
  push(HandMade::delta(1, {0}));
  push(HandMade::delta(2, {1}));
  now_ += 500ms;
  thin(link_of(149ms));
  EXPECT_FALSE(wants_keyframe());
  EXPECT_EQ(drain(), (Numbers{1, 2}));
}

TEST_F(VideoQueueTest, ALateChainIsGivenUpWhenAKeyframeIsQuicker) {
  send_keyframe();
  push(HandMade::delta(1, {0}));
  push(HandMade::delta(2, {1}));
  now_ += 500ms;
  thin(link_of(301ms));
  EXPECT_TRUE(queue_.empty());
  EXPECT_EQ(left_out(LeftOut::kExpired), 2U);
  EXPECT_TRUE(wants_keyframe());
  push(HandMade::delta(3, {2}));
  EXPECT_TRUE(queue_.empty()) << "until a keyframe comes";
  push(HandMade::keyframe(4));
  EXPECT_FALSE(wants_keyframe());
  EXPECT_EQ(drain(), Numbers{4});
}

TEST_F(VideoQueueTest, AChainThatFitsItsLinkIsNotGivenUpForAKeyframeThatMakesItLater) {
  send_keyframe();
  push(HandMade::delta(1, {0}));
  push(HandMade::delta(2, {1}));
  now_ += 500ms;
  // The chain takes 302 ms and a keyframe 301, in which 1200 bytes more of the base come.
  thin(link_of(151ms));
  EXPECT_EQ(drain(), (Numbers{1, 2}));
}

TEST_F(VideoQueueTest, ALateKeyframeIsNotGivenUpForANewOne) {
  send_keyframe();
  push(HandMade::keyframe(5));
  push(HandMade::delta(6, {5}));
  now_ += 500ms;
  thin(link_of(1s));
  EXPECT_EQ(left_out(LeftOut::kExpired), 0U);
  EXPECT_EQ(drain(), (Numbers{5, 6}));
}

TEST_F(VideoQueueTest, AGroupWithAKeyframeReplacesWhatWaitedBeforeIt) {
  send_keyframe();
  push(HandMade::delta(1, {0}));
  const std::vector<FrameRef> group = {frame(HandMade::keyframe(5)),
                                       frame(HandMade::delta(6, {5}))};
  ASSERT_TRUE(queue_.push_group(group, kUnknownLink, counters_));
  EXPECT_EQ(left_out(LeftOut::kSuperseded), 1U);
  EXPECT_EQ(drain(), (Numbers{5, 6}));
}

TEST_F(VideoQueueTest, AFrameThatWasBegunIsNotBegunAgainFromAGroup) {
  queue_.set_encoding(EncodingId{1});
  const FrameRef keyframe = frame(in_encoding(HandMade::keyframe(5), 1));
  queue_.push(keyframe, counters_);
  begin_head(10);
  queue_.clear(LeftOut::kThinned, counters_);
  ASSERT_TRUE(queue_.take_abandoned());
  EXPECT_FALSE(queue_.push_group(std::vector{keyframe}, kUnknownLink, counters_));
  EXPECT_TRUE(queue_.empty());
}

TEST_F(VideoQueueTest, AWayToLiveThatTurnsOutLongIsGivenUpForAKeyframe) {
  const std::vector<FrameRef> group = {frame(HandMade::keyframe(0), 9s),
                                       frame(HandMade::delta(1, {0}), 8s),
                                       frame(HandMade::delta(2, {1}), 7s)};
  ASSERT_TRUE(queue_.push_group(group, kUnknownLink, counters_));
  ASSERT_TRUE(queue_.take(kWhole, counters_).last());
  thin(link_of(100ms));  // 200 ms to go, against 250 for a keyframe
  EXPECT_EQ(queue_.bytes(), 2000U);
  thin(link_of(300ms));
  EXPECT_TRUE(queue_.empty());
  EXPECT_TRUE(wants_keyframe());
}

TEST_F(VideoQueueTest, AJoinerOfAFarLinkIsNotSentALongChainUnasked) {
  const auto chain = [&](std::uint32_t bytes) {
    return std::vector{frame(HandMade::keyframe(0, 10'000)),
                       frame(HandMade::delta(1, {0}, 0, bytes))};
  };
  const LinkEstimate far{.one_way_delay = 20ms};
  const auto taken = [&](std::uint32_t bytes, const LinkEstimate& link) {
    return VideoQueue{{}, 400ms}.push_group(chain(bytes), link, counters_);
  };
  EXPECT_FALSE(taken(50'000, far));
  EXPECT_TRUE(taken(20'000, far));
  EXPECT_TRUE(taken(50'000, kUnknownLink)) << "a LAN has it before a keyframe could be asked for";
}

TEST_F(VideoQueueTest, AChainThatIsInTimeIsNeverGivenUp) {
  send_keyframe();
  for (FrameNumber number = 1; number < 5; ++number) push(HandMade::delta(number, {number - 1}));
  thin(link_of(2s));
  EXPECT_EQ(drain(), (Numbers{1, 2, 3, 4}));
}

TEST_F(VideoQueueTest, ATrackWhoseChainIsGivenUpTwiceInARowIsStarvedUntilABaseFrameIsInTime) {
  FrameNumber number = 0;
  const auto give_up = [&] {
    push(HandMade::keyframe(number));
    ASSERT_EQ(drain(), Numbers{number});
    push(HandMade::delta(number + 1, {number}));
    push(HandMade::delta(number + 2, {number + 1}));
    now_ += 500ms;
    thin(link_of(1s));
    ASSERT_TRUE(queue_.empty());
    number += 3;
  };
  give_up();
  EXPECT_FALSE(queue_.starved());
  EXPECT_TRUE(wants_keyframe());
  // A still picture costs its publisher: a keyframe is wanted ever more rarely, but it is wanted.
  Duration pause_before{};
  for (int times = 0; times < 5; ++times) {
    give_up();
    EXPECT_TRUE(queue_.starved());
    const Time given_up = now_;
    while (!wants_keyframe() && now_ < given_up + 1min) now_ += 100ms;
    const Duration pause = now_ - given_up;
    EXPECT_GE(pause, std::max<Duration>(pause_before, 1s));
    EXPECT_LE(pause, 10s);
    pause_before = pause;
  }
  push(HandMade::keyframe(1000));
  thin(kUnknownLink);
  EXPECT_TRUE(queue_.starved()) << "a keyframe says nothing of what follows it";
  EXPECT_EQ(drain(), Numbers{1000});
  push(HandMade::delta(1001, {1000}));
  thin(kUnknownLink);
  EXPECT_FALSE(queue_.starved());
}

// A group to start from.

TEST_F(VideoQueueTest, AGroupBringsAJoinerToThePresentWhateverItsAge) {
  const std::vector<FrameRef> group = {frame(HandMade::keyframe(0), 9s),
                                       frame(HandMade::delta(1, {0}), 8s),
                                       frame(HandMade::delta(2, {1}, 1), 7s)};
  EXPECT_TRUE(queue_.push_group(group, kUnknownLink, counters_));
  EXPECT_FALSE(wants_keyframe());
  push(HandMade::delta(3, {1}));
  thin(link_of(20ms));
  EXPECT_EQ(left_out(), 0U);
  EXPECT_EQ(drain(), (Numbers{0, 1, 2, 3}));
}

TEST_F(VideoQueueTest, OfAGroupOnlyWhatTheReceiverLacksIsSent) {
  const std::vector<FrameRef> group = {frame(HandMade::keyframe(0)), frame(HandMade::delta(1, {0})),
                                       frame(HandMade::delta(2, {1}))};
  send_keyframe();
  EXPECT_TRUE(queue_.push_group(group, kUnknownLink, counters_));
  EXPECT_EQ(drain(), (Numbers{1, 2}));
}

TEST_F(VideoQueueTest, AGroupThatHelpsNothingIsRefused) {
  EXPECT_FALSE(queue_.push_group({}, kUnknownLink, counters_));
  const std::vector<FrameRef> group = {frame(HandMade::keyframe(0))};
  send_keyframe();
  EXPECT_FALSE(queue_.push_group(group, kUnknownLink, counters_));
  EXPECT_TRUE(queue_.empty());
}

TEST_F(VideoQueueTest, AGroupIsRefusedWhenANewKeyframeWouldBeQuicker) {
  const std::vector<FrameRef> group = {frame(HandMade::keyframe(0)), frame(HandMade::delta(1, {0})),
                                       frame(HandMade::delta(2, {1}))};
  EXPECT_FALSE(queue_.push_group(group, link_of(80ms), counters_));  // 240 ms against 230 ms
  EXPECT_TRUE(queue_.empty());
  EXPECT_TRUE(wants_keyframe());
  EXPECT_TRUE(queue_.push_group(group, link_of(70ms), counters_));  // 210 ms against 220 ms
}

TEST_F(VideoQueueTest, OnACongestedLinkOfUnknownRateAGroupIsOnlyItsKeyframe) {
  const LinkEstimate congested{.congested = true};
  const std::vector<FrameRef> group = {frame(HandMade::keyframe(0)),
                                       frame(HandMade::delta(1, {0}))};
  EXPECT_FALSE(queue_.push_group(group, congested, counters_));
  EXPECT_TRUE(queue_.push_group(std::span{group}.first(1), congested, counters_));
}

// The bound.

TEST_F(VideoQueueTest, OverItsBytesTheEnhancementFramesGoFirst) {
  send_keyframe();
  push(HandMade::delta(1, {0}, 1, 4000));
  push(HandMade::delta(2, {0}, 0, 4000));
  push(HandMade::delta(3, {2}, 0, 4000));
  EXPECT_EQ(left_out(LeftOut::kOverflowed), 1U);
  EXPECT_FALSE(wants_keyframe());
  EXPECT_EQ(drain(), (Numbers{2, 3}));
}

TEST_F(VideoQueueTest, ThenAllBehindTheKeyframeAndANewWayToLiveIsWanted) {
  push(HandMade::keyframe(0, 4000));
  push(HandMade::delta(1, {0}, 0, 4000));
  push(HandMade::delta(2, {1}, 0, 4000));
  EXPECT_EQ(left_out(LeftOut::kOverflowed), 1U);
  EXPECT_EQ(left_out(LeftOut::kOrphaned), 1U);
  EXPECT_TRUE(wants_keyframe());
  EXPECT_EQ(drain(), Numbers{0});
}

TEST_F(VideoQueueTest, OverItsFramesItOverflowsToo) {
  push(HandMade::keyframe(0, 10));
  for (FrameNumber number = 1; number < 8; ++number) {
    push(HandMade::delta(number, {number - 1}, 0, 10));
  }
  EXPECT_EQ(left_out(), 0U);
  push(HandMade::delta(8, {7}, 0, 10));
  EXPECT_EQ(left_out(LeftOut::kOverflowed), 7U);
  EXPECT_EQ(drain(), Numbers{0});
}

TEST_F(VideoQueueTest, AnEnhancementFrameNeverPushesABaseFrameOut) {
  push(HandMade::keyframe(0, 4000));
  push(HandMade::delta(1, {0}, 0, 4000));
  push(HandMade::delta(2, {1}, 1, 4000));
  EXPECT_EQ(left_out(LeftOut::kOverflowed), 1U);
  EXPECT_FALSE(wants_keyframe());
  EXPECT_EQ(drain(), (Numbers{0, 1}));
}

TEST_F(VideoQueueTest, AFrameThatCannotBeDecodedPushesNothingOut) {
  push(HandMade::keyframe(0, 4000));
  push(HandMade::delta(1, {0}, 1, 4000));
  push(HandMade::delta(3, {2}, 0, 4000));
  EXPECT_EQ(left_out(LeftOut::kOverflowed), 0U);
  EXPECT_EQ(left_out(LeftOut::kOrphaned), 1U);
  EXPECT_EQ(drain(), (Numbers{0, 1}));
}

TEST_F(VideoQueueTest, AFrameLargerThanTheBoundIsTakenWhenNothingElseWaits) {
  push(HandMade::keyframe(0, 50'000));
  EXPECT_EQ(drain(), Numbers{0});
  push(HandMade::delta(1, {0}, 0, 50'000));
  EXPECT_EQ(drain(), Numbers{1});
  EXPECT_EQ(left_out(), 0U);
}

// Another encoding.

TEST_F(VideoQueueTest, TheOldEncodingGoesOnUntilAKeyframeOfTheNewOneComes) {
  send_keyframe();
  queue_.set_encoding(EncodingId{1});
  EXPECT_EQ(queue_.wants_keyframe(now_), EncodingId{1});
  push(HandMade::delta(1, {0}));
  push(in_encoding(HandMade::delta(501, {500}), 1));
  EXPECT_EQ(drain(), Numbers{1});
  push(HandMade::delta(2, {1}));
  push(in_encoding(HandMade::keyframe(502), 1));
  EXPECT_FALSE(wants_keyframe());
  EXPECT_EQ(left_out(LeftOut::kSuperseded), 1U);
  push(in_encoding(HandMade::delta(503, {502}), 1));
  push(HandMade::delta(3, {2}));
  push(HandMade::keyframe(4));
  EXPECT_EQ(drain(), (Numbers{502, 503})) << "and nothing more of the old one";
}

TEST_F(VideoQueueTest, AKeyframeOfTheOldEncodingServesUntilTheNewOneComes) {
  send_keyframe();
  queue_.set_encoding(EncodingId{1});
  push(HandMade::keyframe(1));
  EXPECT_EQ(queue_.wants_keyframe(now_), EncodingId{1});
  EXPECT_EQ(drain(), Numbers{1});
}

TEST_F(VideoQueueTest, FramesOfEncodingsThatAreNotShownAreNotCounted) {
  send_keyframe();
  push(in_encoding(HandMade::keyframe(0), 1));
  push(in_encoding(HandMade::delta(1, {0}), 1));
  EXPECT_TRUE(queue_.empty());
  EXPECT_EQ(left_out(), 0U);
}

// Hidden, muted or ended.

TEST_F(VideoQueueTest, ClearDropsAllForTheReasonGivenAndWantsAKeyframe) {
  push(HandMade::keyframe(0));
  push(HandMade::delta(1, {0}));
  queue_.clear(LeftOut::kThinned, counters_);
  EXPECT_TRUE(queue_.empty());
  EXPECT_EQ(queue_.bytes(), 0U);
  EXPECT_EQ(left_out(LeftOut::kThinned), 2U);
  EXPECT_FALSE(queue_.owes_abandon_mark());
  EXPECT_TRUE(wants_keyframe());
  push(HandMade::keyframe(2));
  EXPECT_EQ(drain(), Numbers{2});
}

TEST_F(VideoQueueTest, ClearAbandonsAFrameThatWasBegun) {
  push(HandMade::keyframe(0, 5000));
  push(HandMade::delta(1, {0}));
  begin_head(1000);
  queue_.clear(LeftOut::kThinned, counters_);
  EXPECT_TRUE(queue_.empty());
  EXPECT_EQ(queue_.bytes(), 0U);
  ASSERT_TRUE(queue_.owes_abandon_mark());
  EXPECT_EQ(queue_.take_abandoned()->frame->description.number, 0U);
  push(HandMade::delta(2, {0}));
  EXPECT_TRUE(queue_.empty()) << "the keyframe was not sent whole";
}

using VideoQueueDeathTest = VideoQueueTest;

TEST_F(VideoQueueDeathTest, NothingIsHandedOutBeforeTheAbandonMark) {
  testing::FLAGS_gtest_death_test_style = "threadsafe";
  push(HandMade::keyframe(0, 5000));
  begin_head(1000);
  queue_.clear(LeftOut::kThinned, counters_);
  push(HandMade::keyframe(1));
  EXPECT_DEATH(std::ignore = queue_.take(kWhole, counters_), "a frame given up is marked before");
}

}  // namespace
}  // namespace sluice::media
