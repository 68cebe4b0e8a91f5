#include "sfu/utf8.h"

#include <cstdint>
#include <cstring>

namespace sluice::sfu {
namespace {

// The bytes of the character that `lead` opens, and the range of its second byte, in which table
// 3-7 forbids overlong forms (E0, F0), surrogates (ED) and values over U+10FFFF (F4).
struct Sequence {
  std::size_t bytes;
  std::uint8_t second_min;
  std::uint8_t second_max;
};

Sequence sequence_of(std::uint8_t lead) {
  if (lead >= 0xC2 && lead <= 0xDF) return {2, 0x80, 0xBF};
  if (lead == 0xE0) return {3, 0xA0, 0xBF};
  if (lead == 0xED) return {3, 0x80, 0x9F};
  if (lead >= 0xE1 && lead <= 0xEF) return {3, 0x80, 0xBF};
  if (lead == 0xF0) return {4, 0x90, 0xBF};
  if (lead >= 0xF1 && lead <= 0xF3) return {4, 0x80, 0xBF};
  if (lead == 0xF4) return {4, 0x80, 0x8F};
  return {0, 0, 0};
}

}  // namespace

bool is_utf8(std::span<const std::byte> bytes) {
  std::size_t at = 0;
  while (at < bytes.size()) {
    // Most of what we read is JSON in ASCII: eight bytes a step.
    std::uint64_t word = 0;
    if (bytes.size() - at >= sizeof word) {
      std::memcpy(&word, bytes.data() + at, sizeof word);
      if ((word & 0x8080808080808080U) == 0) {
        at += sizeof word;
        continue;
      }
    }
    const auto lead = std::to_integer<std::uint8_t>(bytes[at]);
    if (lead < 0x80) {
      ++at;
      continue;
    }
    const Sequence sequence = sequence_of(lead);
    if (sequence.bytes == 0 || bytes.size() - at < sequence.bytes) return false;
    const auto second = std::to_integer<std::uint8_t>(bytes[at + 1]);
    if (second < sequence.second_min || second > sequence.second_max) return false;
    for (std::size_t i = 2; i < sequence.bytes; ++i) {
      if ((bytes[at + i] & std::byte{0xC0}) != std::byte{0x80}) return false;
    }
    at += sequence.bytes;
  }
  return true;
}

}  // namespace sluice::sfu
