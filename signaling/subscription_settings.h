#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

namespace sluice::signaling {

/// How a subscriber wants a track; what is absent in a `subscribe` was left to the server, or
/// keeps its value when the track is subscribed already.
///
/// Source: docs/protocol.md section 4.5.
struct SubscriptionSettings {
  std::optional<std::uint32_t> max_width;                   ///< device pixels; 0 pauses the video
  std::optional<std::uint32_t> max_height;                  ///< device pixels; 0 pauses the video
  std::optional<std::uint8_t> max_temporal_layer;           ///< 0 to 7
  std::optional<std::uint8_t> priority;                     ///< 1 to 255, 128 when absent
  std::optional<std::chrono::milliseconds> latency_budget;  ///< 20 ms to 10 s

  /// The subscriber shows nothing of the video.
  [[nodiscard]] bool hidden() const { return max_width == 0U || max_height == 0U; }

  /// These settings, changed by what `newer` holds.
  [[nodiscard]] SubscriptionSettings updated_by(const SubscriptionSettings& newer) const;

  friend bool operator==(const SubscriptionSettings&, const SubscriptionSettings&) = default;
};

}  // namespace sluice::signaling
