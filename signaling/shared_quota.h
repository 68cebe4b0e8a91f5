#pragma once

#include <atomic>
#include <cstddef>

namespace sluice::signaling {

/// How many of something (rooms, connections) there may be on all shards together.
///
/// Any thread takes and gives back. Relaxed: the number guards no data, it is only never exceeded.
/// Cost: one compare-exchange for each that comes or goes, so not for frames.
class SharedQuota {
 public:
  explicit SharedQuota(std::size_t max) : max_{max} {}

  /// Counts one more; false, and nothing is counted, when there are as many as there may be.
  [[nodiscard]] bool take() {
    std::size_t taken = taken_.load(std::memory_order_relaxed);
    do {
      if (taken >= max_) return false;
    } while (!taken_.compare_exchange_weak(taken, taken + 1, std::memory_order_relaxed));
    return true;
  }
  void give_back() { taken_.fetch_sub(1, std::memory_order_relaxed); }

  [[nodiscard]] std::size_t taken() const { return taken_.load(std::memory_order_relaxed); }

 private:
  const std::size_t max_;
  std::atomic<std::size_t> taken_{0};
};

}  // namespace sluice::signaling
