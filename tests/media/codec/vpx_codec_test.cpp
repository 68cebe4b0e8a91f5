#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "media/codec/vpx_decoder.h"
#include "media/codec/vpx_encoder.h"
#include "tests/media/codec/moving_picture.h"

namespace sluice::media {
namespace {

using std::chrono::microseconds;

constexpr microseconds kFrameTime{33'333};

double psnr(const I420Image& a, const I420Image& b) {
  double error = 0;
  for (std::size_t i = 0; i < a.plane(0).size(); ++i) {
    const double difference = a.plane(0)[i] - b.plane(0)[i];
    error += difference * difference;
  }
  error /= static_cast<double>(a.plane(0).size());
  return error == 0 ? 100 : 10 * std::log10(255.0 * 255.0 / error);
}

class VpxCodec : public testing::TestWithParam<VideoCodec> {
 protected:
  VpxEncoderConfig config_{.codec = GetParam(), .width = 320, .height = 180};
};

TEST_P(VpxCodec, APictureComesBackRecognisable) {
  auto encoder = VpxEncoder::create(config_);
  auto decoder = VpxDecoder::create(GetParam());
  ASSERT_TRUE(encoder && decoder);
  const I420Image picture = moving_picture(320, 180, 0);
  const auto frame = encoder->encode(picture, microseconds{0});
  ASSERT_TRUE(frame && *frame);
  const auto decoded = decoder->decode((*frame)->payload);
  ASSERT_TRUE(decoded && *decoded);
  EXPECT_GT(psnr(picture, **decoded), 25);
}

TEST_P(VpxCodec, OddSizesWork) {
  config_.width = 333;
  config_.height = 187;
  auto encoder = VpxEncoder::create(config_);
  auto decoder = VpxDecoder::create(GetParam());
  ASSERT_TRUE(encoder && decoder);
  for (int i = 0; i < 8; ++i) {
    const I420Image picture = moving_picture(333, 187, i);
    const auto frame = encoder->encode(picture, kFrameTime * i);
    ASSERT_TRUE(frame && *frame);
    const auto decoded = decoder->decode((*frame)->payload);
    ASSERT_TRUE(decoded && *decoded);
    EXPECT_EQ((*decoded)->width(), 333);
    EXPECT_EQ((*decoded)->height(), 187);
    EXPECT_GT(psnr(picture, **decoded), 20);
  }
}

TEST_P(VpxCodec, AKeyframeComesWhenAskedForAndOnlyThen) {
  auto encoder = VpxEncoder::create(config_);
  ASSERT_TRUE(encoder);
  for (int i = 0; i < 60; ++i) {
    if (i == 30) encoder->request_keyframe();
    // A cut at frame 15: libvpx must not make a keyframe of its own.
    const auto frame =
        encoder->encode(moving_picture(320, 180, i < 15 ? i : i + 500), kFrameTime * i);
    ASSERT_TRUE(frame);
    if (!*frame) continue;
    EXPECT_EQ((*frame)->place.keyframe, (*frame)->number == 0 || i == 30) << i;
    EXPECT_EQ((*frame)->group, i < 30 ? 0U : 1U);
  }
}

TEST_P(VpxCodec, TheBitrateFollowsItsTarget) {
  auto encoder = VpxEncoder::create(config_);
  ASSERT_TRUE(encoder);
  int next = 0;
  const auto bits_per_second = [&](int frames) {
    std::size_t bytes = 0;
    for (int i = 0; i < frames; ++i, ++next) {
      const auto frame = encoder->encode(moving_picture(320, 180, next), kFrameTime * next);
      EXPECT_TRUE(frame);
      if (frame && *frame) bytes += (*frame)->payload.size();
    }
    return static_cast<double>(bytes) * 8 / (static_cast<double>(frames) / 30.0);
  };
  (void)bits_per_second(90);  // past the first keyframe
  EXPECT_NEAR(bits_per_second(150), 600e3, 150e3);
  ASSERT_TRUE(encoder->set_bitrate(300'000));
  (void)bits_per_second(60);
  EXPECT_NEAR(bits_per_second(150), 300e3, 90e3);
}

TEST_P(VpxCodec, GarbageIsAnErrorAndAKeyframeRepairs) {
  auto encoder = VpxEncoder::create(config_);
  auto decoder = VpxDecoder::create(GetParam());
  ASSERT_TRUE(encoder && decoder);
  EXPECT_FALSE(decoder->decode({}));
  const std::vector<std::byte> garbage(100, std::byte{0xFE});
  EXPECT_FALSE(decoder->decode(garbage));
  const auto frame = encoder->encode(moving_picture(320, 180, 0), microseconds{0});
  ASSERT_TRUE(frame && *frame);
  const auto decoded = decoder->decode((*frame)->payload);
  EXPECT_TRUE(decoded && *decoded);
}

TEST_P(VpxCodec, RefusesImpossibleConfigurations) {
  for (auto spoil :
       {+[](VpxEncoderConfig& c) { c.width = 0; }, +[](VpxEncoderConfig& c) { c.height = 20'000; },
        +[](VpxEncoderConfig& c) { c.temporal_layers = 4; },
        +[](VpxEncoderConfig& c) { c.frames_per_second = 0; }}) {
    VpxEncoderConfig spoiled = config_;
    spoil(spoiled);
    EXPECT_FALSE(VpxEncoder::create(spoiled));
  }
}

INSTANTIATE_TEST_SUITE_P(, VpxCodec, testing::Values(VideoCodec::kVp8, VideoCodec::kVp9),
                         [](const auto& instance) {
                           return instance.param == VideoCodec::kVp8 ? "Vp8" : "Vp9";
                         });

}  // namespace
}  // namespace sluice::media
