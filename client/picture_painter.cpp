#include "client/picture_painter.h"

namespace sluice::client {

YuvColour colour_from_hsl(double hue, double saturation, double lightness) {
  const double chroma = (1 - std::abs(2 * lightness - 1)) * saturation;
  const double sector = std::fmod(std::fmod(hue, 360.0) + 360.0, 360.0) / 60.0;
  const double second = chroma * (1 - std::abs(std::fmod(sector, 2.0) - 1));
  const double base = lightness - chroma / 2;
  double red = base;
  double green = base;
  double blue = base;
  switch (static_cast<int>(sector)) {
    case 0:
      red += chroma, green += second;
      break;
    case 1:
      red += second, green += chroma;
      break;
    case 2:
      green += chroma, blue += second;
      break;
    case 3:
      green += second, blue += chroma;
      break;
    case 4:
      red += second, blue += chroma;
      break;
    default:
      red += chroma, blue += second;
      break;
  }
  const auto byte = [](double value) {
    return static_cast<std::uint8_t>(std::clamp(std::lround(value), 0L, 255L));
  };
  // ITU-R BT.601 section 2.5, for R, G and B of 0 to 1.
  return {.y = byte(16 + 65.481 * red + 128.553 * green + 24.966 * blue),
          .u = byte(128 - 37.797 * red - 74.203 * green + 112.0 * blue),
          .v = byte(128 + 112.0 * red - 93.786 * green - 18.214 * blue)};
}

void paint_disc(media::I420Image& image, double x, double y, double radius, YuvColour colour,
                double opacity) {
  paint(image, {x - radius - 2, y - radius - 2, x + radius + 2, y + radius + 2}, colour, opacity,
        [=](double px, double py) { return std::hypot(px - x, py - y) - radius; });
}

void paint_ring(media::I420Image& image, double x, double y, double radius, double width,
                YuvColour colour, double opacity) {
  const double reach = radius + width + 2;
  paint(image, {x - reach, y - reach, x + reach, y + reach}, colour, opacity,
        [=](double px, double py) {
          return std::abs(std::hypot(px - x, py - y) - radius) - width / 2;
        });
}

}  // namespace sluice::client
