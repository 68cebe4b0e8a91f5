#pragma once

#include <cstdint>
#include <random>
#include <vector>

#include "media/frame.h"

namespace sluice::sim {

using media::Duration;
using media::Time;

/// The frames that one encoding of a camera would have, whoever asks for keyframes when.
///
/// 30 frames/s in three temporal layers (0 2 1 2). A keyframe stands in for a base frame, so the
/// pattern never shifts and every frame's size is known in advance for both cases: that is what
/// lets the clairvoyant bound be computed. (libvpx gives a keyframe at the very next frame; here it
/// comes up to 133 ms later, on average 67.) Sizes are log-normal around the mean of their layer
/// and follow from the seed and the frame's index alone.
class CameraModel {
 public:
  struct Settings {
    media::TrackHandle track{};
    media::EncodingId encoding{};
    double bits_per_second = 1e6;  ///< without keyframes
    /// Of the delta frames' bits; the rest is split between the middle and the upper layer as
    /// measured of Chromium's VP8 (41 %, 21 % and 38 %).
    double base_share = 0.41;
    /// A keyframe's mean size as a time of the encoding's rate.
    Duration keyframe_weight = std::chrono::milliseconds{400};
    /// Keyframes that come unasked, besides the first.
    Duration keyframe_interval = std::chrono::hours{1};
    std::uint64_t seed = 1;
  };

  static constexpr Duration kFrameInterval{33'333};
  static constexpr std::uint32_t kPattern = 4;  ///< frames from one base frame to the next

  explicit CameraModel(Settings settings);

  [[nodiscard]] static Time captured(std::uint32_t index) { return Time{index * kFrameInterval}; }
  [[nodiscard]] static std::uint8_t layer(std::uint32_t index);
  /// A keyframe stands here whether or not one was asked for.
  [[nodiscard]] bool keyframe_due(std::uint32_t index) const;
  /// Header of frame `index` with its length, as a keyframe (of a base frame only) or not.
  [[nodiscard]] media::FrameDescription describe(std::uint32_t index, bool keyframe);

 private:
  [[nodiscard]] double factor(std::uint32_t index);

  Settings settings_;
  std::mt19937_64 random_;
  std::lognormal_distribution<double> distribution_{-0.08, 0.4};  ///< its mean is 1
  std::vector<double> factors_;
};

}  // namespace sluice::sim
