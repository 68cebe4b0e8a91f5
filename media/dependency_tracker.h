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
/// Cost:     O(dependencies); 144 bytes, of which a frame without a gap before it touches the first
///           16: a run of marked frames is a count, and becomes bits when it ends.
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

  /// The newest frame that was marked; meaningless before the first one.
  [[nodiscard]] FrameNumber newest() const { return newest_; }
  /// So many frames up to the newest one, without a gap, were marked; at most 1024 are counted.
  [[nodiscard]] FrameNumber run() const { return run_; }

  /// Forgets all: the next frame must be a keyframe.
  void reset();

 private:
  static constexpr FrameNumber kWindow = 1024;

  [[nodiscard]] bool marked(FrameNumber number) const;
  void end_run();

  std::optional<EncodingId> encoding_;
  FrameNumber newest_ = 0;
  FrameNumber run_ = 0;
  std::bitset<kWindow> before_run_;  ///< what was marked, by frame number modulo the window
};

}  // namespace sluice::media
