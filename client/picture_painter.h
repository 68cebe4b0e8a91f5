#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "media/codec/i420_image.h"

namespace sluice::client {

/// A colour as pictures hold it: limited-range BT.601.
struct YuvColour {
  std::uint8_t y = 16;
  std::uint8_t u = 128;
  std::uint8_t v = 128;
};

/// From hue in degrees, saturation and lightness in 0 to 1.
[[nodiscard]] YuvColour colour_from_hsl(double hue, double saturation, double lightness);

/// The part of a picture that a shape may touch, in pixels; `right` and `bottom` are excluded.
struct PaintArea {
  double left = 0;
  double top = 0;
  double right = 0;
  double bottom = 0;
};

/// Paints a shape with smooth edges, in luma at full and in chroma at half resolution.
///
/// `distance(x, y)` is the distance in pixels from the point to the shape's edge, negative inside.
/// `opacity` is 0 to 1.
template <typename Distance>
void paint(media::I420Image& image, const PaintArea& area, YuvColour colour, double opacity,
           Distance distance) {
  for (int plane = 0; plane < 3; ++plane) {
    // A chroma sample stands for four pixels and is asked for at their middle.
    const int scale = plane == 0 ? 1 : 2;
    const int width = plane == 0 ? image.width() : image.chroma_width();
    const int height = plane == 0 ? image.height() : image.chroma_height();
    const int left = std::clamp(static_cast<int>(std::floor(area.left / scale)), 0, width);
    const int right = std::clamp(static_cast<int>(std::ceil(area.right / scale)), left, width);
    const int top = std::clamp(static_cast<int>(std::floor(area.top / scale)), 0, height);
    const int bottom = std::clamp(static_cast<int>(std::ceil(area.bottom / scale)), top, height);
    const int target = plane == 0 ? colour.y : plane == 1 ? colour.u : colour.v;
    for (int y = top; y < bottom; ++y) {
      const auto row = image.row(plane, y);
      for (int x = left; x < right; ++x) {
        const double edge = distance((x + 0.5) * scale, (y + 0.5) * scale) / scale;
        const double cover = std::clamp(0.5 - edge, 0.0, 1.0) * opacity;
        if (cover <= 0) continue;
        std::uint8_t& sample = row[static_cast<std::size_t>(x)];
        sample = static_cast<std::uint8_t>(std::lround(sample + (target - sample) * cover));
      }
    }
  }
}

/// Paints a disc.
void paint_disc(media::I420Image& image, double x, double y, double radius, YuvColour colour,
                double opacity = 1);

/// Paints a circle's line, `width` pixels wide.
void paint_ring(media::I420Image& image, double x, double y, double radius, double width,
                YuvColour colour, double opacity = 1);

}  // namespace sluice::client
