#pragma once

#include <cstdint>
#include <random>
#include <vector>

#include "media/frame_pool.h"

namespace sluice::media {

/// Makes the frames of one track for tests: real dependencies, lengths drawn from a seed.
///
/// Layers as in docs/protocol.md section 5.1: one, two (0 1) or three (0 2 1 2) temporal layers.
class SyntheticVideo {
 public:
  struct Shape {
    TrackHandle track{};
    EncodingId encoding{};
    int temporal_layers = 3;
    /// Each delta frame needs one to three of the eight before it, drawn from the seed, and its
    /// layer says nothing: what any codec may do, rather than what ours does.
    bool tangled = false;
    std::uint32_t delta_bytes = 2000;  ///< mean of base frames; enhancements are half of it
    std::uint32_t keyframe_bytes = 20000;
  };

  SyntheticVideo(FramePool& pool, Shape shape, std::uint64_t seed)
      : pool_(pool), shape_(shape), random_(seed) {}

  /// The next frame, captured and arrived at `now`; its payload begins with its number.
  FrameRef next(Time now, bool keyframe);

  [[nodiscard]] FrameNumber next_number() const { return number_; }
  void skip_numbers(FrameNumber count) { number_ += count; }

 private:
  void tangle(FrameDescription& description);

  FramePool& pool_;
  Shape shape_;
  std::mt19937_64 random_;
  FrameNumber number_ = 0;
  std::uint32_t group_ = 0;
  int position_ = 0;  ///< in the layer pattern, 0 at a keyframe
  FrameNumber last_base_ = 0;
  FrameNumber last_middle_ = 0;
  bool has_middle_ = false;
};

/// One audio frame of `bytes`.
FrameRef synthetic_audio(FramePool& pool, TrackHandle track, FrameNumber number, Time now,
                         std::uint32_t bytes);

}  // namespace sluice::media
