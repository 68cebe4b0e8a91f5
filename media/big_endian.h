#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>

namespace sluice::media {

/// Reads unsigned big-endian integers from the front of a span that the caller measured:
/// reading past the end is the caller's fault, so compare `remaining()` first.
class BigEndianReader {
 public:
  explicit BigEndianReader(std::span<const std::byte> bytes) : bytes_(bytes) {}

  [[nodiscard]] std::size_t remaining() const { return bytes_.size(); }
  [[nodiscard]] std::span<const std::byte> rest() const { return bytes_; }
  std::uint8_t u8() { return take<std::uint8_t>(); }
  std::uint16_t u16() { return take<std::uint16_t>(); }
  std::uint32_t u32() { return take<std::uint32_t>(); }
  std::uint64_t u64() { return take<std::uint64_t>(); }

 private:
  template <std::unsigned_integral Value>
  Value take() {
    Value value = 0;
    for (std::size_t i = 0; i < sizeof(Value); ++i) {
      value = static_cast<Value>(std::uint64_t{value} << 8 | std::to_integer<Value>(bytes_[i]));
    }
    bytes_ = bytes_.subspan(sizeof(Value));
    return value;
  }

  std::span<const std::byte> bytes_;
};

/// Writes unsigned big-endian integers to a span that the caller made large enough.
class BigEndianWriter {
 public:
  explicit BigEndianWriter(std::span<std::byte> out) : out_(out) {}

  [[nodiscard]] std::size_t written() const { return written_; }
  void u8(std::uint8_t value) { put(value); }
  void u16(std::uint16_t value) { put(value); }
  void u32(std::uint32_t value) { put(value); }
  void u64(std::uint64_t value) { put(value); }

 private:
  template <std::unsigned_integral Value>
  void put(Value value) {
    for (std::size_t i = 0; i < sizeof(Value); ++i) {
      out_[written_ + i] = static_cast<std::byte>(value >> (8 * (sizeof(Value) - 1 - i)) & 0xFF);
    }
    written_ += sizeof(Value);
  }

  std::span<std::byte> out_;
  std::size_t written_ = 0;
};

}  // namespace sluice::media
