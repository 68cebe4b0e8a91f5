#include "client/synthetic_camera.h"

#include <cstdio>
#include <numbers>

#include "client/stroke_font.h"

namespace sluice::client {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

constexpr double kTurn = 2 * std::numbers::pi;
// In units of a hundredth of the shorter side.
constexpr double kDiscRadius = 22;
constexpr double kOrbitRadius = 30;
constexpr double kNameHeight = 8;
constexpr double kClockHeight = 4.5;

// FNV-1a: the same everywhere and for ever, which std::hash does not promise.
std::uint32_t hash_of(std::string_view name) {
  std::uint32_t hash = 2166136261U;
  for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619U;
  return hash;
}

std::string_view first_character(std::string_view text) {
  std::size_t length = 1;
  while (length < text.size() && (static_cast<unsigned char>(text[length]) & 0xC0U) == 0x80U) {
    ++length;
  }
  return text.substr(0, length);
}

std::string clock_text(milliseconds clock) {
  const auto tenths = clock.count() / 100;
  char text[16];
  std::snprintf(text, sizeof text, "%02d:%02d:%02d.%d", static_cast<int>(tenths / 36000 % 24),
                static_cast<int>(tenths / 600 % 60), static_cast<int>(tenths / 10 % 60),
                static_cast<int>(tenths % 10));
  return text;
}

}  // namespace

SyntheticCamera::SyntheticCamera(std::string_view name, int width, int height)
    : still_{width, height},
      light_{colour_from_hsl(0, 0, 1)},
      unit_{std::min(width, height) / 100.0},
      centre_x_{width / 2.0},
      centre_y_{height * 0.44},
      phase_{hash_of(name) % 360 * kTurn / 360} {
  // Multiples of 137.5 degrees, the golden angle, keep the colours of a few people apart.
  paint_ground(std::fmod(hash_of(name) % 1000 * 137.508, 360.0));
  paint_portrait(name);
}

void SyntheticCamera::paint_ground(double hue) {
  const YuvColour above = colour_from_hsl(hue, 0.55, 0.42);
  const YuvColour below = colour_from_hsl(hue + 40, 0.60, 0.22);
  for (int plane = 0; plane < 3; ++plane) {
    const int height = plane == 0 ? still_.height() : still_.chroma_height();
    const int from = plane == 0 ? above.y : plane == 1 ? above.u : above.v;
    const int to = plane == 0 ? below.y : plane == 1 ? below.u : below.v;
    for (int y = 0; y < height; ++y) {
      const double part = static_cast<double>(y) / height;
      const auto row = still_.row(plane, y);
      for (std::size_t x = 0; x < row.size(); ++x) {
        const double slant =
            part * 0.8 + 0.2 * static_cast<double>(x) / static_cast<double>(row.size());
        row[x] = static_cast<std::uint8_t>(std::lround(from + (to - from) * slant));
      }
    }
  }
}

void SyntheticCamera::paint_portrait(std::string_view name) {
  paint_disc(still_, centre_x_, centre_y_, kDiscRadius * unit_, light_, 0.22);
  if (name.empty()) return;
  paint_text(still_, first_character(name), centre_x_, centre_y_, 24 * unit_, light_, 0.95);
  // A long name shrinks until it fits.
  const double room = still_.width() - 12 * unit_;
  const double wanted = text_width(name, kNameHeight * unit_);
  const double height = kNameHeight * unit_ * std::min(1.0, room / std::max(wanted, 1.0));
  paint_text(still_, name, centre_x_, centre_y_ + 41 * unit_, height, light_, 0.95);
}

media::I420Image SyntheticCamera::picture(microseconds elapsed, milliseconds clock,
                                          double loudness) const {
  media::I420Image image = still_;
  const double seconds = static_cast<double>(elapsed.count()) / 1e6;
  const double swell = std::clamp(loudness, 0.0, 1.0);
  paint_ring(image, centre_x_, centre_y_, (kDiscRadius + 1.2 + 5 * swell) * unit_,
             (0.8 + 1.2 * swell) * unit_, light_, 0.25 + 0.5 * swell);
  const double angle = phase_ + seconds * kTurn / 4;
  for (int dot = 0; dot < 3; ++dot) {
    const double at = angle - dot * 0.22;
    paint_disc(image, centre_x_ + std::cos(at) * kOrbitRadius * unit_,
               centre_y_ + std::sin(at) * kOrbitRadius * unit_, (2.2 - 0.5 * dot) * unit_, light_,
               0.9 - 0.3 * dot);
  }
  const std::string text = clock_text(clock);
  const double width = text_width(text, kClockHeight * unit_);
  paint_text(image, text, image.width() - 4 * unit_ - width / 2, image.height() - 5.5 * unit_,
             kClockHeight * unit_, light_, 0.7);
  return image;
}

}  // namespace sluice::client
