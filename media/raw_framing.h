#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <span>

namespace sluice::media {

/// What a client without WebSocket opens its connection with, once.
inline constexpr std::array<std::byte, 8> kRawMagic = {
    std::byte{0x89}, std::byte{'S'}, std::byte{'L'}, std::byte{'U'},
    std::byte{'I'},  std::byte{'C'}, std::byte{'E'}, std::byte{'\n'}};

/// The prefix of every message: kind (1 byte), then the length of what follows (3 bytes).
inline constexpr std::size_t kRawPrefixBytes = 4;
inline constexpr std::size_t kRawLengthMax = (std::size_t{1} << 24) - 1;

enum class RawKind : std::uint8_t { kControl = 1, kMedia = 2 };

/// The greatest lengths that a reader takes, without the prefix. Defaults: docs/protocol.md 2.
struct RawLimits {
  std::size_t control_bytes = 65536;
  std::size_t media_bytes = 65536;
};

enum class RawError : std::uint8_t {
  kBadMagic,  ///< the connection does not open with `kRawMagic`
  kBadKind,   ///< the prefix has a kind other than 1 and 2 (`bad_framing`)
  kTooLarge,  ///< the length is over its limit (`too_large`)
};

/// What is wrong, for the message of an `error`.
[[nodiscard]] const char* describe(RawError error);

/// Reads the magic at the front of `received`.
///
/// Returns `kRawMagic.size()`, to be dropped from the front, or 0 while more bytes are needed.
/// Errors: kBadMagic as soon as one byte differs.
[[nodiscard]] std::expected<std::size_t, RawError> read_raw_magic(
    std::span<const std::byte> received);

/// One step of reading: a whole message, or how much is missing.
struct RawRead {
  /// Bytes to drop from the front once `body` was used; 0 when the message is not whole yet.
  std::size_t consumed = 0;
  /// Bytes that must still arrive before another call can do more; 0 with a message.
  std::size_t missing = 0;
  RawKind kind{};
  /// The message without its prefix; borrows from `received`.
  std::span<const std::byte> body{};

  [[nodiscard]] bool whole() const { return consumed != 0; }
};

/// Reads the message at the front of `received`, which holds all bytes not yet consumed.
///
/// A wrong prefix is refused before the body arrives, so a receive buffer of `kRawPrefixBytes`
/// and the larger limit always suffices.
/// Errors: kBadKind, kTooLarge.
/// Source: docs/protocol.md 1.1.
[[nodiscard]] std::expected<RawRead, RawError> read_raw_message(std::span<const std::byte> received,
                                                                const RawLimits& limits);

/// Writes the prefix of a message of `length` bytes, at most `kRawLengthMax`.
void write_raw_prefix(RawKind kind, std::size_t length, std::span<std::byte, kRawPrefixBytes> out);

}  // namespace sluice::media
