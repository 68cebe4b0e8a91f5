#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "client/picture_painter.h"
#include "media/codec/i420_image.h"

namespace sluice::client {

/// Draws the pictures of a participant who does not exist: a ground in a colour of their own, their
/// initial in a disc, their name, a running clock, a dot that circles and rings that follow the
/// voice.
///
/// What stands still is painted once; a picture costs a copy and a few small shapes.
class SyntheticCamera {
 public:
  /// Sides are at least 32 pixels. The same `name` always gets the same colour.
  SyntheticCamera(std::string_view name, int width, int height);

  /// The picture at `elapsed` since the camera began, with `clock` (hours, minutes, seconds and
  /// tenths are drawn) and the voice's loudness, 0 to 1.
  [[nodiscard]] media::I420Image picture(std::chrono::microseconds elapsed,
                                         std::chrono::milliseconds clock, double loudness) const;

 private:
  void paint_ground(double hue);
  void paint_portrait(std::string_view name);

  media::I420Image still_;
  YuvColour light_;
  double unit_;  // a hundredth of the shorter side: everything is measured in it
  double centre_x_;
  double centre_y_;
  double phase_;  // radians, so that two participants do not move alike
};

}  // namespace sluice::client
