#pragma once

#include <functional>
#include <utility>

#include "media/timer_wheel.h"

namespace sluice::sfu {

/// A timer of one shard's wheel and what happens when it expires: the one kind in that wheel.
///
/// The action runs on the shard's thread; it may schedule, cancel or destroy any timer.
class ShardTimer : public media::Timer {
 public:
  explicit ShardTimer(std::function<void(media::Time now)> action) : action_{std::move(action)} {}
  void expired(media::Time now) { action_(now); }

 private:
  std::function<void(media::Time)> action_;
};

}  // namespace sluice::sfu
