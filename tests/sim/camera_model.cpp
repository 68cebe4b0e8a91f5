#include "tests/sim/camera_model.h"

#include <algorithm>
#include <array>

#include "media/invariant.h"

namespace sluice::sim {
namespace {

double bytes_in(double bits_per_second, Duration time) {
  return bits_per_second / 8 * static_cast<double>(time.count()) / 1e6;
}

}  // namespace

CameraModel::CameraModel(Settings settings) : settings_(settings), random_(settings.seed) {}

std::uint8_t CameraModel::layer(std::uint32_t index) {
  constexpr std::array<std::uint8_t, kPattern> kLayers{0, 2, 1, 2};
  return kLayers[index % kPattern];
}

bool CameraModel::keyframe_due(std::uint32_t index) const {
  if (index % kPattern != 0) return false;
  if (index == 0) return true;
  // The first base frame at or after each multiple of the interval.
  const Duration at = captured(index).time_since_epoch();
  const Duration before = at - kPattern * kFrameInterval;
  return at / settings_.keyframe_interval > before / settings_.keyframe_interval;
}

double CameraModel::factor(std::uint32_t index) {
  // One distribution for all: it may draw numbers in pairs and keep the second.
  while (factors_.size() <= index) factors_.push_back(distribution_(random_));
  return factors_[index];
}

media::FrameDescription CameraModel::describe(std::uint32_t index, bool keyframe) {
  invariant(!keyframe || layer(index) == 0, "a keyframe stands in for a base frame");
  constexpr double kMiddleOfRest = 0.21 / 0.59;
  const double pattern = bytes_in(settings_.bits_per_second, kPattern * kFrameInterval);
  const double rest = pattern * (1 - settings_.base_share);
  const double mean = keyframe ? bytes_in(settings_.bits_per_second, settings_.keyframe_weight)
                      : layer(index) == 0 ? pattern * settings_.base_share
                      : layer(index) == 1 ? rest * kMiddleOfRest
                                          : rest * (1 - kMiddleOfRest) / 2;
  media::FrameDescription description{
      .track = settings_.track,
      .encoding = settings_.encoding,
      .temporal_layer = layer(index),
      .number = index,
      .length = static_cast<std::uint32_t>(std::max(1.0, mean * factor(index))),
      .keyframe = keyframe,
      .discardable = layer(index) == 2,
      .capture_time = captured(index).time_since_epoch(),
  };
  if (!keyframe) {
    constexpr std::array<std::uint16_t, kPattern> kDeltas{4, 1, 2, 1};
    description.dependency_count = 1;
    description.dependency_deltas[0] = kDeltas[index % kPattern];
  }
  return description;
}

}  // namespace sluice::sim
