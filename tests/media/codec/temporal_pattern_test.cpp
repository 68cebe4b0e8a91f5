#include "media/codec/temporal_pattern.h"

#include <gtest/gtest.h>

#include <string>

namespace sluice::media {
namespace {

/// The next `count` places as "layer-delta" with "k" on keyframes and "d" on discardable ones.
std::string walk(TemporalPattern& pattern, int count, int keyframe_at = -1) {
  std::string walked;
  for (int i = 0; i < count; ++i) {
    const TemporalPlace place = pattern.next(i == keyframe_at);
    pattern.advance(place);
    walked += (i == 0 ? "" : " ") + std::to_string(place.temporal_layer) + "-" +
              std::to_string(place.dependency_delta);
    if (place.keyframe) walked += "k";
    if (place.discardable) walked += "d";
  }
  return walked;
}

TEST(TemporalPattern, OneLayerIsAChain) {
  TemporalPattern pattern{1};
  EXPECT_EQ(walk(pattern, 4), "0-0k 0-1 0-1 0-1");
}

TEST(TemporalPattern, TwoLayersAlternate) {
  TemporalPattern pattern{2};
  EXPECT_EQ(walk(pattern, 6), "0-0k 1-1d 0-2 1-1d 0-2 1-1d");
}

TEST(TemporalPattern, ThreeLayersRunZeroTwoOneTwo) {
  TemporalPattern pattern{3};
  EXPECT_EQ(walk(pattern, 9), "0-0k 2-1d 1-2 2-1d 0-4 2-1d 1-2 2-1d 0-4");
}

TEST(TemporalPattern, BeginsAnewAtAKeyframe) {
  TemporalPattern pattern{3};
  EXPECT_EQ(walk(pattern, 8, 2), "0-0k 2-1d 0-0k 2-1d 1-2 2-1d 0-4 2-1d");
}

TEST(TemporalPattern, AFrameThatWasSkippedLeavesItsPlaceToTheNext) {
  TemporalPattern pattern{3};
  walk(pattern, 2);
  const TemporalPlace skipped = pattern.next(false);
  EXPECT_EQ(pattern.next(false), skipped);
}

}  // namespace
}  // namespace sluice::media
