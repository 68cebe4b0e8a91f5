#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace sluice::client {

/// Builds EBML elements, of which Matroska and WebM files are made.
///
/// An element is an id, a length and a body; ids are given as they stand in the specification, with
/// their length marker. Lengths take eight bytes, so that they can be mended in place.
/// Source: RFC 8794 (EBML), RFC 9559 (Matroska).
class EbmlWriter {
 public:
  void unsigned_integer(std::uint32_t id, std::uint64_t value);
  void floating(std::uint32_t id, double value);
  void text(std::uint32_t id, std::string_view value);
  void binary(std::uint32_t id, std::span<const std::byte> value);
  /// An element whose body is what `children` holds.
  void master(std::uint32_t id, const EbmlWriter& children);
  /// Begins an element whose length is not known yet: readers take it to the end of the file.
  void begin_unknown(std::uint32_t id);
  /// Room for later use: an element of exactly `bytes`, at least 9, that readers skip.
  void padding(std::size_t bytes);

  [[nodiscard]] std::span<const std::byte> bytes() const { return bytes_; }
  [[nodiscard]] std::size_t size() const { return bytes_.size(); }
  [[nodiscard]] bool empty() const { return bytes_.empty(); }

  /// The eight bytes of a known length, to overwrite an unknown one.
  [[nodiscard]] static std::vector<std::byte> length_bytes(std::uint64_t length);

 private:
  void id(std::uint32_t id);
  void length(std::uint64_t length);
  void big_endian(std::uint64_t value, int count);

  std::vector<std::byte> bytes_;
};

}  // namespace sluice::client
