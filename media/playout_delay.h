#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

#include "media/deadline_clock.h"
#include "media/time.h"

namespace sluice::media {

/// How long a receiver must hold the frames of a track so that nearly all are there in time.
///
/// A frame captured at c is played at stamp(c) + `offset()`: the shortest way here (a
/// DeadlineClock's base) plus a *target*, the lateness that 97 of 100 of the last 128 frames did
/// not exceed.
///
/// Adaptation: the target rises at once and falls by 20 ms a second: an underrun is heard, a delay
///             that stays a little too long is not. It stays within its bounds.
/// Why 97 %:   over TCP a lost packet delays a run of frames (at 20 ms a frame and a round trip of
///             100 ms about five), so a higher share chases single stalls, a lower one misses them.
/// Clock jump: when (arrival - capture) changes by more than 10 s between two frames, the
///             publisher's clock was set: everything is learnt anew, and `observe` says so.
/// Complexity: O(1): a histogram of 201 steps of 5 ms is walked once for each frame.
/// Memory:     592 bytes, no allocation.
/// Sizing:     128 frames are 2.6 s of audio at 20 ms, 4.3 s of video at 30 frames/s. Worked: a
///             1 Mbit/s link with 40 ms of round trip that carries a 30 kB keyframe every 2 s
///             delays the audio behind it by up to 240 ms if the sender does not interleave: 12 of
///             100 frames, which sets the target near 200 ms; with 1200-byte chunks (10 ms each) it
///             is 20 ms.
class PlayoutDelay {
 public:
  struct Bounds {
    Duration initial;  ///< before anything is known; also falls only slowly
    Duration min;
    Duration max;
  };

  explicit PlayoutDelay(Bounds bounds) : bounds_(bounds), target_(bounds.initial) {}

  /// Learns from a frame's arrival; true when the publisher's clock jumped.
  bool observe(std::chrono::microseconds capture_time, Time arrival);

  [[nodiscard]] Duration target() const { return target_; }
  /// A capture time on our clock, as if the first frame had taken no time to come. All that is
  /// computed further is near to arrivals, whatever a peer claims as capture times.
  [[nodiscard]] Time stamp(std::chrono::microseconds capture_time) const {
    return Time{Duration{add(capture_time.count(), reference_.count())}};
  }
  /// Smallest recent (arrival - stamp), and what to add to a stamp to get the moment to play it.
  [[nodiscard]] Duration base() const { return base_; }
  [[nodiscard]] Duration offset() const { return base_ + target_; }

  /// Offsets for stamps of this track as offsets for capture times, and back: tracks of one
  /// publisher share its clock, not our stamps.
  [[nodiscard]] Duration for_capture_times(Duration offset) const {
    return Duration{add(offset.count(), reference_.count())};
  }
  [[nodiscard]] Duration for_stamps(Duration offset) const {
    return Duration{subtract(offset.count(), reference_.count())};
  }

 private:
  static constexpr Duration kStep = std::chrono::milliseconds{5};
  static constexpr std::size_t kSteps = 201;  ///< up to 1 s; the last takes what is later
  static constexpr std::size_t kWindow = 128;
  static constexpr std::size_t kBeyond = 3;  ///< frames of the window that may be later: 3 %

  /// Wrapping, since the capture time is a peer's word and may be anything.
  [[nodiscard]] static std::int64_t add(std::int64_t a, std::int64_t b) {
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b));
  }
  [[nodiscard]] static std::int64_t subtract(std::int64_t a, std::int64_t b) {
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) - static_cast<std::uint64_t>(b));
  }

  [[nodiscard]] Duration measured() const;

  Bounds bounds_;
  Duration target_;
  Duration reference_{};  ///< (arrival - capture) of the first frame
  Duration base_{};
  DeadlineClock clock_;
  Time last_arrival_{};
  Duration last_transit_{};
  std::array<std::uint8_t, kWindow> window_{};  ///< the step of each of the last frames
  std::array<std::uint8_t, kSteps> counts_{};   ///< how many frames of the window are in each step
  std::size_t observed_ = 0;
};

}  // namespace sluice::media
