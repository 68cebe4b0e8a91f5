#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "tests/media/video_queue_fixture.h"

namespace sluice::media {
namespace {

using namespace std::chrono_literals;

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

}  // namespace
}  // namespace sluice::media
