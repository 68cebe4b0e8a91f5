#pragma once

#include <atomic>

namespace sluice::media {

/// Tells producers whether the consumer of their queues must be woken: once for a burst, not once
/// for each element, and never too seldom.
///
///     producer:  if (queue.try_push(command) && flag.request()) post a drain to the shard;
///     consumer:  the posted drain calls flag.clear() first, then empties its queues.
///
/// One flag serves all queues of a consumer.
///
/// Why it loses nothing: both sides use read-modify-writes, which see each other in one order.
///   `request` that finds the flag set: some later `clear` reads what `request` wrote, so the push
///   before `request` is visible to the drain behind that `clear`. `request` that finds it clear:
///   its caller posts a drain. A plain load in `request` would be wrong: the push might still sit
///   in the store buffer while the load sees a flag that the consumer is about to clear.
/// Memory ordering: `request` releases the push before it to `clear`, which acquires it; it is
///   acquire as well, so that a producer that is told to wake also sees what earlier ones pushed.
/// Cost:     one locked instruction for each `request` (about 20 cycles while nobody else writes
///           the line): push a batch and request once.
/// Pitfalls: clear before draining, never after. A drain that stops early (to give others their
///           turn) must post itself again, since nobody else will.
class WakeFlag {
 public:
  /// After a push: true when the caller has to wake the consumer.
  [[nodiscard]] bool request() { return !requested_.exchange(true, std::memory_order_acq_rel); }

  /// Before a drain.
  void clear() { requested_.exchange(false, std::memory_order_acq_rel); }

 private:
  std::atomic<bool> requested_{false};
};

}  // namespace sluice::media
