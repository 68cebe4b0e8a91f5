#pragma once

#include <cstddef>
#include <optional>

#include "media/time.h"

namespace sluice::media {

/// How many bytes of one connection may be on their way, steered by queueing delay.
///
/// A congestion window fills the bottleneck's buffer; what stands there can be neither reordered
/// nor dropped. The cap keeps that queue at a target delay: it grows in proportion to what is
/// missing to the target, and shrinks, at most once a round trip and by no more than half, to what
/// would leave the target of the queue. That is 30 ms, on a long way an eighth of it. Until the
/// target was first reached the cap doubles each round trip, as slow start does. It begins with
/// little; the time that this took says what the link carries, and the cap leaps to most of what
/// the way then holds, no faster than it would arrive. A link that took long over it is not doubled
/// on.
///
/// Not rate x round trip: fed by its own delivery rate, that spirals down (delivery.md, traps).
/// Competitor: when the queue stays above the target for 5 s with the cap at its floor, it is
///          somebody else's queue; the target is doubled (to at most 4 x) rather than starve.
/// Off:     while the round trip is that of a LAN and nothing queues, there is nothing to steer.
/// Source:  delivery.md "Late binding, twice"; the same shape as LEDBAT, RFC 6817 section 2.4.2.
class InFlightCap {
 public:
  struct Sample {
    Duration queueing_delay{};  ///< above the smallest round trip, as it was seen
    /// The same for a byte sent now, by what is on its way and the rate at which that arrives; it
    /// holds growth back a round trip before it is seen, and never shrinks the cap.
    Duration predicted_delay{};
    Duration round_trip{};
    Duration min_round_trip{};
    std::size_t in_flight_bytes = 0;
    std::size_t acked_bytes = 0;  ///< since the last sample
    /// What the link was last seen to carry; nothing while unknown.
    std::optional<double> bytes_per_second;
  };

  /// Learns from the link; call every `kSampleInterval` while more waits than leaves at once.
  /// `limited`: since the last sample the cap held something back.
  void sample(const Sample& sample, bool limited, Time now);

  /// The first bytes that the cap ever held anything back behind, on a way that is not a LAN's,
  /// arrived so much later than on an empty way, of `min_round_trip`. Samples are too coarse to
  /// tell that.
  void first_flight(std::size_t bytes, Duration took, Duration min_round_trip);

  [[nodiscard]] std::size_t bytes() const { return bytes_; }
  /// Audio and control may go a quarter above it.
  [[nodiscard]] std::size_t bytes_for_audio() const { return bytes_ + bytes_ / 4; }
  /// The cap does not bind on a LAN.
  [[nodiscard]] bool off() const { return off_; }
  /// No queue was seen yet: all that is known of the link is what was asked of it.
  [[nodiscard]] bool ramping() const { return ramping_; }
  [[nodiscard]] Duration target() const { return target_; }

  static constexpr Duration kSampleInterval = std::chrono::milliseconds{20};
  /// A smallest round trip under this is that of a LAN, or of a proxy on one.
  static constexpr Duration kLanRoundTrip = std::chrono::milliseconds{2};
  /// What one segment carries on the paths that matter; loopback's 64 kB are not a unit to steer
  /// by.
  static constexpr std::size_t kSegmentBytes = 1448;
  /// A cap that grew to this without a queue has nothing to steer on a LAN.
  static constexpr std::size_t kProven = 256 * 1024;
  /// 150 ms of 300 kbit/s: what is written before anything is known delays the first sound.
  static constexpr std::size_t kStart = 4 * kSegmentBytes;
  /// Where they came back at once, twice RFC 6928's initial window, as if this had been the start.
  static constexpr std::size_t kStartOnLan = 10 * kSegmentBytes;
  static constexpr std::size_t kSecondFlight = 20 * kSegmentBytes;
  /// 1.9 Mbit/s and more.
  static constexpr Duration kAtOnce = std::chrono::milliseconds{25};
  /// The cap is never less: with one segment on its way, each waits for a delayed acknowledgement.
  static constexpr std::size_t kFloor = 2 * kSegmentBytes;
  /// But where that would be a queue longer than the budget of sound, as at 65 kbit/s: what the
  /// link carries in a round trip and this; and never less than a small chunk.
  static constexpr Duration kFloorTime = std::chrono::milliseconds{80};
  static constexpr std::size_t kFloorLeast = 480;

 private:
  void begin_ramp_round(Time now);
  void leap(Duration since_last);
  void set_least_target(Duration min_round_trip);
  void watch_floor(const Sample& sample, Time now);
  void grow(const Sample& sample);
  void shrink(const Sample& sample, Time now);
  void watch_competitor(const Sample& sample, Time now);

  static constexpr Duration kTarget = std::chrono::milliseconds{30};
  static constexpr std::size_t kCeiling = 16 * 1024 * 1024;

  std::size_t bytes_ = kStart;
  Duration least_target_ = kTarget;  ///< of this way
  Duration target_ = kTarget;
  std::size_t floor_ = kFloor;
  double best_rate_ = 0;       ///< bytes a second, of this window
  double last_best_rate_ = 0;  ///< of the window before
  Time window_began_{};
  Time ramp_round_{};        ///< when the cap's doubling under way began
  std::size_t ramp_to_ = 0;  ///< and where it ends
  std::size_t leap_to_ = 0;  ///< what the first flight told
  double leap_rate_ = 0;     ///< bytes a second
  Time last_sample_{};
  Time last_shrink_{};
  Time last_arrival_{};
  Time above_since_ = Time::max();
  Time last_queue_ = Time::min();  ///< when the delay was last at or above the target
  bool ramping_ = true;            ///< the target was not reached yet
  bool off_ = false;
};

}  // namespace sluice::media
