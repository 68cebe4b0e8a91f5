#include "media/raw_framing.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::media {
namespace {

using Bytes = std::vector<std::byte>;

Bytes bytes_of(std::string_view text) {
  const auto bytes = std::as_bytes(std::span{text});
  return {bytes.begin(), bytes.end()};
}

std::string text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

Bytes framed(RawKind kind, std::string_view body) {
  Bytes message(kRawPrefixBytes);
  write_raw_prefix(kind, body.size(), std::span{message}.first<kRawPrefixBytes>());
  std::ranges::copy(bytes_of(body), std::back_inserter(message));
  return message;
}

TEST(RawFraming, WritesTheExampleOfTheProtocolDocument) {
  const Bytes expected = {std::byte{0x01}, std::byte{0x00}, std::byte{0x00}, std::byte{0x0F}};
  const Bytes message = framed(RawKind::kControl, R"({"type":"ping"})");
  EXPECT_TRUE(std::ranges::equal(expected, std::span{message}.first(4)));
}

TEST(RawFraming, ReadsMessagesThatWereCutAnywhere) {
  Bytes stream = framed(RawKind::kControl, R"({"type":"ping"})");
  std::ranges::copy(framed(RawKind::kMedia, std::string(300, 'm')), std::back_inserter(stream));
  std::ranges::copy(framed(RawKind::kControl, ""), std::back_inserter(stream));

  for (std::size_t cut = 0; cut <= stream.size(); ++cut) {
    std::vector<std::pair<RawKind, std::string>> messages;
    std::size_t consumed = 0;
    for (const std::size_t there : {cut, stream.size()}) {
      while (true) {
        const auto unread = std::span{stream}.subspan(consumed, there - consumed);
        const auto read = read_raw_message(unread, RawLimits{});
        ASSERT_TRUE(read.has_value());
        if (!read->whole()) {
          ASSERT_GT(read->missing, 0U);
          break;
        }
        messages.emplace_back(read->kind, text_of(read->body));
        consumed += read->consumed;
      }
    }
    ASSERT_EQ(consumed, stream.size()) << "cut at " << cut;
    ASSERT_EQ(messages.size(), 3U);
    EXPECT_EQ(messages[0], (std::pair{RawKind::kControl, std::string{R"({"type":"ping"})"}}));
    EXPECT_EQ(messages[1], (std::pair{RawKind::kMedia, std::string(300, 'm')}));
    EXPECT_EQ(messages[2], (std::pair{RawKind::kControl, std::string{}}));
  }
}

TEST(RawFraming, SaysExactlyHowMuchIsMissingOnceThePrefixIsThere) {
  const Bytes message = framed(RawKind::kMedia, std::string(1000, 'x'));
  EXPECT_EQ(read_raw_message({}, RawLimits{})->missing, kRawPrefixBytes);
  EXPECT_EQ(read_raw_message(std::span{message}.first(3), RawLimits{})->missing, 1U);
  EXPECT_EQ(read_raw_message(std::span{message}.first(4), RawLimits{})->missing, 1000U);
  EXPECT_EQ(read_raw_message(std::span{message}.first(1003), RawLimits{})->missing, 1U);
}

TEST(RawFraming, RefusesAnUnknownKindByItsFirstByte) {
  for (int kind = 0; kind < 256; ++kind) {
    const Bytes one = {static_cast<std::byte>(kind)};
    const auto read = read_raw_message(one, RawLimits{});
    EXPECT_EQ(read.has_value(), kind == 1 || kind == 2) << kind;
    if (!read) {
      EXPECT_EQ(read.error(), RawError::kBadKind);
    }
  }
}

TEST(RawFraming, RefusesAMessageOverItsLimitBeforeTheBodyArrives) {
  const RawLimits limits{.control_bytes = 10, .media_bytes = 20};
  const Bytes greatest = framed(RawKind::kControl, std::string(10, 'x'));
  EXPECT_TRUE(read_raw_message(greatest, limits).has_value());
  for (const auto& [kind, bytes] :
       {std::pair{RawKind::kControl, std::size_t{11}}, std::pair{RawKind::kMedia, std::size_t{21}},
        std::pair{RawKind::kMedia, kRawLengthMax}}) {
    std::array<std::byte, kRawPrefixBytes> prefix{};
    write_raw_prefix(kind, bytes, prefix);
    const auto read = read_raw_message(prefix, limits);
    ASSERT_FALSE(read.has_value());
    EXPECT_EQ(read.error(), RawError::kTooLarge);
  }
}

TEST(RawFraming, ReadsTheMagicThatWasCutAnywhere) {
  for (std::size_t there = 0; there < kRawMagic.size(); ++there) {
    EXPECT_EQ(read_raw_magic(std::span{kRawMagic}.first(there)), 0U);
  }
  Bytes stream{kRawMagic.begin(), kRawMagic.end()};
  stream.push_back(std::byte{1});
  EXPECT_EQ(read_raw_magic(stream), kRawMagic.size());
}

TEST(RawFraming, RefusesTheMagicAtTheFirstWrongByte) {
  for (std::size_t wrong = 0; wrong < kRawMagic.size(); ++wrong) {
    Bytes stream{kRawMagic.begin(), kRawMagic.begin() + static_cast<std::ptrdiff_t>(wrong) + 1};
    stream[wrong] ^= std::byte{0x20};
    EXPECT_EQ(read_raw_magic(stream), std::unexpected{RawError::kBadMagic}) << wrong;
  }
}

TEST(RawFraming, EveryErrorHasADescription) {
  for (const RawError error : {RawError::kBadMagic, RawError::kBadKind, RawError::kTooLarge}) {
    EXPECT_GT(std::string_view{describe(error)}.size(), 20U);
  }
}

}  // namespace
}  // namespace sluice::media
