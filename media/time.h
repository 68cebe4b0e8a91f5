#pragma once

#include <chrono>
#include <cstdint>

namespace sluice::media {

/// The clock of the media core: microseconds from an epoch that the caller chose.
///
/// It has no `now()`, so nothing in `media/` can read the time: moments come in as arguments.
struct Clock {
  using rep = std::int64_t;
  using period = std::micro;
  using duration = std::chrono::duration<rep, period>;
  using time_point = std::chrono::time_point<Clock>;
  static constexpr bool is_steady = true;
};

using Duration = Clock::duration;
using Time = Clock::time_point;

}  // namespace sluice::media
