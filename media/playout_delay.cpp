#include "media/playout_delay.h"

#include <algorithm>

namespace sluice::media {
namespace {

using namespace std::chrono_literals;

constexpr Duration kClockJump = 10s;
constexpr std::int64_t kFallDivisor = 50;  ///< 20 ms a second

}  // namespace

bool PlayoutDelay::observe(std::chrono::microseconds capture_time, Time arrival) {
  if (observed_ == 0) {
    reference_ = Duration{subtract(arrival.time_since_epoch().count(), capture_time.count())};
  }
  Duration transit{
      subtract(arrival.time_since_epoch().count(), stamp(capture_time).time_since_epoch().count())};
  // What is within 10 s of something small is small itself: from here on nothing overflows.
  const Duration change{subtract(transit.count(), last_transit_.count())};
  const bool jumped = change > kClockJump || change < -kClockJump;
  if (jumped) {
    *this = PlayoutDelay{bounds_};
    reference_ = Duration{subtract(arrival.time_since_epoch().count(), capture_time.count())};
    transit = Duration{0};
  }
  const Duration lateness = clock_.lateness(stamp(capture_time).time_since_epoch(), arrival);
  base_ = transit - lateness;

  const auto step = static_cast<std::uint8_t>(
      std::min<std::int64_t>((lateness + kStep - 1us) / kStep, kSteps - 1));
  std::uint8_t& oldest = window_[observed_ % kWindow];
  if (observed_ >= kWindow) --counts_[oldest];
  oldest = step;
  ++counts_[step];

  const Duration elapsed =
      observed_ == 0 ? Duration{0} : std::clamp<Duration>(arrival - last_arrival_, 0s, 1s);
  const Duration wanted = std::clamp(measured(), bounds_.min, bounds_.max);
  target_ = std::max(wanted, target_ - elapsed / kFallDivisor);
  last_arrival_ = arrival;
  last_transit_ = transit;
  // Wraps after 2^64 frames at the earliest: centuries.
  ++observed_;
  return jumped;
}

Duration PlayoutDelay::measured() const {
  std::size_t later = 0;
  for (std::size_t step = kSteps; step-- > 0;) {
    later += counts_[step];
    if (later > kBeyond) return kStep * static_cast<std::int64_t>(step);
  }
  return Duration{0};
}

}  // namespace sluice::media
