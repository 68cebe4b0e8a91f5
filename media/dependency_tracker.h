#pragma once

#include <bitset>
#include <cstddef>
#include <optional>

#include "media/frame.h"

namespace sluice::media {

/// Knows which frames of one track a receiver has whole, and so which frame it can decode next.
///
/// Both ends run one: the sender marks what it sent whole, the receiver what it decoded. A frame
/// can be decoded when it is a keyframe, or when every frame it names was marked, nothing newer of
/// its encoding was marked, and its encoding is the one that the decoder is in.
///
/// Bound:    remembers the last 1024 frame numbers (34 s of 30 frames/s). Overflow: a dependency
///           older than that counts as missing; a keyframe heals it.
/// Cost:     O(dependencies); 128 bytes.
/// Pitfall:  a keyframe of another encoding moves the decoder there: from then on the old encoding
///           cannot be decoded until its own next keyframe.
class DependencyTracker {
 public:
  /// The receiver could decode this frame if it came next.
  [[nodiscard]] bool decodable(const FrameDescription& frame) const;

  /// The frame, decodable before, is now with the receiver.
  void mark(const FrameDescription& frame);

  /// The decoder's encoding; nothing before the first keyframe.
  [[nodiscard]] std::optional<EncodingId> encoding() const { return encoding_; }

  /// Forgets all: the next frame must be a keyframe.
  void reset();

 private:
  static constexpr FrameNumber kWindow = 1024;

  std::optional<EncodingId> encoding_;
  FrameNumber newest_ = 0;
  std::bitset<kWindow> marked_;  ///< by frame number modulo the window, up to `newest_`
};

}  // namespace sluice::media
