#include <gtest/gtest.h>

#include <tuple>
#include <vector>

#include "tests/media/video_queue_fixture.h"

namespace sluice::media {
namespace {

using namespace std::chrono_literals;

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

TEST_F(VideoQueueTest, PausedNothingIsQueuedAndNothingWanted) {
  send_keyframe();
  push(HandMade::delta(1, {0}));
  queue_.pause(counters_);
  EXPECT_TRUE(queue_.empty());
  push(HandMade::keyframe(2));
  EXPECT_FALSE(
      queue_.push_group(std::vector{frame(HandMade::keyframe(3))}, kUnknownLink, counters_));
  EXPECT_TRUE(queue_.empty());
  EXPECT_FALSE(wants_keyframe());
  EXPECT_EQ(left_out(LeftOut::kExpired), 2U);
}

TEST_F(VideoQueueTest, PausedItStillMeasuresItsBaseLayer) {
  send_keyframe();
  queue_.pause(counters_);
  for (FrameNumber number = 1; number <= 20; ++number) {
    now_ += std::chrono::milliseconds{100};
    push(HandMade::delta(number, {number - 1}));
  }
  ASSERT_TRUE(queue_.base_bytes_per_second(now_));
  EXPECT_NEAR(*queue_.base_bytes_per_second(now_), 10'000, 1500);
}

TEST_F(VideoQueueTest, ResumedItWantsAKeyframeAndCountsAsStarvedUntilItKeepsUp) {
  send_keyframe();
  queue_.pause(counters_);
  EXPECT_TRUE(queue_.paused());
  queue_.resume();
  EXPECT_FALSE(queue_.paused());
  EXPECT_TRUE(wants_keyframe());
  EXPECT_TRUE(queue_.starved());
  push(HandMade::keyframe(5));
  thin(kUnknownLink);
  EXPECT_EQ(drain(), Numbers{5});
  EXPECT_TRUE(queue_.starved());
  push(HandMade::delta(6, {5}));
  thin(kUnknownLink);
  EXPECT_FALSE(queue_.starved());
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
