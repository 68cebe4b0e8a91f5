#include "media/in_step.h"

#include <algorithm>

namespace sluice::media {

PassingFrame::PassingFrame(const FrameDescription& description, MediaKind kind, Duration its_age)
    : track{description.track},
      encoding{description.encoding},
      temporal_layer{description.temporal_layer},
      number{description.number},
      bytes{description.length},
      age{its_age} {
  for (const std::uint16_t delta : description.dependencies()) {
    farthest_dependency = std::max(farthest_dependency, delta);
  }
  // Video that names nothing is a keyframe, which decides anew, or wrong (`DependencyTracker`).
  continues = kind == MediaKind::kAudio || (!description.keyframe && farthest_dependency > 0);
}

std::optional<InStep::Track> InStep::track_within(Duration age_most, Track track) {
  using Milliseconds = std::chrono::duration<std::int64_t, std::milli>;
  const std::int64_t milliseconds = std::chrono::floor<Milliseconds>(age_most).count();
  if (milliseconds <= 0) return std::nullopt;
  track.age_most_ms = static_cast<std::uint16_t>(std::min<std::int64_t>(milliseconds, UINT16_MAX));
  return track;
}

void InStep::begin(const Headroom& headroom) {
  until_ = headroom.until;
  frame_bytes_most_ = static_cast<std::uint16_t>(
      std::min<std::size_t>(headroom.frame_bytes, InStep::kFrameBytesMost));
  bytes_left_ = static_cast<std::uint32_t>(std::min<std::size_t>(headroom.bytes, UINT32_MAX));
  count_ = 0;
}

void InStep::add(const Track& track) { tracks_[count_++] = track; }

}  // namespace sluice::media
