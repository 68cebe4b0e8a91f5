#include "media/jitter_buffer.h"

#include <algorithm>
#include <utility>

namespace sluice::media {

using namespace std::chrono_literals;

void JitterBuffer::push(FrameRef frame) {
  const FrameDescription& description = frame->description;
  if (delay_.observe(description.capture_time, frame->arrival)) {
    // What is held was stamped by the clock before its jump and has no moment any more.
    skipped_ += frames_.size();
    frames_.clear();
    started_ = false;
  }
  if (started_ && is_newer(next_number_, description.number)) {
    ++late_;
    return;
  }
  if (frames_.insert(std::move(frame)) && frames_.size() > kFramesMax) skip_front();
}

Duration JitterBuffer::wanted_offset() const {
  const Duration own = delay_.offset();
  if (!offset_floor_) return own;
  return std::clamp(delay_.for_stamps(*offset_floor_), own, own + kSyncMax);
}

bool JitterBuffer::front_is_after_pause() const {
  const Frame& front = frames_.front();
  const Time planned = delay_.stamp(front.description.capture_time) + offset_;
  // Half a frame is the play that a capture clock may have.
  if (planned - due_ <= settings_.frame_duration / 2) return false;
  const bool lost = front.description.number != next_number_;
  return !lost || concealed_in_a_row_ >= kConcealMax;
}

AudioPlayout JitterBuffer::pop(Time now) {
  if (!started_) {
    if (frames_.empty() || now < deadline()) return {};
    due_ = deadline();
    offset_ = wanted_offset();
    started_ = true;
    next_number_ = frames_.front().description.number;
    concealed_in_a_row_ = 0ms;
    stretch_ = 0;
  }
  if (now < due_) return {};
  // Sound that should have begun more than a frame ago can only begin now.
  if (now - due_ > settings_.frame_duration) due_ = now;
  skip_too_old();
  if (frames_.empty()) {
    return concealed_in_a_row_ < kConcealMax ? conceal(settings_.frame_duration) : AudioPlayout{};
  }
  const Time stamp = delay_.stamp(frames_.front().description.capture_time);
  if (front_is_after_pause()) {
    // What was made up of a pause that was meant covered nothing.
    if (frames_.front().description.number == next_number_) {
      concealed_ -= static_cast<std::uint64_t>(concealed_in_a_row_ / settings_.frame_duration);
      concealed_in_a_row_ = 0ms;
    }
    offset_ = wanted_offset();
    stretch_ = 0;
    due_ = std::max(due_, stamp + offset_);
    return now < due_ ? AudioPlayout{} : play();
  }
  // Whole frames only, as decoders invent no arbitrary length; half a frame too much is caught up.
  const bool missing = stamp + offset_ - due_ > settings_.frame_duration / 2;
  return missing ? conceal(settings_.frame_duration) : play();
}

Time JitterBuffer::deadline() const {
  if (frames_.empty()) {
    return started_ && concealed_in_a_row_ < kConcealMax ? due_ : Time::max();
  }
  if (started_ && !front_is_after_pause()) return due_;
  const Time planned = delay_.stamp(frames_.front().description.capture_time) + wanted_offset();
  return started_ ? std::max(due_, planned) : planned;
}

std::optional<Duration> JitterBuffer::playout_offset(Time now) const {
  if (!started_ || played_ == 0 || now - last_played_ > 2s) return std::nullopt;
  return delay_.for_capture_times(offset_);
}

void JitterBuffer::skip_front() {
  next_number_ = frames_.take_front()->description.number + 1;
  ++skipped_;
}

void JitterBuffer::skip_too_old() {
  const auto behind = [&] {
    return due_ - delay_.stamp(frames_.front().description.capture_time) - delay_.base();
  };
  if (frames_.empty() || behind() <= settings_.delay_max) return;
  // The newest is kept whatever its age: after a lasting change of the way here all are that old.
  while (frames_.size() > 1 && behind() > delay_.target()) skip_front();
  // What was skipped is no loss to be concealed.
  next_number_ = frames_.front().description.number;
}

AudioPlayout JitterBuffer::conceal(Duration duration) {
  const Time at = due_;
  due_ += duration;
  concealed_in_a_row_ += duration;
  ++concealed_;
  return {.action = AudioPlayout::Action::kConceal, .frame = {}, .duration = duration, .at = at};
}

AudioPlayout JitterBuffer::play() {
  FrameRef frame = frames_.take_front();
  offset_ = due_ - delay_.stamp(frame->description.capture_time);
  const Duration excess = offset_ - wanted_offset();
  // From a frame of difference on, until there is none: a threshold alone would flutter.
  if (excess > settings_.frame_duration) stretch_ = -1;
  if (excess < -settings_.frame_duration) stretch_ = 1;
  if ((stretch_ < 0 && excess <= 0ms) || (stretch_ > 0 && excess >= 0ms)) stretch_ = 0;
  const Duration change = settings_.frame_duration / kStretchDivisor * stretch_;
  const Duration duration = settings_.frame_duration + change;
  next_number_ = frame->description.number + 1;
  concealed_in_a_row_ = 0ms;
  last_played_ = due_;
  ++played_;
  const Time at = due_;
  due_ += duration;
  offset_ += change;
  return {.action = AudioPlayout::Action::kPlay,
          .frame = std::move(frame),
          .duration = duration,
          .at = at};
}

}  // namespace sluice::media
