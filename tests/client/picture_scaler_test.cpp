#include "client/picture_scaler.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace sluice::client {
namespace {

TEST(PictureScaler, TakesTheMeanOfFourPixels) {
  media::I420Image picture{4, 2};
  const std::uint8_t luma[2][4] = {{10, 20, 100, 101}, {30, 40, 102, 103}};
  for (int y = 0; y < 2; ++y) std::ranges::copy(luma[y], picture.row(0, y).begin());
  picture.row(1, 0)[0] = 50;
  picture.row(1, 0)[1] = 60;
  const media::I420Image half = halve(picture);
  EXPECT_EQ(half.width(), 2);
  EXPECT_EQ(half.height(), 1);
  EXPECT_EQ(half.row(0, 0)[0], 25);
  EXPECT_EQ(half.row(0, 0)[1], 102);  // 101.5, rounded
  EXPECT_EQ(half.row(1, 0)[0], 55);
}

TEST(PictureScaler, RoundsOddSidesUpAndRepeatsTheEdge) {
  media::I420Image picture{3, 3};
  for (int y = 0; y < 3; ++y)
    std::ranges::fill(picture.row(0, y), static_cast<std::uint8_t>(y * 100));
  const media::I420Image half = halve(picture);
  EXPECT_EQ(half.width(), 2);
  EXPECT_EQ(half.height(), 2);
  EXPECT_EQ(half.row(0, 0)[0], 50);
  EXPECT_EQ(half.row(0, 0)[1], 50);
  EXPECT_EQ(half.row(0, 1)[0], 200);
  EXPECT_EQ(half.row(0, 1)[1], 200);
}

TEST(PictureScaler, KeepsAFlatPictureFlat) {
  media::I420Image picture{34, 18};
  std::ranges::fill(picture.bytes(), std::uint8_t{77});
  const media::I420Image half = halve(picture);
  for (const std::uint8_t value : half.bytes()) EXPECT_EQ(value, 77);
}

TEST(PictureScaler, ResizesToAnySizeByTheNearestPixel) {
  media::I420Image picture{2, 2};
  picture.row(0, 0)[0] = 10;
  picture.row(0, 0)[1] = 20;
  picture.row(0, 1)[0] = 30;
  picture.row(0, 1)[1] = 40;
  const media::I420Image large = resize(picture, 4, 6);
  EXPECT_EQ(large.row(0, 0)[1], 10);
  EXPECT_EQ(large.row(0, 2)[2], 20);
  EXPECT_EQ(large.row(0, 3)[0], 30);
  EXPECT_EQ(large.row(0, 5)[3], 40);
  EXPECT_EQ(resize(large, 2, 2), picture);
}

}  // namespace
}  // namespace sluice::client
