#include "media/dependency_tracker.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>

#include "tests/media/hand_made_frame.h"

namespace sluice::media {
namespace {

FrameDescription in_encoding(FrameDescription frame, std::uint8_t encoding) {
  frame.encoding = EncodingId{encoding};
  return frame;
}

TEST(DependencyTracker, NothingButAKeyframeCanBeDecodedFirst) {
  const DependencyTracker tracker;
  EXPECT_EQ(tracker.encoding(), std::nullopt);
  EXPECT_FALSE(tracker.decodable(HandMade::delta(1, {0})));
  EXPECT_FALSE(tracker.decodable(HandMade::delta(1, {})));
  for (const FrameNumber number : {0U, 1U, 0x8000'0000U, 0xFFFF'FFFFU}) {
    EXPECT_TRUE(tracker.decodable(HandMade::keyframe(number))) << number;
  }
}

TEST(DependencyTracker, AFrameNeedsEveryFrameThatItNames) {
  DependencyTracker tracker;
  tracker.mark(HandMade::keyframe(10));
  tracker.mark(HandMade::delta(11, {10}));
  tracker.mark(HandMade::delta(13, {11}));
  EXPECT_TRUE(tracker.decodable(HandMade::delta(14, {13})));
  EXPECT_TRUE(tracker.decodable(HandMade::delta(14, {10, 11, 13})));
  EXPECT_FALSE(tracker.decodable(HandMade::delta(14, {12})));
  EXPECT_FALSE(tracker.decodable(HandMade::delta(14, {13, 12, 11})));
  EXPECT_FALSE(tracker.decodable(HandMade::delta(14, {9}))) << "before the keyframe";
}

TEST(DependencyTracker, ADeltaFrameThatNamesNothingIsNotTrusted) {
  DependencyTracker tracker;
  tracker.mark(HandMade::keyframe(10));
  EXPECT_FALSE(tracker.decodable(HandMade::delta(11, {})));
}

TEST(DependencyTracker, NothingIsDecodedTwiceOrBackwards) {
  DependencyTracker tracker;
  tracker.mark(HandMade::keyframe(10));
  tracker.mark(HandMade::delta(12, {10}));
  EXPECT_FALSE(tracker.decodable(HandMade::delta(12, {10})));
  EXPECT_FALSE(tracker.decodable(HandMade::delta(11, {10})));
  EXPECT_FALSE(tracker.decodable(HandMade::keyframe(12)));
  EXPECT_FALSE(tracker.decodable(HandMade::keyframe(11)));
  EXPECT_TRUE(tracker.decodable(HandMade::keyframe(13)));
}

TEST(DependencyTracker, AKeyframeForgetsAllBeforeIt) {
  DependencyTracker tracker;
  tracker.mark(HandMade::keyframe(10));
  tracker.mark(HandMade::delta(11, {10}));
  tracker.mark(HandMade::keyframe(12));
  EXPECT_FALSE(tracker.decodable(HandMade::delta(13, {11})));
  EXPECT_TRUE(tracker.decodable(HandMade::delta(13, {12})));
}

TEST(DependencyTracker, AKeyframeOfAnotherEncodingMovesTheDecoderThere) {
  DependencyTracker tracker;
  tracker.mark(HandMade::keyframe(1000));
  EXPECT_EQ(tracker.encoding(), EncodingId{0});
  EXPECT_FALSE(tracker.decodable(in_encoding(HandMade::delta(1001, {1000}), 1)));
  tracker.mark(in_encoding(HandMade::keyframe(5), 1));
  EXPECT_EQ(tracker.encoding(), EncodingId{1});
  EXPECT_TRUE(tracker.decodable(in_encoding(HandMade::delta(6, {5}), 1)));
  EXPECT_FALSE(tracker.decodable(HandMade::delta(1001, {1000})));
  EXPECT_FALSE(tracker.decodable(HandMade::delta(6, {5})));
  EXPECT_TRUE(tracker.decodable(HandMade::keyframe(1002)));
}

TEST(DependencyTracker, GoesOnAcrossTheWrapOfNumbers) {
  DependencyTracker tracker;
  tracker.mark(HandMade::keyframe(0xFFFF'FFFE));
  tracker.mark(HandMade::delta(0, {0xFFFF'FFFE}));
  EXPECT_TRUE(tracker.decodable(HandMade::delta(1, {0, 0xFFFF'FFFE})));
  EXPECT_FALSE(tracker.decodable(HandMade::delta(1, {0xFFFF'FFFF})));
}

TEST(DependencyTracker, RemembersTheLast1024NumbersAndTrustsNothingOlder) {
  DependencyTracker tracker;
  tracker.mark(HandMade::keyframe(0));
  tracker.mark(HandMade::delta(1023, {0}));
  EXPECT_TRUE(tracker.decodable(HandMade::delta(1024, {0})));
  tracker.mark(HandMade::delta(1024, {1023}));
  EXPECT_FALSE(tracker.decodable(HandMade::delta(1025, {0})));
  EXPECT_FALSE(tracker.decodable(HandMade::delta(1025, {1}))) << "1 was never there";
}

TEST(DependencyTracker, AGapForgetsWhatHadThePlacesOfTheMissingNumbers) {
  DependencyTracker tracker;
  tracker.mark(HandMade::keyframe(0));
  for (FrameNumber number = 1; number < 100; ++number) {
    tracker.mark(HandMade::delta(number, {number - 1}));
  }
  tracker.mark(HandMade::delta(1100, {99}));
  EXPECT_FALSE(tracker.decodable(HandMade::delta(1101, {1024 + 50}))) << "the place of 50";
  EXPECT_TRUE(tracker.decodable(HandMade::delta(1101, {99})));
  tracker.mark(HandMade::delta(60'000, {1100}));
  EXPECT_FALSE(tracker.decodable(HandMade::delta(60'001, {59'999})));
  EXPECT_TRUE(tracker.decodable(HandMade::delta(60'001, {60'000})));
}

TEST(DependencyTracker, ResetForgetsAll) {
  DependencyTracker tracker;
  tracker.mark(HandMade::keyframe(10));
  tracker.reset();
  EXPECT_EQ(tracker.encoding(), std::nullopt);
  EXPECT_FALSE(tracker.decodable(HandMade::delta(11, {10})));
  EXPECT_TRUE(tracker.decodable(HandMade::keyframe(3)));
}

TEST(DependencyTracker, AgreesWithASetOfNumbersOnRandomStreams) {
  for (unsigned seed = 1; seed <= 50; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    std::mt19937 random{seed};
    DependencyTracker tracker;
    std::set<FrameNumber> decoded;  // since the last keyframe
    FrameNumber number = 100'000;
    for (int step = 0; step < 2000; ++step) {
      number += 1 + static_cast<FrameNumber>(random() % 20 == 0 ? random() % 1500 : 0);
      FrameDescription frame{.number = number, .length = 1, .keyframe = random() % 300 == 0};
      if (!frame.keyframe) frame.dependency_count = static_cast<std::uint8_t>(1 + random() % 3);
      for (std::size_t i = 0; i < frame.dependency_count; ++i) {
        frame.dependency_deltas[i] =
            static_cast<std::uint16_t>(random() % 10 == 0 ? 1 + random() % 1200 : 1 + random() % 4);
      }
      const bool expected =
          frame.keyframe || std::ranges::all_of(frame.dependencies(), [&](std::uint16_t delta) {
            const bool remembered = !decoded.empty() && *decoded.rbegin() - (number - delta) < 1024;
            return remembered && decoded.contains(number - delta);
          });
      ASSERT_EQ(tracker.decodable(frame), expected) << "frame " << number;
      if (!expected || random() % 10 == 0) continue;
      if (frame.keyframe) decoded.clear();
      decoded.insert(number);
      tracker.mark(frame);
    }
  }
}

TEST(DependencyTrackerDeathTest, MarkingWhatCannotBeDecodedStopsTheProcess) {
  testing::FLAGS_gtest_death_test_style = "threadsafe";
  DependencyTracker tracker;
  EXPECT_DEATH(tracker.mark(HandMade::delta(1, {0})), "only a decodable frame is marked");
}

}  // namespace
}  // namespace sluice::media
