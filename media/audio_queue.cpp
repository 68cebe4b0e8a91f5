#include "media/audio_queue.h"

namespace sluice::media {
namespace {

/// Sound that takes the link so long comes faster than it leaves.
constexpr Duration kBacklogMost = std::chrono::milliseconds{60};
/// What is then kept of the latency budget: a packet sent at the last moment is late at the first
/// irregularity, and so are all that follow (the domino effect of delivery.md).
constexpr int kMarginShare = 4;
/// Beyond the way itself sound has at least this part of its budget.
constexpr int kRoomShare = 2;

}  // namespace

void AudioQueue::pop() {
  bytes_ -= frames_.front()->description.length;
  frames_.pop_front();
}

void AudioQueue::push(const FrameRef& frame, EgressCounters& counters) {
  if (frames_.size() == kFramesMax) {
    leave_out_head(LeftOut::kOverflowed, counters);
  }
  frames_.push_back(frame);
  loudness_.push(frame->description.audio_level);
  bytes_ += frame->description.length;
}

bool AudioQueue::expire(Time now, const LinkEstimate& link, EgressCounters& counters) {
  bool any = false;
  while (!frames_.empty()) {
    const bool overload = link.time_for(bytes_) > kBacklogMost;
    const Duration margin = overload ? latency_budget_ / kMarginShare : Duration::zero();
    const Duration budget = link.reachable(latency_budget_, latency_budget_ / kRoomShare);
    const Time latest = head_deadline() - latency_budget_ + budget;
    if (now + link.one_way_delay + margin <= latest) return any;
    leave_out_head(LeftOut::kExpired, counters);
    any = true;
  }
  return any;
}

void AudioQueue::leave_out_head(LeftOut reason, EgressCounters& counters) {
  const Frame& head = *frames_.front();
  counters.leave_out(head, reason, deadline_of(head), head.description.length);
  heard_ = false;
  pop();
}

Duration AudioQueue::age_most(const LinkEstimate& link) const {
  return latency_budget_ - latency_budget_ / kMarginShare - link.one_way_delay;
}

void AudioQueue::clear(LeftOut reason, EgressCounters& counters) {
  while (!frames_.empty()) leave_out_head(reason, counters);
  frames_.release_memory();
}

FrameRef AudioQueue::take(EgressCounters& counters) {
  FrameRef frame = frames_.front();
  heard_ = true;
  pop();
  auto& sent = counters.of(MediaKind::kAudio);
  ++sent.frames_sent;
  sent.bytes_sent += frame->description.length;
  return frame;
}

}  // namespace sluice::media
