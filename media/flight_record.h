#pragma once

#include <array>
#include <cstdint>
#include <type_traits>
#include <variant>

#include "media/frame.h"
#include "media/left_out.h"

namespace sluice::media {

// What a flight recorder remembers: numbers that the delivery engine went by, never a byte of a
// payload, a name or an address.

/// Which frame of which track.
struct FrameName {
  FrameNumber number = 0;
  TrackHandle track{};
  EncodingId encoding{};
  std::uint8_t temporal_layer = 0;

  [[nodiscard]] static FrameName of(const FrameDescription& frame) {
    return {.number = frame.number,
            .track = frame.track,
            .encoding = frame.encoding,
            .temporal_layer = frame.temporal_layer};
  }
};

/// The first chunk of a frame that takes several went out.
struct FrameBegun {
  FrameName frame;
  std::uint32_t waited_us = 0;  ///< since the whole frame was there
};

/// The last chunk of a frame went out.
struct FrameSent {
  FrameName frame;
  std::uint32_t waited_us = 0;
};

/// A frame was not sent, or not whole.
struct FrameLeftOut {
  FrameName frame;
  std::int32_t to_deadline_us = 0;  ///< negative: it was past it
  std::uint32_t queued_bytes = 0;   ///< of its track, itself among them, not yet sent
  LeftOut reason{};
};

enum class EncodingStep : std::uint8_t {
  kSwitch,  ///< the other is shown from its next keyframe on
  kTry,     ///< the larger one is sent beside the shown one, to see whether the link carries it
  kFetch,   ///< the trial went well: its keyframe is on its way
  kCommit,  ///< the larger one is shown
  kAbort,   ///< the trial or the fetch was given up
};
inline constexpr std::size_t kEncodingSteps = 5;

[[nodiscard]] constexpr const char* name_of(EncodingStep step) {
  constexpr std::array<const char*, kEncodingSteps> kNames{"switch", "try", "fetch", "commit",
                                                           "abort"};
  return kNames[static_cast<std::size_t>(step)];
}

/// A simulcast track's encoding was changed, or an ascent went a step further.
struct EncodingChange {
  TrackHandle track{};
  EncodingId from{};
  EncodingId to{};
  EncodingStep step{};
};

/// The subscriber cannot go on without a keyframe, and the publisher was asked for one.
struct KeyframeAsked {
  TrackHandle track{};
  EncodingId encoding{};
};

/// The subscriber was told that its link does not carry a track, or does again.
struct TrackStarved {
  TrackHandle track{};
  bool starved = false;
};

/// The subscriber changed what it wants of a track.
struct SubscriptionChange {
  TrackHandle track{};
  bool was_hidden = false;
  bool hidden = false;
  std::uint8_t was_max_temporal_layer = 15;
  std::uint8_t max_temporal_layer = 15;
};

/// What the kernel said of the socket (`SendQueueFacts`, `PathFacts`).
struct SocketSeen {
  std::uint32_t outstanding_bytes = 0;
  std::uint32_t unsent_bytes = 0;
  std::uint32_t acked_bytes_low = 0;  ///< since the connection began, modulo 2^32
  std::uint32_t round_trip_us = 0;
  std::uint32_t min_round_trip_us = 0;
};

/// What the link controller made of it.
struct LinkBelief {
  std::uint32_t bytes_per_second = 0;  ///< 0: unknown
  std::uint32_t cap_bytes = 0;         ///< 0: off, as on a LAN
  std::uint32_t in_flight_bytes = 0;
  std::uint32_t queueing_delay_us = 0;
  bool congested = false;
  bool outage = false;
};

/// A receiver report.
struct ReportSeen {
  std::uint32_t received_bytes_low = 0;  ///< of media since the session began, modulo 2^32
};

using FlightEvent =
    std::variant<FrameBegun, FrameSent, FrameLeftOut, EncodingChange, KeyframeAsked, TrackStarved,
                 SubscriptionChange, SocketSeen, LinkBelief, ReportSeen>;

/// One thing that happened to one subscriber, and when.
struct FlightRecord {
  Time time{};
  FlightEvent event;
};
static_assert(sizeof(FlightRecord) == 32, "half of a cache line");
static_assert(std::is_trivially_copyable_v<FlightRecord>);

/// A frame as its publisher offered it to all subscribers.
struct OfferedFrame {
  static constexpr std::size_t kDependencies = 4;

  Time arrival{};
  FrameNumber number = 0;
  std::uint32_t length = 0;
  /// By the track's `DeadlineClock`, in 100 us, at most 6.5 s: its deadline is `arrival` minus this
  /// plus the subscriber's budget, and it was captured that much before at least.
  std::uint16_t lateness_100us = 0;
  std::uint16_t group_low = 0;  ///< modulo 2^16
  EncodingId encoding{};
  std::uint8_t temporal_layer = 0;
  bool keyframe : 1 = false;
  bool discardable : 1 = false;
  std::uint8_t dependency_count = 0;  ///< of which the first `kDependencies` are kept
  std::array<std::uint16_t, kDependencies> dependency_deltas{};
};
static_assert(sizeof(OfferedFrame) == 32, "half of a cache line");
static_assert(std::is_trivially_copyable_v<OfferedFrame>);

}  // namespace sluice::media
