#pragma once

#include <chrono>

#include "media/time.h"

namespace sluice::sfu {

/// The moment as the media core counts it: microseconds on the steady clock.
///
/// The edge reads it once a turn of the event loop and hands it down; nothing below `sfu/` may.
[[nodiscard]] inline media::Time now() {
  return media::Time{std::chrono::duration_cast<media::Duration>(
      std::chrono::steady_clock::now().time_since_epoch())};
}

/// The same moment on the clock that `signaling/` counts by.
[[nodiscard]] inline std::chrono::steady_clock::time_point to_steady(media::Time time) {
  return std::chrono::steady_clock::time_point{time.time_since_epoch()};
}

/// A deadline of `signaling/` as the media core counts it; "never" stays "never".
[[nodiscard]] inline media::Time to_media(std::chrono::steady_clock::time_point time) {
  if (time == std::chrono::steady_clock::time_point::max()) return media::Time::max();
  return media::Time{std::chrono::ceil<media::Duration>(time.time_since_epoch())};
}

}  // namespace sluice::sfu
