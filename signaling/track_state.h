#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace sluice::signaling {

/// Whether the server sends a subscribed track. Source: docs/protocol.md section 4.10.
enum class TrackState : std::uint8_t { kPaused, kLive };

enum class TrackStateReason : std::uint8_t {
  kBandwidth,  ///< the link does not carry it
  kMuted,      ///< the publisher sends nothing
  kHidden,     ///< the subscriber asked for size 0
};

[[nodiscard]] std::string_view to_string(TrackState state);
[[nodiscard]] std::string_view to_string(TrackStateReason reason);
[[nodiscard]] std::optional<TrackState> track_state_from_string(std::string_view text);
[[nodiscard]] std::optional<TrackStateReason> track_state_reason_from_string(std::string_view text);

}  // namespace sluice::signaling
