#include "media/group_cache.h"

#include <algorithm>

namespace sluice::media {

void GroupCache::add(const FrameRef& frame) {
  const FrameDescription& description = frame->description;
  const bool base = description.temporal_layer == 0;
  if (description.keyframe) {
    clear();
  } else if (frames_.empty() || (!base && description.discardable)) {
    return;  // nothing to add to; or nothing needs it, and a joiner would have it too late
  } else if (base) {
    // Enhancement frames before this base frame bring nobody closer to the present any more.
    while (frames_.size() > base_frames_) {
      bytes_ -= frames_.back()->description.length;
      frames_.pop_back();
    }
  }
  if (frames_.size() == bounds_.frames_max || bytes_ + description.length > bounds_.bytes_max) {
    clear();
    return;
  }
  frames_.push_back(frame);
  bytes_ += description.length;
  if (base) base_frames_ = frames_.size();
}

void GroupCache::clear() {
  frames_.clear();
  base_frames_ = 0;
  bytes_ = 0;
}

std::size_t GroupCache::keyframe_bytes() const {
  return frames_.empty() ? 0 : frames_.front()->description.length;
}

}  // namespace sluice::media
