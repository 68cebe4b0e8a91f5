#include "media/reordering_buffer.h"

#include <algorithm>
#include <utility>

namespace sluice::media {

void ReorderingBuffer::push(FrameRef frame, Lane lane) {
  const FrameNumber number = frame->description.number;
  LaneState& state = lanes_[lane];
  state.open = true;
  if (!state.newest || is_newer(number, *state.newest)) state.newest = number;
  if (next_ && is_newer(*next_, number)) {
    ++late_;
    return;
  }
  frames_.insert(std::move(frame));
}

FrameRef ReorderingBuffer::pop(Time now) {
  if (frames_.empty()) return {};
  if (!front_is_next() && !gap_is_final()) {
    if (frames_.size() <= frames_max_ && now < earliest_end_of_wait()) return {};
    ++given_up_;
  }
  FrameRef frame = frames_.take_front();
  next_ = frame->description.number + 1;
  return frame;
}

Time ReorderingBuffer::deadline() const {
  if (frames_.empty()) return Time::max();
  if (front_is_next() || gap_is_final()) return frames_.front().arrival;
  return earliest_end_of_wait();
}

bool ReorderingBuffer::front_is_next() const {
  const FrameDescription& front = frames_.front().description;
  return next_ ? front.number == *next_ : front.keyframe;
}

bool ReorderingBuffer::gap_is_final() const {
  const FrameNumber last_missing = frames_.front().description.number - 1;
  return std::ranges::all_of(lanes_, [&](const LaneState& lane) {
    return !lane.open || (lane.newest && !is_newer(last_missing, *lane.newest));
  });
}

Time ReorderingBuffer::earliest_end_of_wait() const {
  // Any frame's: one that came in time must not wait for a gap before an older frame that came
  // late.
  Time earliest = Time::max();
  for (std::size_t i = 0; i < frames_.size(); ++i) {
    earliest = std::min(earliest, frames_[i].arrival + hold_max_);
  }
  return earliest;
}

}  // namespace sluice::media
