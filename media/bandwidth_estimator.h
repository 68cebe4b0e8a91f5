#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>

#include "media/time.h"

namespace sluice::media {

/// What one connection's link carries, from what was acknowledged while it was kept busy.
///
/// Only an interval in which something always waited shows the capacity. An interval with pauses
/// is a lower bound: it may raise the estimate, never lower it (delivery.md, keyframe starvation).
/// Falls at once when a busy interval shows less than half, and rises at once to what two in a row
/// show; otherwise smooths by 0.3. One interval alone may be a burst after a stall.
class BandwidthEstimator {
 public:
  /// `acked_bytes` in all since the connection began; `busy`: something waited the whole time since
  /// the last call.
  void update(std::uint64_t acked_bytes, bool busy, Time now);
  /// A flow that its window limits comes in one burst a round trip: no interval is shorter.
  void set_round_trip(Duration round_trip) {
    interval_ = std::clamp(round_trip, kIntervalLeast, kIntervalMost);
  }

  /// Nothing while the link was never busy for a whole interval.
  [[nodiscard]] std::optional<double> bytes_per_second() const { return rate_; }

 private:
  static constexpr Duration kIntervalLeast = std::chrono::milliseconds{100};
  static constexpr Duration kIntervalMost = std::chrono::seconds{1};
  static constexpr double kRisen = 1.1;

  Duration interval_ = kIntervalLeast;
  std::optional<double> rate_;
  double last_sample_ = 0;  ///< of the last busy interval
  std::uint64_t acked_at_start_ = 0;
  Time started_{};
  bool running_ = false;
  bool busy_ = true;
};

}  // namespace sluice::media
