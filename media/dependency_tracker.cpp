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
  return std::ranges::all_of(frame.dependencies(),
                             [&](std::uint16_t delta) { return marked(frame.number - delta); });
}

bool DependencyTracker::marked(FrameNumber number) const {
  const FrameNumber age = newest_ - number;
  return age < run_ || (age < kWindow && before_run_.test(number % kWindow));
}

void DependencyTracker::end_run() {
  for (FrameNumber age = 0; age < run_; ++age) before_run_.set((newest_ - age) % kWindow);
  run_ = 0;
}

void DependencyTracker::mark(const FrameDescription& frame) {
  invariant(decodable(frame), "only a decodable frame is marked as decoded");
  const FrameNumber step = frame.number - newest_;
  if (frame.keyframe || step >= kWindow) {
    // A decoder forgets all its references at a keyframe.
    before_run_.reset();
    run_ = 0;
  } else if (step > 1) {
    end_run();
    for (FrameNumber missing = newest_ + 1; missing != frame.number; ++missing) {
      before_run_.reset(missing % kWindow);
    }
  }
  run_ = std::min(run_ + 1, kWindow);
  newest_ = frame.number;
  encoding_ = frame.encoding;
}

void DependencyTracker::reset() { *this = DependencyTracker{}; }

}  // namespace sluice::media
