#include "signaling/base64url.h"

#include <gtest/gtest.h>

namespace sluice::signaling {
namespace {

TEST(Base64url, SpellsTheVectorsOfRfc4648WithoutPadding) {
  EXPECT_EQ(base64url_encode(""), "");
  EXPECT_EQ(base64url_encode("f"), "Zg");
  EXPECT_EQ(base64url_encode("fo"), "Zm8");
  EXPECT_EQ(base64url_encode("foo"), "Zm9v");
  EXPECT_EQ(base64url_encode("foobar"), "Zm9vYmFy");
  EXPECT_EQ(base64url_encode("\xFB\xFF\xFE"), "-__-");
}

TEST(Base64url, DecodesWhatItEncoded) {
  std::string bytes;
  for (int i = 0; i < 256; ++i) {
    EXPECT_EQ(base64url_decode(base64url_encode(bytes)), bytes);
    bytes += static_cast<char>(i);
  }
}

TEST(Base64url, RefusesPaddingForeignCharactersAndImpossibleLengths) {
  EXPECT_FALSE(base64url_decode("Zg=="));
  EXPECT_FALSE(base64url_decode("Zm9v\n"));
  EXPECT_FALSE(base64url_decode("Zm+v"));
  EXPECT_FALSE(base64url_decode("Zm/v"));
  EXPECT_FALSE(base64url_decode("Zm\x80v"));
  EXPECT_FALSE(base64url_decode("Z"));
}

TEST(Base64url, RefusesASecondSpellingOfTheSameBytes) {
  EXPECT_EQ(base64url_decode("Zg"), "f");
  EXPECT_FALSE(base64url_decode("Zh"));
}

}  // namespace
}  // namespace sluice::signaling
