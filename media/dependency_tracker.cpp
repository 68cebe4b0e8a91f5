#include "media/dependency_tracker.h"

#include <algorithm>

#include "media/frame_order.h"
#include "media/invariant.h"

namespace sluice::media {

bool DependencyTracker::decodable(const FrameDescription& frame) const {
  const bool same_encoding = encoding_ == frame.encoding;
  if (same_encoding && !is_newer(frame.number, newest_)) return false;
  if (frame.keyframe) return true;
  if (!same_encoding || frame.dependency_count == 0) return false;
  return std::ranges::all_of(frame.dependencies(), [&](std::uint16_t delta) {
    const FrameNumber needed = frame.number - delta;
    const bool remembered = newest_ - needed < kWindow;
    return remembered && marked_.test(needed % kWindow);
  });
}

void DependencyTracker::mark(const FrameDescription& frame) {
  invariant(decodable(frame), "only a decodable frame is marked as decoded");
  if (frame.keyframe) {
    // A decoder forgets all its references at a keyframe.
    marked_.reset();
    encoding_ = frame.encoding;
  } else if (frame.number - newest_ >= kWindow) {
    marked_.reset();
  } else {
    for (FrameNumber number = newest_ + 1; number != frame.number; ++number) {
      marked_.reset(number % kWindow);
    }
  }
  marked_.set(frame.number % kWindow);
  newest_ = frame.number;
}

void DependencyTracker::reset() { *this = DependencyTracker{}; }

}  // namespace sluice::media
