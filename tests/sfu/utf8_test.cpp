#include "sfu/utf8.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace sluice::sfu {
namespace {

bool valid(std::string_view text) { return is_utf8(std::as_bytes(std::span{text})); }

// One character as RFC 3629 encodes it, without asking whether it may be.
std::string encode(char32_t c) {
  const auto byte = [](char32_t value) {
    return static_cast<char>(static_cast<unsigned char>(value));
  };
  if (c < 0x80) return {byte(c)};
  if (c < 0x800) return {byte(0xC0 | c >> 6), byte(0x80 | (c & 0x3F))};
  if (c < 0x10000) {
    return {byte(0xE0 | c >> 12), byte(0x80 | (c >> 6 & 0x3F)), byte(0x80 | (c & 0x3F))};
  }
  return {byte(0xF0 | c >> 18), byte(0x80 | (c >> 12 & 0x3F)), byte(0x80 | (c >> 6 & 0x3F)),
          byte(0x80 | (c & 0x3F))};
}

TEST(Utf8, TakesExactlyTheCharactersOfUnicode) {
  for (char32_t c = 0; c < 0x120000; ++c) {
    const bool exists = c <= 0x10FFFF && (c < 0xD800 || c > 0xDFFF);
    ASSERT_EQ(valid(encode(c)), exists) << std::hex << static_cast<unsigned>(c);
  }
}

TEST(Utf8, RefusesOverlongForms) {
  EXPECT_FALSE(valid("\xC0\x80"));
  EXPECT_FALSE(valid("\xC1\xBF"));
  EXPECT_FALSE(valid("\xE0\x9F\xBF"));
  EXPECT_FALSE(valid("\xF0\x8F\xBF\xBF"));
}

TEST(Utf8, RefusesACharacterThatIsCutShortOrGoesOnWrongly) {
  for (const std::string whole : {"é", "€", "🎥"}) {
    for (std::size_t bytes = 1; bytes < whole.size(); ++bytes) {
      EXPECT_FALSE(valid(whole.substr(0, bytes)));
      EXPECT_FALSE(valid(whole.substr(0, bytes) + "a"));
      EXPECT_FALSE(valid(whole.substr(bytes)));
    }
  }
}

TEST(Utf8, FindsABadByteAtEveryPlaceOfALongText) {
  const std::string text(40, 'x');
  EXPECT_TRUE(valid(text));
  for (std::size_t at = 0; at < text.size(); ++at) {
    std::string bad = text;
    bad[at] = '\xFF';
    EXPECT_FALSE(valid(bad)) << at;
  }
}

}  // namespace
}  // namespace sluice::sfu
