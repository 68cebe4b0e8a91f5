#include "signaling/handle_allocator.h"

namespace sluice::signaling {

std::optional<TrackHandle> HandleAllocator::allocate() {
  if (used_count_ == kHandleMax) return std::nullopt;
  while (used_[next_]) next_ = next_ == kHandleMax ? 1 : static_cast<std::uint16_t>(next_ + 1);
  const std::uint16_t handle = next_;
  used_[handle] = true;
  ++used_count_;
  next_ = next_ == kHandleMax ? 1 : static_cast<std::uint16_t>(next_ + 1);
  return TrackHandle{handle};
}

void HandleAllocator::release(TrackHandle handle) {
  const auto index = static_cast<std::uint16_t>(handle);
  if (!used_[index]) return;
  used_[index] = false;
  --used_count_;
}

}  // namespace sluice::signaling
