#include "client/simulcast_encoder.h"

#include <gtest/gtest.h>

#include "client/synthetic_camera.h"
#include "media/codec/vpx_decoder.h"

namespace sluice::client {
namespace {

using std::chrono::milliseconds;

class SimulcastEncoderOf : public testing::TestWithParam<media::VideoCodec> {
 protected:
  void SetUp() override {
    auto made = SimulcastEncoder::create(
        {.codec = GetParam(), .plan = plan_encodings(320, 180, 3, 400'000)});
    ASSERT_TRUE(made) << made.error().message;
    encoder_.emplace(*std::move(made));
  }

  std::vector<SimulcastEncoder::Encoded> next() {
    const milliseconds time{33 * pictures_++};
    auto frames = encoder_->encode(camera_.picture(time, milliseconds{0}, 0), time);
    EXPECT_TRUE(frames);
    return *std::move(frames);
  }

  SyntheticCamera camera_{"Ada", 320, 180};
  std::optional<SimulcastEncoder> encoder_;
  int pictures_ = 0;
};

TEST_P(SimulcastEncoderOf, EncodesEachPictureInEverySizeWithNumbersOfItsOwn) {
  std::vector<media::VpxDecoder> decoders;
  for (int count = 0; count < 3; ++count) {
    auto decoder = media::VpxDecoder::create(GetParam());
    ASSERT_TRUE(decoder);
    decoders.push_back(*std::move(decoder));
  }
  for (unsigned picture = 0; picture < 8; ++picture) {
    const auto frames = next();
    ASSERT_EQ(frames.size(), 3U);
    for (std::size_t index = 0; index < 3; ++index) {
      EXPECT_EQ(static_cast<std::size_t>(frames[index].encoding), index);
      EXPECT_EQ(frames[index].frame.number, picture);
      EXPECT_EQ(frames[index].frame.place.keyframe, picture == 0);
      const auto shown = decoders[index].decode(frames[index].frame.payload);
      ASSERT_TRUE(shown && *shown);
      EXPECT_EQ((*shown)->width(), 80 << index);
    }
  }
}

TEST_P(SimulcastEncoderOf, MakesAKeyframeOfTheEncodingThatIsNamed) {
  next();
  encoder_->request_keyframe(media::EncodingId{1});
  encoder_->request_keyframe(media::EncodingId{7});  // not ours to trip over
  const auto frames = next();
  ASSERT_EQ(frames.size(), 3U);
  EXPECT_FALSE(frames[0].frame.place.keyframe);
  EXPECT_TRUE(frames[1].frame.place.keyframe);
  EXPECT_FALSE(frames[2].frame.place.keyframe);
}

TEST_P(SimulcastEncoderOf, LeavesOutWhatIsOffAndBeginsItAgainWithAKeyframe) {
  next();
  ASSERT_TRUE(encoder_->set_bitrates(std::vector<std::uint32_t>{36'000, 0, 0}));
  const auto one = next();
  ASSERT_EQ(one.size(), 1U);
  EXPECT_EQ(one[0].encoding, media::EncodingId{0});
  ASSERT_TRUE(encoder_->set_bitrates(std::vector<std::uint32_t>{36'000, 0, 400'000}));
  const auto two = next();
  ASSERT_EQ(two.size(), 2U);
  EXPECT_FALSE(two[0].frame.place.keyframe);
  EXPECT_EQ(two[1].encoding, media::EncodingId{2});
  EXPECT_TRUE(two[1].frame.place.keyframe);
  EXPECT_EQ(two[1].frame.number, 1U);
  ASSERT_TRUE(encoder_->set_bitrates(std::vector<std::uint32_t>{0, 0, 0}));
  EXPECT_TRUE(next().empty());
}

INSTANTIATE_TEST_SUITE_P(Codecs, SimulcastEncoderOf,
                         testing::Values(media::VideoCodec::kVp8, media::VideoCodec::kVp9),
                         [](const auto& codec) {
                           return codec.param == media::VideoCodec::kVp8 ? "Vp8" : "Vp9";
                         });

}  // namespace
}  // namespace sluice::client
