#include "media/video_playout.h"

#include <algorithm>
#include <utility>

namespace sluice::media {

using Action = VideoPlayoutStep::Action;

void VideoPlayout::push(FrameRef frame) {
  const FrameDescription& description = frame->description;
  if (delay_.observe(description.capture_time, frame->arrival) && !frames_.empty()) {
    // What is held was stamped by the clock before its jump and has no moment any more.
    last_before_jump_ = frames_[frames_.size() - 1].description.number;
  }
  if (description.encoding != encoding_) {
    if (observed_ && !description.keyframe) {
      ++left_out_;
      return;
    }
    encoding_ = description.encoding;
    last_taken_.reset();
    // What is held counts otherwise; its stamps are of the clock that goes on.
    last_before_jump_.reset();
  }
  observed_ = true;
  if (last_taken_ && !is_newer(description.number, *last_taken_)) {
    ++left_out_;
    return;
  }
  if (frames_.size() == kFramesMax) {
    left_out_ += frames_.size();
    frames_.clear();
    last_before_jump_.reset();
  }
  frames_.insert(std::move(frame));
}

Time VideoPlayout::time_of(const Frame& frame) const {
  const bool before_jump =
      last_before_jump_ && !is_newer(frame.description.number, *last_before_jump_);
  if (before_jump) return frame.arrival;
  const Time stamp = delay_.stamp(frame.description.capture_time);
  if (audio_offset_) {
    const Duration offset = delay_.for_stamps(*audio_offset_);
    if (offset < delay_.offset() + kOffsetsApartMax &&
        offset > delay_.offset() - kOffsetsApartMax) {
      return stamp + offset;
    }
  }
  return stamp + delay_.offset();
}

VideoPlayoutStep VideoPlayout::pop(Time now) {
  while (!frames_.empty()) {
    const Time due = time_of(frames_.front());
    // Behind a frame that is due, one with an earlier number is due too, whatever its stamp says:
    // the decoder needs it first.
    const bool next_is_due = frames_.size() > 1 && time_of(frames_[1]) <= now;
    if (now < due && !next_is_due) return {};
    FrameRef frame = frames_.take_front();
    const FrameNumber number = frame->description.number;
    if (frame->description.encoding == encoding_) last_taken_ = number;
    if (last_before_jump_ == number) last_before_jump_.reset();
    const bool frozen = !last_shown_ || now - *last_shown_ >= kFreezeMax;
    if (!next_is_due && (now - due <= kLateMax || frozen)) {
      last_shown_ = now;
      ++shown_;
      return {.action = Action::kShow, .frame = std::move(frame)};
    }
    if (frame->description.discardable) {
      ++left_out_;
      continue;
    }
    ++late_;
    return {.action = Action::kDecodeOnly, .frame = std::move(frame)};
  }
  return {};
}

Time VideoPlayout::deadline() const {
  if (frames_.empty()) return Time::max();
  const Time due = time_of(frames_.front());
  return frames_.size() > 1 ? std::min(due, time_of(frames_[1])) : due;
}

std::optional<Duration> VideoPlayout::wanted_offset() const {
  if (!observed_) return std::nullopt;
  return delay_.for_capture_times(delay_.offset());
}

}  // namespace sluice::media
