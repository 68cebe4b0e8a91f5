#include "client/barcode.h"

#include <gtest/gtest.h>

#include "client/synthetic_camera.h"
#include "media/codec/vpx_decoder.h"
#include "media/codec/vpx_encoder.h"

namespace sluice::client {
namespace {

TEST(Barcode, IsReadBackFromPicturesOfEverySize) {
  for (const auto& [width, height] : {std::pair{640, 360}, {320, 180}, {160, 90}, {333, 187}}) {
    for (const Barcode barcode :
         {Barcode{.sender = 0, .frame = 0}, Barcode{.sender = 255, .frame = 65535},
          Barcode{.sender = 0xA5, .frame = 0x1234}}) {
      media::I420Image image{width, height};
      draw_barcode(image, barcode);
      EXPECT_EQ(read_barcode(image), barcode) << width << "x" << height;
    }
  }
}

TEST(Barcode, LiesInTheTopTwelfthAsOneWhiteAndOneBlackReference) {
  media::I420Image image{600, 360};
  draw_barcode(image, {.sender = 0x80, .frame = 1});
  const auto cell = [&](int index) {
    return image.row(0, 15)[static_cast<std::size_t>(index) * 20 + 10];
  };
  EXPECT_EQ(cell(0), 235);  // white
  EXPECT_EQ(cell(1), 235);  // highest bit of the sender
  EXPECT_EQ(cell(2), 16);
  EXPECT_EQ(cell(24), 235);  // lowest bit of the frame
  EXPECT_EQ(cell(25), 235);  // check: 8 xor 1 = 9
  EXPECT_EQ(cell(28), 235);
  EXPECT_EQ(cell(29), 16);  // black
  EXPECT_EQ(image.row(0, 29)[5], 235);
  EXPECT_EQ(image.row(0, 30)[5], 16);
}

TEST(Barcode, APictureWithoutOneHasNone) {
  EXPECT_FALSE(read_barcode(media::I420Image{640, 360}));
  const SyntheticCamera camera{"Ada", 640, 360};
  EXPECT_FALSE(read_barcode(camera.picture({}, {}, 0)));
  media::I420Image damaged{640, 360};
  draw_barcode(damaged, {.sender = 3, .frame = 77});
  for (int y = 0; y < 30; ++y) {
    for (std::size_t x = 64; x < 85; ++x) damaged.row(0, y)[x] ^= 0xFFU;
  }
  EXPECT_FALSE(read_barcode(damaged));
}

TEST(Barcode, SurvivesVp8AtALowBitrate) {
  auto encoder = media::VpxEncoder::create({.width = 320, .height = 180, .bitrate_bps = 150'000});
  auto decoder = media::VpxDecoder::create(media::VideoCodec::kVp8);
  ASSERT_TRUE(encoder && decoder);
  const SyntheticCamera camera{"Ada", 320, 180};
  for (std::uint16_t i = 0; i < 60; ++i) {
    const std::chrono::microseconds elapsed{33'333 * i};
    media::I420Image image = camera.picture(elapsed, std::chrono::milliseconds{33 * i}, 0.5);
    draw_barcode(image, {.sender = 7, .frame = i});
    const auto frame = encoder->encode(image, elapsed);
    ASSERT_TRUE(frame);
    if (!*frame) continue;
    const auto decoded = decoder->decode((*frame)->payload);
    ASSERT_TRUE(decoded && *decoded);
    EXPECT_EQ(read_barcode(**decoded), (Barcode{.sender = 7, .frame = i}));
  }
}

}  // namespace
}  // namespace sluice::client
