#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "media/time.h"

namespace sluice::media {

/// Tells a path that loses packets all the time from one whose queue overflowed once.
///
/// A congestion control that takes each loss for a full link (Reno, CUBIC) carries about
/// segment x 1.2 / (round trip x sqrt(loss)), whatever the link could: 1 Mbit/s of 2 at 3 % and
/// 40 ms. One that goes by rates (BBR) does not mind, and is the worse one where nothing is lost,
/// as it empties the pipe every ten seconds to measure it. So the kernel's is chosen by this.
///
/// An overflow loses many segments in a moment, and an outage repeats them with nothing delivered
/// between: one event each. `kEvents` events within `kWindow`, and
/// at least `kLossShare` of what was sent, are a lossy path; `kCalm` without any are none any more.
/// Source:  Mathis et al. 1997, "The macroscopic behavior of the TCP congestion avoidance
///          algorithm"; docs/decisions/0010-congestion-control-by-loss.md.
class LossWatch {
 public:
  /// What the kernel has counted since the connection began.
  struct Counters {
    std::uint32_t sent_segments = 0;           ///< tcpi_data_segs_out, with repetitions
    std::uint32_t retransmitted_segments = 0;  ///< tcpi_total_retrans
    std::uint32_t delivered_segments = 0;      ///< tcpi_delivered
  };

  /// All counters may wrap around.
  void sample(const Counters& counters, Time now);

  [[nodiscard]] bool lossy() const { return lossy_; }

  static constexpr std::size_t kEvents = 5;
  static constexpr Duration kWindow = std::chrono::seconds{10};
  /// Losses of one moment: a round trip and the recovery after it.
  static constexpr Duration kMoment = std::chrono::milliseconds{200};
  static constexpr double kLossShare = 0.007;
  static constexpr Duration kCalm = std::chrono::seconds{30};

 private:
  struct Event {
    Time at{};
    Counters before;  ///< at the last sample without it
    std::uint32_t delivered = 0;
  };

  std::array<Event, kEvents> events_{};  ///< a ring; the next one replaces the oldest
  std::size_t next_ = 0;
  std::size_t count_ = 0;
  Counters last_;
  bool lossy_ = false;
};

}  // namespace sluice::media
