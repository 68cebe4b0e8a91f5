#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "media/frame_pool.h"

namespace sluice::media {

/// The newest keyframe of one encoding and what a joiner needs after it to be live.
///
/// Holds the keyframe, every base-layer frame since (each needs the one before it), and the
/// enhancement frames since the last base frame. Decoded in order, faster than real time, they
/// bring a joiner to the present without asking the publisher for a keyframe.
///
/// Bound:    `bytes_max`, `frames_max`. Overflow: the group is forgotten up to the next keyframe,
///           since a base chain with a hole is worth nothing; a joiner then costs a keyframe.
/// Sizing:   base frames at 7.5/s, 40 % of 1 Mbit/s: 10 s are 75 frames and 500 kB.
/// Cost:     O(1) amortised; frames are references, their payload exists once.
class GroupCache {
 public:
  struct Bounds {
    std::size_t bytes_max = 768 * 1024;
    std::size_t frames_max = 160;
  };

  explicit GroupCache(Bounds bounds) : bounds_(bounds) {}

  /// Takes the next frame of the encoding in decode order.
  void add(const FrameRef& frame);
  /// Forgets the group, as when the track is muted or ends.
  void clear();

  /// In decode order, beginning with a keyframe; empty when there is no whole group.
  [[nodiscard]] std::span<const FrameRef> frames() const { return frames_; }
  [[nodiscard]] std::size_t bytes() const { return bytes_; }
  /// Bytes of the keyframe alone; 0 without one.
  [[nodiscard]] std::size_t keyframe_bytes() const;

 private:
  Bounds bounds_;
  std::vector<FrameRef> frames_;
  std::size_t base_frames_ = 0;  ///< leading frames that are keyframe or base layer
  std::size_t bytes_ = 0;
};

}  // namespace sluice::media
