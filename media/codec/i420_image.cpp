#include "media/codec/i420_image.h"

#include <algorithm>

#include "media/invariant.h"

namespace sluice::media {
namespace {

// Black in limited-range BT.601.
constexpr std::uint8_t kBlackLuma = 16;
constexpr std::uint8_t kNeutralChroma = 128;

std::size_t area(int width, int height) {
  return static_cast<std::size_t>(width) * static_cast<std::size_t>(height);
}

}  // namespace

I420Image::I420Image(int width, int height) : width_{width}, height_{height} {
  invariant(width > 0 && height > 0 && width <= kPictureSideMax && height <= kPictureSideMax,
            "a picture's sides are 1 to kPictureSideMax");
  bytes_.resize(byte_size(width, height), kNeutralChroma);
  std::ranges::fill(plane(0), kBlackLuma);
}

std::size_t I420Image::byte_size(int width, int height) {
  return area(width, height) + 2 * area((width + 1) / 2, (height + 1) / 2);
}

std::size_t I420Image::plane_size(int index) const {
  return index == 0 ? area(width_, height_) : area(chroma_width(), chroma_height());
}

std::size_t I420Image::plane_offset(int index) const {
  if (index == 0) return 0;
  return area(width_, height_) + (index == 2 ? area(chroma_width(), chroma_height()) : 0);
}

std::span<std::uint8_t> I420Image::plane(int index) {
  return std::span{bytes_}.subspan(plane_offset(index), plane_size(index));
}

std::span<const std::uint8_t> I420Image::plane(int index) const {
  return std::span{bytes_}.subspan(plane_offset(index), plane_size(index));
}

std::span<std::uint8_t> I420Image::row(int index, int y) {
  const auto stride = static_cast<std::size_t>(index == 0 ? width_ : chroma_width());
  return plane(index).subspan(static_cast<std::size_t>(y) * stride, stride);
}

std::span<const std::uint8_t> I420Image::row(int index, int y) const {
  const auto stride = static_cast<std::size_t>(index == 0 ? width_ : chroma_width());
  return plane(index).subspan(static_cast<std::size_t>(y) * stride, stride);
}

}  // namespace sluice::media
