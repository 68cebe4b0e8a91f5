#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace sluice::media {

/// The longest side of a picture that codecs here accept, in pixels (VP8's own limit: 14 bits).
inline constexpr int kPictureSideMax = 16383;

/// One picture in 4:2:0: a luma plane and two chroma planes of half the size, rounded up.
///
/// Planes lie one behind another without padding, which is also how y4m and raw I420 files hold
/// them, so `bytes()` is what such a file contains.
class I420Image {
 public:
  /// An empty image: width and height are 0.
  I420Image() = default;
  /// A black picture. Both sides are 1 to `kPictureSideMax`.
  I420Image(int width, int height);

  [[nodiscard]] int width() const { return width_; }
  [[nodiscard]] int height() const { return height_; }
  [[nodiscard]] int chroma_width() const { return (width_ + 1) / 2; }
  [[nodiscard]] int chroma_height() const { return (height_ + 1) / 2; }
  [[nodiscard]] bool empty() const { return bytes_.empty(); }

  /// Planes 0 (Y), 1 (U) and 2 (V); a row is `width()` or `chroma_width()` bytes.
  [[nodiscard]] std::span<std::uint8_t> plane(int index);
  [[nodiscard]] std::span<const std::uint8_t> plane(int index) const;
  /// One row of a plane.
  [[nodiscard]] std::span<std::uint8_t> row(int index, int y);
  [[nodiscard]] std::span<const std::uint8_t> row(int index, int y) const;

  /// All three planes, Y U V.
  [[nodiscard]] std::span<std::uint8_t> bytes() { return bytes_; }
  [[nodiscard]] std::span<const std::uint8_t> bytes() const { return bytes_; }

  /// Bytes of a picture of this size.
  [[nodiscard]] static std::size_t byte_size(int width, int height);

  friend bool operator==(const I420Image&, const I420Image&) = default;

 private:
  [[nodiscard]] std::size_t plane_offset(int index) const;
  [[nodiscard]] std::size_t plane_size(int index) const;

  int width_ = 0;
  int height_ = 0;
  std::vector<std::uint8_t> bytes_;
};

}  // namespace sluice::media
