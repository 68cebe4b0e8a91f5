#pragma once

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

namespace sluice::media {

/// Between the machine's order of bytes and the wire's, either way.
template <std::unsigned_integral Value>
[[nodiscard]] constexpr Value big_endian(Value value) {
  return std::endian::native == std::endian::big ? value : std::byteswap(value);
}

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
    std::memcpy(&value, bytes_.data(), sizeof(Value));
    bytes_ = bytes_.subspan(sizeof(Value));
    return big_endian(value);
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
    const Value ordered = big_endian(value);
    std::memcpy(out_.data() + written_, &ordered, sizeof(Value));
    written_ += sizeof(Value);
  }

  std::span<std::byte> out_;
  std::size_t written_ = 0;
};

}  // namespace sluice::media
