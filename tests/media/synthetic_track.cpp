#include "tests/media/synthetic_track.h"

#include <algorithm>

namespace sluice::media {

void SyntheticVideo::tangle(FrameDescription& description) {
  description.temporal_layer = static_cast<std::uint8_t>(random_() % 3);
  description.discardable = false;
  description.dependency_count = 0;
  const int reach = std::min(position_, 8);
  for (int count = 1 + static_cast<int>(random_() % 3); count > 0; --count) {
    const auto delta = static_cast<std::uint16_t>(1 + random_() % static_cast<unsigned>(reach));
    description.dependency_deltas[description.dependency_count++] = delta;
  }
}

FrameRef SyntheticVideo::next(Time now, bool keyframe) {
  FrameDescription description{
      .track = shape_.track,
      .encoding = shape_.encoding,
      .number = number_,
      .capture_time = now.time_since_epoch(),
  };
  position_ = keyframe ? 0 : position_ + 1;
  FrameNumber needed = last_base_;
  if (keyframe) {
    ++group_;
  } else if (shape_.temporal_layers == 2 && position_ % 2 == 1) {
    description.temporal_layer = 1;
    description.discardable = true;
  } else if (shape_.temporal_layers == 3 && position_ % 4 == 2) {
    description.temporal_layer = 1;
  } else if (shape_.temporal_layers == 3 && position_ % 2 == 1) {
    description.temporal_layer = 2;
    description.discardable = true;
    if (position_ % 4 == 3 && has_middle_) needed = last_middle_;
  }
  description.keyframe = keyframe;
  description.group = group_;
  if (!keyframe) {
    description.dependency_count = 1;
    description.dependency_deltas[0] = static_cast<std::uint16_t>(number_ - needed);
  }
  if (shape_.tangled && !keyframe) tangle(description);
  const double mean = keyframe                          ? shape_.keyframe_bytes
                      : description.temporal_layer == 0 ? shape_.delta_bytes
                                                        : shape_.delta_bytes / 2.0;
  std::lognormal_distribution<double> factor{-0.08, 0.4};
  description.length = static_cast<std::uint32_t>(std::max(1.0, mean * factor(random_)));
  if (description.temporal_layer == 0) {
    last_base_ = number_;
    has_middle_ = false;
  } else if (description.temporal_layer == 1) {
    last_middle_ = number_;
    has_middle_ = true;
  }
  ++number_;
  FrameBuilder frame = pool_.allocate(description, MediaKind::kVideo);
  if (!frame) return FrameRef{};
  frame->arrival = now;
  frame->lateness = Duration::zero();
  return std::move(frame).finish();
}

FrameRef synthetic_audio(FramePool& pool, TrackHandle track, FrameNumber number, Time now,
                         std::uint32_t bytes) {
  FrameBuilder frame = pool.allocate({.track = track,
                                      .number = number,
                                      .length = bytes,
                                      .audio_level = 30,
                                      .capture_time = now.time_since_epoch()},
                                     MediaKind::kAudio);
  frame->arrival = now;
  frame->lateness = Duration::zero();
  return std::move(frame).finish();
}

}  // namespace sluice::media
