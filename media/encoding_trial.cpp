#include "media/encoding_trial.h"

#include <algorithm>

namespace sluice::media {

void EncodingTrial::push(const FrameRef& frame) {
  const FrameDescription& description = frame->description;
  // A frame of one byte has nothing before its last.
  if (description.encoding != encoding_ || description.length < 2) return;
  ++frames_seen_;
  if (frames_.size() == kFramesMost) {
    overrun_ = true;
    return;
  }
  frames_.push_back(frame);
}

VideoQueue::Piece EncodingTrial::take(std::size_t bytes_max, BegunFrames& begun) {
  const FrameRef frame = frames_.front();
  const std::uint32_t most = frame->description.length - 1 - sent_bytes_;
  const auto bytes = static_cast<std::uint32_t>(std::min<std::size_t>(most, bytes_max));
  const VideoQueue::Piece piece{.frame = frame, .offset = sent_bytes_, .bytes = bytes};
  if (sent_bytes_ == 0) begun.note(encoding_, frame->description.number);
  sent_bytes_ += bytes;
  if (bytes == 0) {
    frames_.pop_front();
    sent_bytes_ = 0;
  }
  return piece;
}

std::optional<VideoQueue::Piece> EncodingTrial::end() {
  if (frames_.empty() || sent_bytes_ == 0) return std::nullopt;
  return VideoQueue::Piece{.frame = frames_.front(), .offset = sent_bytes_, .bytes = 0};
}

Duration EncodingTrial::lag(Time now) const {
  if (overrun_) return Duration::max();
  return frames_.empty() ? Duration::zero() : now - frames_.front()->arrival;
}

}  // namespace sluice::media
