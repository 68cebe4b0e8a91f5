#pragma once

#include <atomic>
#include <cstdint>

namespace sluice::metrics {

/// One number with one writing thread and any number of reading threads.
///
/// An addition is a load and a store, not an atomic read-modify-write: no locked instruction and
/// no bounce of a cache line between shards. That is only right while one thread writes, so every
/// cell belongs to one shard (`ShardMetrics`), and a scrape adds the shards up. The accesses are
/// relaxed: a reader sees a slightly old value, never a torn one.
template <class Number>
class Cell {
 public:
  [[nodiscard]] Number value() const { return value_.load(std::memory_order_relaxed); }

 protected:
  void store(Number value) { value_.store(value, std::memory_order_relaxed); }

 private:
  std::atomic<Number> value_{0};
  static_assert(std::atomic<Number>::is_always_lock_free);
};

/// Only grows. Written by its shard's thread only.
class Counter : public Cell<std::uint64_t> {
 public:
  void add(std::uint64_t count = 1) { store(value() + count); }
};

/// Goes up and down. Written by its shard's thread only.
///
/// One shard's part may be negative (what began on one shard may end on another); the sum is not.
class Gauge : public Cell<std::int64_t> {
 public:
  void set(std::int64_t value) { store(value); }
  void add(std::int64_t change) { store(value() + change); }
};

}  // namespace sluice::metrics
