#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "media/frame.h"

namespace sluice::media {

/// The place of one frame in a pattern of temporal layers.
struct TemporalPlace {
  std::uint8_t temporal_layer = 0;
  bool keyframe = false;
  bool discardable = false;
  /// Frames between this one and the only one that it refers to, plus one; 0 on a keyframe.
  std::uint16_t dependency_delta = 0;
  /// What the encoder has to do for it: which reference it may read and which it may replace.
  enum class Reference : std::uint8_t { kNone, kBase, kMiddle };
  Reference reads = Reference::kNone;
  Reference replaces = Reference::kNone;

  friend bool operator==(const TemporalPlace&, const TemporalPlace&) = default;
};

/// Hands out the places of successive frames with one, two or three temporal layers.
///
/// The order of layers is `0`, `0 1` or `0 2 1 2`, begun anew at each keyframe. Every frame refers
/// to exactly one earlier frame, so that what may be left out is plain: nothing refers to the
/// highest layer, and the middle one is referred to only by the frame behind it.
///
/// Source: docs/protocol.md section 5.1.
class TemporalPattern {
 public:
  /// `layers` is 1 to 3.
  explicit TemporalPattern(int layers);

  /// The place of the next frame, which is a keyframe if `keyframe` says so. The first always is.
  /// Nothing is remembered until `advance`: an encoder may yet decide to skip the frame.
  [[nodiscard]] TemporalPlace next(bool keyframe) const;

  /// The frame was encoded at `place`, which `next` gave.
  void advance(const TemporalPlace& place);

 private:
  int layers_;
  bool started_ = false;
  int position_ = 0;              // in the pattern, of the frame to come
  std::uint16_t base_age_ = 0;    // frames since the last one of layer 0, plus one
  std::uint16_t middle_age_ = 0;  // the same for layer 1 of three
};

}  // namespace sluice::media
