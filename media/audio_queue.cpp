#include "media/audio_queue.h"

namespace sluice::media {

void AudioQueue::push(const FrameRef& frame, EgressCounters& counters) {
  if (frames_.size() == kFramesMax) {
    frames_.pop_front();
    counters.leave_out(MediaKind::kAudio, LeftOut::kOverflowed);
  }
  frames_.push_back(frame);
}

void AudioQueue::expire(Time now, Duration one_way_delay, EgressCounters& counters) {
  while (!frames_.empty() && now + one_way_delay > head_deadline()) {
    frames_.pop_front();
    counters.leave_out(MediaKind::kAudio, LeftOut::kExpired);
  }
}

void AudioQueue::clear(LeftOut reason, EgressCounters& counters) {
  counters.leave_out(MediaKind::kAudio, reason, frames_.size());
  frames_.clear();
  frames_.release_memory();
}

FrameRef AudioQueue::take(EgressCounters& counters) {
  FrameRef frame = std::move(frames_.front());
  frames_.pop_front();
  auto& sent = counters.of(MediaKind::kAudio);
  ++sent.frames_sent;
  sent.bytes_sent += frame->description.length;
  return frame;
}

}  // namespace sluice::media
