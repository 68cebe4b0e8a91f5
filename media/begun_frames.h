#pragma once

#include <optional>
#include <vector>

#include "media/frame.h"
#include "media/frame_order.h"

namespace sluice::media {

/// The newest frame number of each encoding of one track of which anything was sent to a
/// subscriber.
///
/// docs/protocol.md section 5: frame numbers of one encoding rise. A frame that was begun and given
/// up, and whatever came before it, is therefore never begun again, also when the subscriber comes
/// back to an encoding whose old keyframe is still cached.
/// Bound: 16 encodings (the header has 4 bits).
class BegunFrames {
 public:
  void note(EncodingId encoding, FrameNumber number) {
    FrameNumber* const newest = find(encoding);
    if (newest == nullptr) {
      newest_.push_back({.encoding = encoding, .number = number});
    } else if (is_newer(number, *newest)) {
      *newest = number;
    }
  }
  void note(const BegunFrames& others) {
    for (const Newest& each : others.newest_) note(each.encoding, each.number);
  }
  /// The frame may still be begun.
  [[nodiscard]] bool may_begin(EncodingId encoding, FrameNumber number) const {
    const FrameNumber* const newest = const_cast<BegunFrames*>(this)->find(encoding);
    return newest == nullptr || is_newer(number, *newest);
  }

 private:
  struct Newest {
    EncodingId encoding{};
    FrameNumber number = 0;
  };
  [[nodiscard]] FrameNumber* find(EncodingId encoding) {
    for (Newest& each : newest_) {
      if (each.encoding == encoding) return &each.number;
    }
    return nullptr;
  }
  std::vector<Newest> newest_;
};

}  // namespace sluice::media
