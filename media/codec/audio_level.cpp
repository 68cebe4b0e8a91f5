#include "media/codec/audio_level.h"

#include <algorithm>
#include <cmath>

namespace sluice::media {

std::uint8_t audio_level(std::span<const std::int16_t> samples) {
  constexpr std::uint8_t kSilence = 127;
  constexpr double kFullScale = 32768.0;
  double energy = 0;
  for (const std::int16_t sample : samples) {
    const double value = sample / kFullScale;
    energy += value * value;
  }
  if (energy <= 0) return kSilence;
  const double decibels = -10.0 * std::log10(energy / static_cast<double>(samples.size()));
  return static_cast<std::uint8_t>(std::clamp(std::lround(decibels), 0L, long{kSilence}));
}

}  // namespace sluice::media
