#include "media/raw_framing.h"

#include <algorithm>

#include "media/invariant.h"

namespace sluice::media {

const char* describe(RawError error) {
  switch (error) {
    case RawError::kBadMagic:
      return "the connection does not open with the magic of raw framing";
    case RawError::kBadKind:
      return "the message has a kind other than 1 (control) and 2 (media)";
    case RawError::kTooLarge:
      return "the message is longer than the limit announced in hello";
  }
  return "unknown";
}

std::expected<std::size_t, RawError> read_raw_magic(std::span<const std::byte> received) {
  const std::size_t there = std::min(received.size(), kRawMagic.size());
  if (!std::equal(received.begin(), received.begin() + static_cast<std::ptrdiff_t>(there),
                  kRawMagic.begin())) {
    return std::unexpected{RawError::kBadMagic};
  }
  return there == kRawMagic.size() ? there : 0;
}

std::expected<RawRead, RawError> read_raw_message(std::span<const std::byte> received,
                                                  const RawLimits& limits) {
  if (received.empty()) return RawRead{.missing = kRawPrefixBytes};

  // A wrong kind is refused by its own byte: the rest of the prefix may never come.
  const auto kind = static_cast<RawKind>(received[0]);
  if (kind != RawKind::kControl && kind != RawKind::kMedia) {
    return std::unexpected{RawError::kBadKind};
  }
  if (received.size() < kRawPrefixBytes) {
    return RawRead{.missing = kRawPrefixBytes - received.size()};
  }
  const std::size_t length = std::to_integer<std::size_t>(received[1]) << 16 |
                             std::to_integer<std::size_t>(received[2]) << 8 |
                             std::to_integer<std::size_t>(received[3]);
  if (length > (kind == RawKind::kControl ? limits.control_bytes : limits.media_bytes)) {
    return std::unexpected{RawError::kTooLarge};
  }
  const std::size_t whole = kRawPrefixBytes + length;
  if (received.size() < whole) return RawRead{.missing = whole - received.size()};
  return RawRead{.consumed = whole,
                 .missing = 0,
                 .kind = kind,
                 .body = received.subspan(kRawPrefixBytes, length)};
}

void write_raw_prefix(RawKind kind, std::size_t length, std::span<std::byte, kRawPrefixBytes> out) {
  invariant(length <= kRawLengthMax, "a raw message's length fits its three bytes");
  out[0] = static_cast<std::byte>(kind);
  out[1] = static_cast<std::byte>(length >> 16);
  out[2] = static_cast<std::byte>(length >> 8);
  out[3] = static_cast<std::byte>(length);
}

}  // namespace sluice::media
