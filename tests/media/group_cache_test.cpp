#include "media/group_cache.h"

#include <gtest/gtest.h>

#include <vector>

#include "media/dependency_tracker.h"
#include "tests/media/hand_made_frame.h"
#include "tests/media/synthetic_track.h"

namespace sluice::media {
namespace {

using std::chrono::milliseconds;

class GroupCacheTest : public testing::Test {
 protected:
  void add(const FrameDescription& frame) { cache_.add(hand_made_frame(pool_, frame, Time{})); }
  [[nodiscard]] std::vector<FrameNumber> numbers() const {
    std::vector<FrameNumber> found;
    for (const FrameRef& frame : cache_.frames()) found.push_back(frame->description.number);
    return found;
  }
  static FrameDescription discardable(FrameDescription frame) {
    frame.discardable = true;
    return frame;
  }

  using Numbers = std::vector<FrameNumber>;
  FramePool pool_{std::size_t{64} << 20};
  GroupCache cache_{{.bytes_max = 10'000, .frames_max = 8}};
};

TEST_F(GroupCacheTest, HoldsNothingBeforeTheFirstKeyframe) {
  add(HandMade::delta(5, {4}));
  EXPECT_TRUE(cache_.frames().empty());
  EXPECT_EQ(cache_.bytes(), 0U);
  EXPECT_EQ(cache_.keyframe_bytes(), 0U);
}

TEST_F(GroupCacheTest, HoldsTheKeyframeAndTheBaseFramesSinceInDecodeOrder) {
  add(HandMade::keyframe(0, 4000));
  add(HandMade::delta(1, {0}));
  add(HandMade::delta(2, {1}));
  EXPECT_EQ(numbers(), (Numbers{0, 1, 2}));
  EXPECT_EQ(cache_.bytes(), 6000U);
  EXPECT_EQ(cache_.keyframe_bytes(), 4000U);
}

TEST_F(GroupCacheTest, AKeyframeReplacesTheGroupBeforeIt) {
  add(HandMade::keyframe(0));
  add(HandMade::delta(1, {0}));
  add(HandMade::keyframe(2, 500));
  EXPECT_EQ(numbers(), (Numbers{2}));
  EXPECT_EQ(cache_.bytes(), 500U);
}

TEST_F(GroupCacheTest, KeepsEnhancementFramesOnlySinceTheLastBaseFrame) {
  add(HandMade::keyframe(0));
  add(HandMade::delta(1, {0}, 1));
  EXPECT_EQ(numbers(), (Numbers{0, 1}));
  add(HandMade::delta(2, {0}, 0));
  EXPECT_EQ(numbers(), (Numbers{0, 2}));
  add(HandMade::delta(3, {2}, 1));
  EXPECT_EQ(numbers(), (Numbers{0, 2, 3}));
  EXPECT_EQ(cache_.bytes(), 3000U);
}

TEST_F(GroupCacheTest, LeavesOutWhatNoOtherFrameNeeds) {
  add(HandMade::keyframe(0));
  add(discardable(HandMade::delta(1, {0}, 2)));
  EXPECT_EQ(numbers(), (Numbers{0}));
}

TEST_F(GroupCacheTest, KeepsABaseFrameEvenWhenItIsDiscardable) {
  add(HandMade::keyframe(0));
  add(discardable(HandMade::delta(1, {0})));
  EXPECT_EQ(numbers(), (Numbers{0, 1}));
}

TEST_F(GroupCacheTest, OverItsBytesItForgetsTheGroupUpToTheNextKeyframe) {
  add(HandMade::keyframe(0, 9000));
  add(HandMade::delta(1, {0}, 0, 1000));
  EXPECT_EQ(cache_.bytes(), 10'000U) << "the bound itself is allowed";
  add(HandMade::delta(2, {1}, 0, 1));
  EXPECT_TRUE(cache_.frames().empty());
  EXPECT_EQ(cache_.bytes(), 0U);
  add(HandMade::delta(3, {2}, 0, 1));
  EXPECT_TRUE(cache_.frames().empty()) << "a chain with a hole";
  add(HandMade::keyframe(4, 10));
  EXPECT_EQ(numbers(), (Numbers{4}));
}

TEST_F(GroupCacheTest, OverItsFramesItForgetsTheGroup) {
  add(HandMade::keyframe(0, 10));
  for (FrameNumber number = 1; number < 8; ++number) {
    add(HandMade::delta(number, {number - 1}, 0, 10));
  }
  EXPECT_EQ(cache_.frames().size(), 8U);
  add(HandMade::delta(8, {7}, 0, 10));
  EXPECT_TRUE(cache_.frames().empty());
}

TEST_F(GroupCacheTest, AKeyframeOverTheBoundIsNotHeld) {
  add(HandMade::keyframe(0));
  add(HandMade::keyframe(1, 10'001));
  EXPECT_TRUE(cache_.frames().empty());
}

TEST_F(GroupCacheTest, ClearForgetsTheGroupAndLetsItsMemoryGo) {
  add(HandMade::keyframe(0));
  cache_.clear();
  EXPECT_TRUE(cache_.frames().empty());
  EXPECT_EQ(cache_.bytes(), 0U);
  add(HandMade::delta(1, {0}));
  EXPECT_TRUE(cache_.frames().empty());
  pool_.trim();
  pool_.trim();
  EXPECT_EQ(pool_.bytes_held(), 0U);
}

TEST_F(GroupCacheTest, AJoinerCanDecodeAllOfItAndThenTheNextLiveFrameAtAnyMoment) {
  for (int layers = 1; layers <= 3; ++layers) {
    SyntheticVideo camera{pool_, {.temporal_layers = layers}, 5};
    GroupCache cache{GroupCache::Bounds{}};
    for (int frame = 0; frame < 200; ++frame) {
      const FrameRef live = camera.next(Time{milliseconds{33 * frame}}, frame % 60 == 0);
      DependencyTracker joiner;
      for (const FrameRef& cached : cache.frames()) {
        ASSERT_TRUE(joiner.decodable(cached->description));
        joiner.mark(cached->description);
      }
      if (frame > 0) {
        ASSERT_TRUE(joiner.decodable(live->description)) << "frame " << frame;
      }
      cache.add(live);
    }
  }
}

}  // namespace
}  // namespace sluice::media
