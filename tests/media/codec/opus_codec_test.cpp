#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

#include "media/codec/audio_level.h"
#include "media/codec/opus_decoder.h"
#include "media/codec/opus_encoder.h"

namespace sluice::media {
namespace {

std::vector<std::int16_t> tone_packet(int index, int channels, double hertz) {
  std::vector<std::int16_t> samples;
  for (int i = 0; i < kOpusPacketSamples; ++i) {
    const double seconds =
        static_cast<double>(index * kOpusPacketSamples + i) / static_cast<double>(kOpusSampleRate);
    const auto sample =
        static_cast<std::int16_t>(8000 * std::sin(2 * std::numbers::pi * hertz * seconds));
    for (int channel = 0; channel < channels; ++channel) samples.push_back(sample);
  }
  return samples;
}

int sign_changes(const std::vector<std::int16_t>& samples) {
  int changes = 0;
  for (std::size_t i = 1; i < samples.size(); ++i) {
    if ((samples[i - 1] < 0) != (samples[i] < 0)) ++changes;
  }
  return changes;
}

TEST(OpusCodec, AToneComesBackWithItsPitchAndLevel) {
  auto encoder = OpusEncoder::create(1, 32'000);
  auto decoder = OpusDecoder::create(1);
  ASSERT_TRUE(encoder && decoder);
  std::vector<std::int16_t> heard;
  for (int i = 0; i < 50; ++i) {
    const auto packet = encoder->encode(tone_packet(i, 1, 500));
    ASSERT_TRUE(packet);
    EXPECT_LT(packet->size(), 400U);
    const auto samples = decoder->decode(*packet);
    ASSERT_TRUE(samples);
    ASSERT_EQ(samples->size(), static_cast<std::size_t>(kOpusPacketSamples));
    if (i >= 25) heard.insert(heard.end(), samples->begin(), samples->end());
  }
  EXPECT_NEAR(sign_changes(heard), 500, 10);  // 25 packets are half a second: two a period
  EXPECT_NEAR(audio_level(heard), audio_level(tone_packet(0, 1, 500)), 1);
}

TEST(OpusCodec, StereoDecodesToMonoAndBack) {
  auto encoder = OpusEncoder::create(2, 64'000);
  auto mono = OpusDecoder::create(1);
  auto stereo = OpusDecoder::create(2);
  ASSERT_TRUE(encoder && mono && stereo);
  const auto packet = encoder->encode(tone_packet(0, 2, 500));
  ASSERT_TRUE(packet);
  EXPECT_EQ(mono->decode(*packet)->size(), 960U);
  EXPECT_EQ(stereo->decode(*packet)->size(), 1920U);
}

TEST(OpusCodec, AGapIsConcealedWithSoundLikeWhatWasBefore) {
  auto encoder = OpusEncoder::create(1, 32'000);
  auto decoder = OpusDecoder::create(1);
  ASSERT_TRUE(encoder && decoder);
  for (int i = 0; i < 20; ++i) {
    ASSERT_TRUE(decoder->decode(*encoder->encode(tone_packet(i, 1, 500))));
  }
  const auto invented = decoder->conceal(kOpusPacketSamples);
  ASSERT_TRUE(invented);
  EXPECT_EQ(invented->size(), static_cast<std::size_t>(kOpusPacketSamples));
  EXPECT_LT(audio_level(*invented), audio_level(tone_packet(0, 1, 500)) + 10);
}

TEST(OpusCodec, BadPacketsAreErrorsAndTheDecoderGoesOn) {
  auto encoder = OpusEncoder::create(1, 32'000);
  auto decoder = OpusDecoder::create(1);
  ASSERT_TRUE(encoder && decoder);
  EXPECT_FALSE(decoder->decode({}));
  const std::vector<std::byte> bad(3, std::byte{0xFF});
  EXPECT_FALSE(decoder->decode(bad));
  EXPECT_TRUE(decoder->decode(*encoder->encode(tone_packet(0, 1, 500))));
}

TEST(OpusCodec, RefusesImpossibleConfigurations) {
  EXPECT_FALSE(OpusEncoder::create(3, 32'000));
  EXPECT_FALSE(OpusEncoder::create(1, 1));
  EXPECT_FALSE(OpusDecoder::create(0));
}

}  // namespace
}  // namespace sluice::media
