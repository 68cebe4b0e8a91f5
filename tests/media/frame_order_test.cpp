#include "media/frame_order.h"

#include <gtest/gtest.h>

#include <array>

namespace sluice::media {
namespace {

constexpr FrameNumber kHalf = FrameNumber{1} << 31;

TEST(FrameOrder, ANumberIsNewerThanTheOneBeforeItAndNotTheOtherWayRound) {
  for (const FrameNumber number : {1U, 2U, kHalf, kHalf + 1, 0xFFFF'FFFFU}) {
    EXPECT_TRUE(is_newer(number, number - 1)) << number;
    EXPECT_FALSE(is_newer(number - 1, number)) << number;
  }
}

TEST(FrameOrder, NoNumberIsNewerThanItself) {
  for (const FrameNumber number : {0U, 1U, kHalf, 0xFFFF'FFFFU}) {
    EXPECT_FALSE(is_newer(number, number)) << number;
  }
}

TEST(FrameOrder, OrderGoesOnAcrossTheWrap) {
  EXPECT_TRUE(is_newer(0, 0xFFFF'FFFF));
  EXPECT_FALSE(is_newer(0xFFFF'FFFF, 0));
  EXPECT_TRUE(is_newer(1000, 0xFFFF'FF00));
}

TEST(FrameOrder, ReachesJustUnderHalfOfAllNumbers) {
  for (const FrameNumber start : {0U, 12345U, 0xFFFF'FFF0U}) {
    EXPECT_TRUE(is_newer(start + kHalf - 1, start)) << start;
    EXPECT_FALSE(is_newer(start + kHalf + 1, start)) << start;
  }
}

TEST(FrameOrder, OfNumbersExactlyHalfApartNeitherIsNewer) {
  EXPECT_FALSE(is_newer(kHalf, 0));
  EXPECT_FALSE(is_newer(0, kHalf));
}

}  // namespace
}  // namespace sluice::media
