#include <gtest/gtest.h>

#include <cmath>
#include <numbers>
#include <vector>

#include "client/sound_source.h"
#include "client/synthetic_camera.h"
#include "media/codec/audio_level.h"

namespace sluice::client {
namespace {

using namespace std::chrono_literals;

double difference(const media::I420Image& a, const media::I420Image& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.bytes().size(); ++i) sum += std::abs(a.bytes()[i] - b.bytes()[i]);
  return sum / static_cast<double>(a.bytes().size());
}

TEST(SyntheticCamera, MovesAndIsTheSameForTheSameName) {
  const SyntheticCamera ada{"Ada", 320, 180};
  const auto first = ada.picture(0s, 0ms, 0);
  EXPECT_GT(difference(first, ada.picture(500ms, 500ms, 0)), 0.05);
  EXPECT_EQ(first, (SyntheticCamera{"Ada", 320, 180}.picture(0s, 0ms, 0)));
  EXPECT_GT(difference(first, SyntheticCamera{"Bo", 320, 180}.picture(0s, 0ms, 0)), 5);
}

TEST(SyntheticCamera, DrawsAnyNameAtAnySize) {
  for (const char* name : {"", "\xC3\xA9", "\xE6\x9D\x8E\xE5\xA8\x9C", "\xFF\xFE",
                           "A very long name that does not fit on the picture at all"}) {
    for (const auto& [width, height] : {std::pair{32, 32}, {33, 35}, {640, 48}, {48, 640}}) {
      const auto picture = SyntheticCamera{name, width, height}.picture(1s, 86399999ms, 1);
      EXPECT_EQ(picture.width(), width);
    }
  }
}

/// Strength of one frequency in a second of sound (Goertzel), against its whole strength.
double share_of(std::span<const std::int16_t> samples, double hertz) {
  double real = 0;
  double imaginary = 0;
  double energy = 0;
  for (std::size_t i = 0; i < samples.size(); ++i) {
    const double phase = 2 * std::numbers::pi * hertz * static_cast<double>(i) / 48'000;
    real += samples[i] * std::cos(phase);
    imaginary += samples[i] * std::sin(phase);
    energy += static_cast<double>(samples[i]) * samples[i];
  }
  return 2 * (real * real + imaginary * imaginary) / (energy * static_cast<double>(samples.size()));
}

TEST(SoundSource, ASineIsOnlyItsFrequency) {
  std::vector<std::int16_t> second(48'000);
  const auto sine = make_sine(1000);
  for (int packet = 0; packet < 50; ++packet) {
    sine->read(std::span{second}.subspan(static_cast<std::size_t>(packet) * 960, 960));
  }
  EXPECT_GT(share_of(second, 1000), 0.99);
  EXPECT_NEAR(media::audio_level(second), 23, 1);
}

TEST(SoundSource, VoicesAndMelodiesAreSoftAndNeverClip) {
  for (const char* name : {"Ada", "Bruno", "Chidi", "Dora", ""}) {
    for (auto& source : {make_melody(name), make_murmur(name)}) {
      std::vector<std::int16_t> packet(960);
      std::uint8_t loudest = 127;
      for (int i = 0; i < 1000; ++i) {
        source->read(packet);
        loudest = std::min(loudest, media::audio_level(packet));
        for (const std::int16_t sample : packet) EXPECT_LT(std::abs(int{sample}), 16'000);
      }
      EXPECT_GT(loudest, 14) << name;
      EXPECT_LT(loudest, 32) << name;
    }
  }
}

TEST(SoundSource, ALoopBeginsAnew) {
  const auto loop = make_loop({1, 2, 3});
  std::vector<std::int16_t> samples(7);
  loop->read(samples);
  EXPECT_EQ(samples, (std::vector<std::int16_t>{1, 2, 3, 1, 2, 3, 1}));
}

}  // namespace
}  // namespace sluice::client
