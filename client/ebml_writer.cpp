#include "client/ebml_writer.h"

#include <bit>

namespace sluice::client {
namespace {

constexpr std::uint32_t kVoid = 0xEC;
constexpr std::size_t kLengthBytes = 8;
// A length of eight bytes has its marker in the lowest bit of the first; all ones mean "unknown".
constexpr std::uint64_t kLengthMarker = std::uint64_t{1} << 56U;
constexpr std::uint64_t kUnknownLength = kLengthMarker - 1;

}  // namespace

void EbmlWriter::big_endian(std::uint64_t value, int count) {
  for (int shift = 8 * (count - 1); shift >= 0; shift -= 8) {
    bytes_.push_back(static_cast<std::byte>(value >> shift & 0xFFU));
  }
}

void EbmlWriter::id(std::uint32_t id) { big_endian(id, (std::bit_width(id) + 7) / 8); }

void EbmlWriter::length(std::uint64_t length) {
  big_endian(kLengthMarker | length, static_cast<int>(kLengthBytes));
}

std::vector<std::byte> EbmlWriter::length_bytes(std::uint64_t length) {
  EbmlWriter writer;
  writer.length(length);
  return writer.bytes_;
}

void EbmlWriter::unsigned_integer(std::uint32_t element, std::uint64_t value) {
  id(element);
  length(8);
  big_endian(value, 8);
}

void EbmlWriter::floating(std::uint32_t element, double value) {
  id(element);
  length(8);
  big_endian(std::bit_cast<std::uint64_t>(value), 8);
}

void EbmlWriter::text(std::uint32_t element, std::string_view value) {
  binary(element, std::as_bytes(std::span{value}));
}

void EbmlWriter::binary(std::uint32_t element, std::span<const std::byte> value) {
  id(element);
  length(value.size());
  bytes_.insert(bytes_.end(), value.begin(), value.end());
}

void EbmlWriter::master(std::uint32_t element, const EbmlWriter& children) {
  binary(element, children.bytes());
}

void EbmlWriter::begin_unknown(std::uint32_t element) {
  id(element);
  length(kUnknownLength);
}

void EbmlWriter::padding(std::size_t bytes) {
  id(kVoid);
  length(bytes - 1 - kLengthBytes);
  bytes_.resize(bytes_.size() + bytes - 1 - kLengthBytes);
}

}  // namespace sluice::client
