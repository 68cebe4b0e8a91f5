#pragma once

#include <array>
#include <cstddef>

#include "media/time.h"

namespace sluice::media {

/// Tells how late a frame is on arrival, without knowing the publisher's clock.
///
/// The smallest (arrival - capture) of the last 10 s is the base: the publisher's clock offset plus
/// the shortest way here. A frame's lateness is its own difference minus the base, so only the
/// jitter of the way here eats into a frame's latency budget.
///
/// Drift:  the base forgets after 10 s, so clocks that drift apart by 100 ppm cost at most 1 ms.
/// Jumps:  a clock set back looks like frames from the future and lowers the base at once. A clock
///         set forward looks like lateness: when nothing was less than 1 s late for 2 s, the base
///         is taken anew from those 2 s, and the publisher goes on as punctual.
/// Cost:   O(1) for each frame, one scan of 20 numbers each half second.
/// Source: delivery.md, "Deadlines without synchronised clocks"; the windowed minimum is that of
///         Linux's lib/win_minmax, with fixed buckets.
class DeadlineClock {
 public:
  /// Learns from a frame and gives its lateness, at least zero.
  Duration lateness(std::chrono::microseconds capture_time, Time arrival);

 private:
  static constexpr std::size_t kBuckets = 20;
  static constexpr std::size_t kRecentBuckets = 4;  ///< 2 s
  static constexpr Duration kBucketSpan = std::chrono::milliseconds{500};
  static constexpr Duration kJump = std::chrono::seconds{1};

  void advance(std::int64_t bucket);
  void find_base();

  std::array<Duration, kBuckets> minima_{};
  std::int64_t newest_bucket_ = 0;
  std::size_t filled_ = 0;  ///< buckets in use, the newest included
  Duration base_{};
};

}  // namespace sluice::media
