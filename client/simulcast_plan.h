#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace sluice::client {

/// One encoding of a camera's picture.
struct PlannedEncoding {
  int width = 0;
  int height = 0;
  std::uint32_t bitrate_bps = 0;  ///< when nothing is short

  friend bool operator==(const PlannedEncoding&, const PlannedEncoding&) = default;
};

/// How many encodings a picture of this height is worth: three from 720 lines on, two from 360 on.
/// The smallest then has 180 lines or more, which a tile of a grid shows.
[[nodiscard]] int encodings_for(int height);

/// `count` (1 to 3) encodings, smallest first, each half as wide and high as the next.
/// `bitrate_bps` is that of the largest; a picture of a quarter of the pixels gets three tenths.
[[nodiscard]] std::vector<PlannedEncoding> plan_encodings(int width, int height, int count,
                                                          std::uint32_t bitrate_bps);

/// Divides what an uplink carries among the encodings of a camera.
///
/// The smallest come first, since whoever has the worst link needs them; the largest that is left
/// takes what remains, and is turned off when that is too little for a picture of its size.
class SimulcastBudget {
 public:
  /// `plan`: smallest first, at least one.
  explicit SimulcastBudget(const std::vector<PlannedEncoding>& plan);

  /// Bitrates of the encodings, smallest first, 0 for one that is off. `wanted` says which may be
  /// on at all; `total_bps` is what they may use together.
  [[nodiscard]] std::vector<std::uint32_t> divide(const std::vector<bool>& wanted,
                                                  std::uint32_t total_bps);

  /// What all wanted encodings use together when nothing is short.
  [[nodiscard]] std::uint32_t full_bps(const std::vector<bool>& wanted) const;

 private:
  std::vector<std::uint32_t> nominal_;
  std::vector<bool> on_;
};

}  // namespace sluice::client
