#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "media/frame.h"

namespace sluice::media {

class FlightRecorder;
class Frame;

/// Why a frame that a subscriber could have had was not sent to it whole.
enum class LeftOut : std::uint8_t {
  kThinned,     ///< an enhancement layer that the link does not carry, or was not asked for
  kExpired,     ///< past its deadline, or sure to arrive past it
  kSuperseded,  ///< a newer keyframe made it worthless
  kAbandoned,   ///< given up after some of its chunks were sent
  kOverflowed,  ///< the queue was at its bound
  kOrphaned,    ///< a frame that it depends on was left out
};

inline constexpr std::size_t kLeftOutReasons = 6;

/// The reason as metrics and logs name it.
[[nodiscard]] constexpr const char* name_of(LeftOut reason) {
  constexpr std::array<const char*, kLeftOutReasons> kNames{"thinned",   "expired",    "superseded",
                                                            "abandoned", "overflowed", "orphaned"};
  return kNames[static_cast<std::size_t>(reason)];
}

/// Every exit of one subscriber's queues, counted since the connection began.
struct EgressCounters {
  struct OfKind {
    std::uint64_t frames_sent = 0;
    std::uint64_t bytes_sent = 0;  ///< payload of frames, whole or in part
    std::array<std::uint64_t, kLeftOutReasons> left_out{};
  };
  std::array<OfKind, 2> by_kind{};
  /// Is told of each frame that is left out; null: nobody is.
  FlightRecorder* recorder = nullptr;

  OfKind& of(MediaKind kind) { return by_kind[static_cast<std::size_t>(kind)]; }
  [[nodiscard]] const OfKind& of(MediaKind kind) const {
    return by_kind[static_cast<std::size_t>(kind)];
  }
  /// Payload of all media.
  [[nodiscard]] std::uint64_t bytes_sent() const {
    return of(MediaKind::kAudio).bytes_sent + of(MediaKind::kVideo).bytes_sent;
  }
  /// What another counted, too.
  void add(const EgressCounters& other);
  void leave_out(MediaKind kind, LeftOut reason, std::uint64_t frames = 1) {
    of(kind).left_out[static_cast<std::size_t>(reason)] += frames;
  }
  /// Counts `frame` and tells the recorder; `queued_bytes` are those of its track that wait, its
  /// own among them.
  void leave_out(const Frame& frame, LeftOut reason, Time deadline, std::size_t queued_bytes);
};

}  // namespace sluice::media
