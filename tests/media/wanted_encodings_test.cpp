#include "media/wanted_encodings.h"

#include <gtest/gtest.h>

namespace sluice::media {
namespace {

TEST(WantedEncodings, NobodyWantsAnythingAtFirst) { EXPECT_EQ(WantedEncodings{}.most(), 0U); }

TEST(WantedEncodings, TheMostThatAnybodyWantsCounts) {
  WantedEncodings wanted;
  wanted.change(0, 2);
  wanted.change(0, 3);
  wanted.change(0, 1);
  EXPECT_EQ(wanted.most(), 3U);
  wanted.change(3, 1);
  EXPECT_EQ(wanted.most(), 2U);
  wanted.change(2, 0);
  EXPECT_EQ(wanted.most(), 1U);
}

TEST(WantedEncodings, TwoWhoWantTheSameAreTwo) {
  WantedEncodings wanted;
  wanted.change(0, 2);
  wanted.change(0, 2);
  wanted.change(2, 0);
  EXPECT_EQ(wanted.most(), 2U);
  wanted.change(2, 0);
  EXPECT_EQ(wanted.most(), 0U);
}

TEST(WantedEncodings, WhoIsShownNothingWantsNothing) {
  WantedEncodings wanted;
  wanted.change(0, 0);
  EXPECT_EQ(wanted.most(), 0U);
}

TEST(WantedEncodings, HoldsAsManyAsTheWireCanName) {
  WantedEncodings wanted;
  wanted.change(0, WantedEncodings::kEncodingsMax);
  EXPECT_EQ(wanted.most(), 16U);
}

}  // namespace
}  // namespace sluice::media
