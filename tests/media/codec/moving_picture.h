#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>

#include "media/codec/i420_image.h"

namespace sluice::media {

/// Picture `index` of a film in which everything moves: textured ground that pans, and a square
/// that crosses it. Nothing stays still, so a decoder with a wrong reference cannot be right by
/// luck.
inline I420Image moving_picture(int width, int height, int index) {
  I420Image image{width, height};
  for (int y = 0; y < height; ++y) {
    const auto row = image.row(0, y);
    for (int x = 0; x < width; ++x) {
      const int pan_x = x + 3 * index;
      const int pan_y = y + 2 * index;
      const int texture = ((pan_x * 7) ^ (pan_y * 13)) & 31;
      const double wave = 40.0 * std::sin(pan_x * 0.07) + 30.0 * std::cos(pan_y * 0.05);
      row[static_cast<std::size_t>(x)] =
          static_cast<std::uint8_t>(110 + static_cast<int>(wave) + texture);
    }
  }
  const int left = (5 * index) % (width - width / 5);
  for (int y = height / 3; y < height / 3 + height / 5; ++y) {
    for (int x = left; x < left + width / 5; ++x) {
      image.row(0, y)[static_cast<std::size_t>(x)] = 235;
    }
  }
  for (int plane = 1; plane < 3; ++plane) {
    for (int y = 0; y < image.chroma_height(); ++y) {
      const auto row = image.row(plane, y);
      for (std::size_t x = 0; x < row.size(); ++x) {
        row[x] = static_cast<std::uint8_t>(
            128 + 50.0 * std::sin((static_cast<int>(x) + index * plane) * 0.09 + y * 0.04));
      }
    }
  }
  return image;
}

}  // namespace sluice::media
