#include <gtest/gtest.h>

#include <span>
#include <vector>

#include "tests/media/video_queue_fixture.h"

namespace sluice::media {
namespace {

using namespace std::chrono_literals;

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

}  // namespace
}  // namespace sluice::media
