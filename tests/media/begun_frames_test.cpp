#include "media/begun_frames.h"

#include <gtest/gtest.h>

namespace sluice::media {
namespace {

constexpr EncodingId kSmall{0};
constexpr EncodingId kLarge{1};

TEST(BegunFrames, LetEachEncodingOnlyRise) {
  BegunFrames begun;
  EXPECT_TRUE(begun.may_begin(kSmall, 0));
  begun.note(kSmall, 7);
  EXPECT_FALSE(begun.may_begin(kSmall, 7));
  EXPECT_FALSE(begun.may_begin(kSmall, 6));
  EXPECT_TRUE(begun.may_begin(kSmall, 8));
  EXPECT_TRUE(begun.may_begin(kLarge, 3));
}

TEST(BegunFrames, RiseAcrossTheWrap) {
  BegunFrames begun;
  begun.note(kSmall, 0xFFFFFFFF);
  EXPECT_TRUE(begun.may_begin(kSmall, 0));
  EXPECT_FALSE(begun.may_begin(kSmall, 0xFFFFFFFE));
}

TEST(BegunFrames, TakeTheNewerOfTwoBooks) {
  BegunFrames mine;
  BegunFrames others;
  mine.note(kSmall, 9);
  others.note(kSmall, 4);
  others.note(kLarge, 5);
  mine.note(others);
  EXPECT_FALSE(mine.may_begin(kSmall, 9));
  EXPECT_FALSE(mine.may_begin(kLarge, 5));
  EXPECT_TRUE(mine.may_begin(kLarge, 6));
}

}  // namespace
}  // namespace sluice::media
