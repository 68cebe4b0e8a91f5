#include "media/playout_delay.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <random>
#include <vector>

namespace sluice::media {
namespace {

using namespace std::chrono_literals;

constexpr Time kStart{1000s};
constexpr PlayoutDelay::Bounds kBounds{.initial = 60ms, .min = 20ms, .max = 200ms};

TEST(PlayoutDelay, BeginsWithItsInitialTargetOverTheFirstFramesWay) {
  PlayoutDelay delay{kBounds};
  delay.observe(5s, kStart);
  EXPECT_EQ(delay.target(), 60ms);
  EXPECT_EQ(delay.stamp(5s) + delay.offset(), kStart + 60ms);
}

TEST(PlayoutDelay, StaysWithinItsBounds) {
  PlayoutDelay delay{kBounds};
  for (int i = 0; i < 500; ++i) delay.observe(i * 20ms, kStart + i * 20ms);
  EXPECT_EQ(delay.target(), 20ms);
  for (int i = 500; i < 600; ++i) delay.observe(i * 20ms, kStart + i * 20ms + 800ms);
  EXPECT_EQ(delay.target(), 200ms);
}

TEST(PlayoutDelay, FallsByTwentyMillisecondsASecond) {
  PlayoutDelay delay{{.initial = 200ms, .min = 20ms, .max = 200ms}};
  for (int i = 0; i <= 250; ++i) delay.observe(i * 20ms, kStart + i * 20ms);
  EXPECT_EQ(delay.target(), 100ms) << "five seconds later";
}

TEST(PlayoutDelay, ThreeLateFramesOfAWindowAreNotFollowedAFourthIs) {
  PlayoutDelay delay{kBounds};
  const auto observe = [&](int i, Duration late) {
    delay.observe(i * 20ms, kStart + i * 20ms + late);
  };
  for (int i = 0; i < 300; ++i) observe(i, 0ms);
  for (int i = 300; i < 303; ++i) observe(i, 150ms);
  EXPECT_EQ(delay.target(), 20ms);
  observe(303, 150ms);
  EXPECT_EQ(delay.target(), 150ms);
}

// The model sorts the last 128 latenesses; without falls, as its frames all arrive in one moment.
TEST(PlayoutDelay, TheTargetIsTheWindowsQuantile) {
  for (unsigned seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    std::mt19937 random{seed};
    PlayoutDelay delay{{.initial = 0ms, .min = 0ms, .max = 1s}};
    delay.observe(0us, kStart);
    std::vector<Duration> window{0ms};
    Duration highest = 0ms;
    for (int i = 1; i < 700; ++i) {
      const Duration late{random() % 300'000};
      delay.observe(-late, kStart);
      window.push_back(late);
      if (window.size() > 128) window.erase(window.begin());
      std::vector<Duration> sorted = window;
      std::sort(sorted.begin(), sorted.end(), std::greater<>{});
      const Duration quantile = sorted.size() > 3 ? sorted[3] : 0ms;
      highest = std::max(highest, (quantile + 5ms - 1us) / 5ms * Duration{5ms});
      ASSERT_EQ(delay.target(), highest) << "frame " << i;
    }
  }
}

TEST(PlayoutDelay, ForgetsEverythingWhenThePublishersClockIsSet) {
  PlayoutDelay delay{kBounds};
  EXPECT_FALSE(delay.observe(0s, kStart));
  EXPECT_FALSE(delay.observe(20ms, kStart + 9s));
  EXPECT_TRUE(delay.observe(1h, kStart + 9s));
  EXPECT_EQ(delay.target(), 60ms);
  EXPECT_EQ(delay.stamp(1h) + delay.offset(), kStart + 9s + 60ms);
  const std::chrono::microseconds last{std::numeric_limits<std::int64_t>::max()};
  EXPECT_TRUE(delay.observe(last, kStart + 10s));
  EXPECT_FALSE(delay.observe(-last - 1us, kStart + 10s)) << "one microsecond later, by wrapping";
}

TEST(PlayoutDelay, OffsetsCrossFromOneTrackToAnother) {
  PlayoutDelay sound{kBounds};
  PlayoutDelay picture{kBounds};
  sound.observe(500ms, kStart);
  picture.observe(2s, kStart + 1700ms);
  const Duration shared = sound.for_capture_times(sound.offset());
  EXPECT_EQ(sound.for_stamps(shared), sound.offset());
  EXPECT_EQ(picture.stamp(3s) + picture.for_stamps(shared), sound.stamp(3s) + sound.offset());
}

}  // namespace
}  // namespace sluice::media
