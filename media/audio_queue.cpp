#include "media/audio_queue.h"

namespace sluice::media {

void AudioQueue::push(const FrameRef& frame, EgressCounters& counters) {
  if (frames_.size() == kFramesMax) {
    leave_out_head(LeftOut::kOverflowed, counters);
  }
  frames_.push_back(frame);
}

void AudioQueue::expire(Time now, Duration one_way_delay, EgressCounters& counters) {
  while (!frames_.empty() && now + one_way_delay > head_deadline()) {
    leave_out_head(LeftOut::kExpired, counters);
  }
}

void AudioQueue::leave_out_head(LeftOut reason, EgressCounters& counters) {
  const Frame& head = *frames_.front();
  counters.leave_out(head, reason, deadline_of(head), head.description.length);
  frames_.pop_front();
}

void AudioQueue::clear(LeftOut reason, EgressCounters& counters) {
  while (!frames_.empty()) leave_out_head(reason, counters);
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
