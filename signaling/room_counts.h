#pragma once

#include <array>
#include <cstddef>

#include "signaling/track_info.h"

namespace sluice::signaling {

/// How much the room layer holds now, for metrics.
struct RoomCounts {
  std::size_t rooms = 0;  ///< with those that are empty and not yet removed
  std::size_t participants = 0;
  std::size_t subscriptions = 0;
  std::array<std::size_t, kTrackSources.size()> tracks_by_source{};

  [[nodiscard]] std::size_t tracks(TrackSource source) const {
    return tracks_by_source[static_cast<std::size_t>(source)];
  }
  [[nodiscard]] std::size_t tracks(TrackKind kind) const {
    std::size_t sum = 0;
    for (const TrackSource source : kTrackSources) {
      if (kind_of(source) == kind) sum += tracks(source);
    }
    return sum;
  }
  RoomCounts& operator+=(const RoomCounts& other);
  friend bool operator==(const RoomCounts&, const RoomCounts&) = default;
};

}  // namespace sluice::signaling
