#pragma once

#include <cstddef>
#include <utility>

#include "media/frame_order.h"
#include "media/frame_pool.h"
#include "media/ring_deque.h"

namespace sluice::media {

/// Frames of one track sorted by number, each once: what a receiver's buffers hold.
///
/// Encodings count each for itself: a frame of another encoding than the newest one goes behind
/// all.
///
/// Complexity: O(1) for a frame that is newer than all others, as nearly every one is; O(n) for one
///             that belongs further forward. The numbers held must lie within 2^31 of one another.
/// Bound:      the owner's.
class FrameSequence {
 public:
  [[nodiscard]] bool empty() const { return frames_.empty(); }
  [[nodiscard]] std::size_t size() const { return frames_.size(); }
  [[nodiscard]] const Frame& front() const { return *frames_.front(); }
  [[nodiscard]] const Frame& operator[](std::size_t index) const { return *frames_[index]; }

  /// Puts `frame` in its place; false when its number is already there.
  bool insert(FrameRef frame) {
    const FrameNumber number = frame->description.number;
    std::size_t place = frames_.size();
    const auto same_encoding = [&] {
      return place > 0 && frames_[place - 1]->description.encoding == frame->description.encoding;
    };
    while (same_encoding() && is_newer(frames_[place - 1]->description.number, number)) --place;
    if (same_encoding() && frames_[place - 1]->description.number == number) return false;
    frames_.push_back(std::move(frame));
    for (std::size_t at = frames_.size() - 1; at > place; --at) {
      std::swap(frames_[at], frames_[at - 1]);
    }
    return true;
  }

  FrameRef take_front() {
    FrameRef frame = std::move(frames_.front());
    frames_.pop_front();
    return frame;
  }

  void clear() { frames_.clear(); }

 private:
  RingDeque<FrameRef> frames_;
};

}  // namespace sluice::media
