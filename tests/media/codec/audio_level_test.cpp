#include "media/codec/audio_level.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>
#include <vector>

namespace sluice::media {
namespace {

TEST(AudioLevel, SilenceIs127) {
  EXPECT_EQ(audio_level(std::vector<std::int16_t>(960, 0)), 127);
  EXPECT_EQ(audio_level({}), 127);
}

TEST(AudioLevel, AFullScaleSquareIs0) {
  EXPECT_EQ(audio_level(std::vector<std::int16_t>(960, -32768)), 0);
}

TEST(AudioLevel, ASineOfATenthOfFullScaleIs23) {
  std::vector<std::int16_t> sine(960);
  for (std::size_t i = 0; i < sine.size(); ++i) {
    sine[i] = static_cast<std::int16_t>(
        3276.8 * std::sin(2 * std::numbers::pi * static_cast<double>(i) / 48.0));
  }
  EXPECT_EQ(audio_level(sine), 23);  // 20 dB for the tenth, 3 dB for the sine
}

}  // namespace
}  // namespace sluice::media
