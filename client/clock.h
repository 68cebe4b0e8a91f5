#pragma once

#include <chrono>

#include "media/time.h"

namespace sluice::client {

/// The present on the clock that this process gives to the media core: monotonic, any epoch.
[[nodiscard]] inline media::Time now() {
  return media::Time{std::chrono::duration_cast<media::Duration>(
      std::chrono::steady_clock::now().time_since_epoch())};
}

/// When a steady timer has to go off for `moment` of the media core.
[[nodiscard]] inline std::chrono::steady_clock::time_point steady(media::Time moment) {
  return std::chrono::steady_clock::time_point{
      std::chrono::duration_cast<std::chrono::steady_clock::duration>(moment.time_since_epoch())};
}

}  // namespace sluice::client
