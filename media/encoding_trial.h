#pragma once

#include <cstddef>
#include <optional>

#include "media/begun_frames.h"
#include "media/frame_pool.h"
#include "media/ring_deque.h"
#include "media/video_queue.h"

namespace sluice::media {

/// Tries out whether a link carries a larger encoding beside what it carries now.
///
/// The frames of that encoding, as they come, are sent behind everything else, and each is given up
/// just before its last byte: the receiver decodes none of them, and the link has shown, with the
/// very traffic that is to come, whether it keeps up. No estimate is asked, because none made while
/// little was sent can know (delivery.md, trap of the application-limited estimate).
///
/// Bound:    `kFramesMost` frames; more that wait mean the trial has failed.
/// Owner:    the subscriber's `VideoStream`.
class EncodingTrial {
 public:
  explicit EncodingTrial(EncodingId encoding) : encoding_(encoding) {}

  [[nodiscard]] EncodingId encoding() const { return encoding_; }

  /// A frame of the track, live; other encodings are ignored.
  void push(const FrameRef& frame);
  [[nodiscard]] bool empty() const { return frames_.empty(); }
  /// Up to `bytes_max` bytes of a frame, or its mark of abandonment; only when not empty.
  [[nodiscard]] VideoQueue::Piece take(std::size_t bytes_max, BegunFrames& begun);
  /// Ends the trial: the mark of a frame that is half sent.
  [[nodiscard]] std::optional<VideoQueue::Piece> end();

  /// For how long the first frame that is not through has waited; at the bound, forever.
  [[nodiscard]] Duration lag(Time now) const;
  [[nodiscard]] std::size_t frames_seen() const { return frames_seen_; }

 private:
  static constexpr std::size_t kFramesMost = 12;

  EncodingId encoding_;
  RingDeque<FrameRef> frames_;
  std::uint32_t sent_bytes_ = 0;  ///< of the first of them
  std::size_t frames_seen_ = 0;
  bool overrun_ = false;
};

}  // namespace sluice::media
