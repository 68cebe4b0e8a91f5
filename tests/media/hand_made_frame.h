#pragma once

#include <initializer_list>
#include <utility>

#include "media/frame_pool.h"

namespace sluice::media {

/// Descriptions for tests that say exactly what a frame needs, where `SyntheticVideo` draws lots.
struct HandMade {
  static FrameDescription keyframe(FrameNumber number, std::uint32_t bytes = 1000) {
    return {.number = number, .length = bytes, .keyframe = true};
  }
  /// `needs` are numbers of frames, not deltas.
  static FrameDescription delta(FrameNumber number, std::initializer_list<FrameNumber> needs,
                                std::uint8_t layer = 0, std::uint32_t bytes = 1000) {
    FrameDescription description{.temporal_layer = layer, .number = number, .length = bytes};
    for (const FrameNumber needed : needs) {
      description.dependency_deltas[description.dependency_count++] =
          static_cast<std::uint16_t>(number - needed);
    }
    return description;
  }
};

/// A finished frame, whose payload is not filled.
inline FrameRef hand_made_frame(FramePool& pool, const FrameDescription& description, Time arrival,
                                Duration lateness = {}, MediaKind kind = MediaKind::kVideo) {
  FrameBuilder frame = pool.allocate(description, kind);
  frame->arrival = arrival;
  frame->lateness = lateness;
  return std::move(frame).finish();
}

}  // namespace sluice::media
