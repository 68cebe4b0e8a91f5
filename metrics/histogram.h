#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "metrics/cell.h"

namespace sluice::metrics {

/// Counts observations in buckets, as a Prometheus histogram does. Written by its shard's thread
/// only.
///
/// `bounds` are the inclusive upper bounds, rising, in the metric's unit; one more bucket takes
/// what lies above the last. They outlive the histogram (constants of `shard_metrics.h`).
/// Cost of an observation: a binary search over the bounds, two stores, no lock.
class Histogram {
 public:
  explicit Histogram(std::span<const double> bounds)
      : bounds_{bounds}, buckets_(bounds.size() + 1) {}

  void observe(double value, std::uint64_t times = 1) {
    const auto bucket = std::ranges::lower_bound(bounds_, value) - bounds_.begin();
    buckets_[static_cast<std::size_t>(bucket)].add(times);
    sum_.add(value * static_cast<double>(times));
  }

  [[nodiscard]] std::span<const double> bounds() const { return bounds_; }
  /// Observations in one bucket alone (not cumulative); `bucket` is at most `bounds().size()`.
  [[nodiscard]] std::uint64_t count(std::size_t bucket) const { return buckets_[bucket].value(); }
  [[nodiscard]] double sum() const { return sum_.value(); }

 private:
  class Sum : public Cell<double> {
   public:
    void add(double value) { store(this->value() + value); }
  };

  std::span<const double> bounds_;
  std::vector<Counter> buckets_;
  Sum sum_;
};

}  // namespace sluice::metrics
