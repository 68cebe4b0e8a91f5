#pragma once

#include <algorithm>
#include <vector>

#include "signaling/track_info.h"

namespace sluice::signaling {

/// What a participant may do in its room; everything, unless a token says less.
struct Permissions {
  bool can_publish = true;
  bool can_subscribe = true;
  /// The sources that may be published; empty allows all.
  std::vector<TrackSource> can_publish_sources;

  [[nodiscard]] bool may_publish(TrackSource source) const {
    return can_publish &&
           (can_publish_sources.empty() ||
            std::ranges::find(can_publish_sources, source) != can_publish_sources.end());
  }
  friend bool operator==(const Permissions&, const Permissions&) = default;
};

}  // namespace sluice::signaling
