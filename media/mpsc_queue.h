#pragma once

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstddef>
#include <limits>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

#include "media/cache_line.h"
#include "media/invariant.h"

namespace sluice::media {

/// A bounded lock-free queue from any threads to one: commands to a shard.
///
/// Vyukov's bounded queue with one consumer: each cell has a sequence number that says whose turn
/// it is. A producer claims a position by moving the tail on, fills the cell, then passes it on.
///
/// Bound:      `capacity()` elements. Overflow: `try_push` refuses and leaves its arguments alone;
///             the producer counts it. A command that must not be lost is retried by its sender's
///             own timer, never by spinning.
/// Complexity: push O(1), lock-free (one compare-exchange; repeated only when another producer's
///             succeeded); pop O(1), wait-free. Nothing is allocated after construction.
/// Ordering:   the cell's sequence is stored with release and read with acquire: producer to
///             consumer, so the element is whole; consumer to producer, so it was moved out. The
///             tail is only a ticket and carries no data: relaxed.
/// Order:      elements of one producer in their order; between producers, as they claimed.
/// Layout:     tail and head on pairs of cache lines of their own. Cells are not padded: two
///             producers that fill neighbours share a line, which costs less than a quarter of the
///             memory would at our rates (thousands a second).
/// Sizing:     commands that may come while the shard is busy. Worked: 500 joins a second, each
///             with 4 commands to each shard (joined, two tracks, a subscription), and a shard that
///             is busy for 100 ms: 200. Capacity 1,024 leaves a factor of 5; at 64 bytes a command
///             72 kB. Bitrate and round trip do not enter: media never takes this way.
/// Pitfalls:   a producer that is interrupted between claiming and passing on hides what was
///             pushed behind it until it goes on: `try_pop` says empty although later pushes are
///             complete. Nothing is lost, since it requests its own wake-up (WakeFlag) after that.
///             Do not use the queue between threads of very different priority.
/// `Index` is a parameter so that a test can see it wrap.
template <class T, class Index = std::size_t>
class MpscQueue {
  static_assert(std::is_nothrow_move_constructible_v<T>, "elements move in and out");
  static_assert(std::is_unsigned_v<Index>, "positions count up and wrap");

 public:
  /// Holds at least `capacity_min` elements (at least 2): the next power of two.
  explicit MpscQueue(std::size_t capacity_min)
      : mask_(std::bit_ceil(std::max<std::size_t>(capacity_min, 2)) - 1),
        cells_(std::make_unique<Cell[]>(capacity())) {
    invariant(capacity() <= std::size_t{std::numeric_limits<Index>::max()} / 4 + 1,
              "the positions of a queue tell earlier from later");
    for (std::size_t i = 0; i < capacity(); ++i) {
      cells_[i].turn.store(static_cast<Index>(i), std::memory_order_relaxed);
    }
  }
  MpscQueue(const MpscQueue&) = delete;
  MpscQueue& operator=(const MpscQueue&) = delete;
  /// Destroys what was not popped. All producers have stopped and their threads were joined.
  ~MpscQueue() {
    while (try_pop()) {
    }
  }

  [[nodiscard]] std::size_t capacity() const { return mask_ + 1; }

  /// Any thread: adds an element made of `arguments`, or returns false and leaves them alone.
  template <class... Arguments>
  [[nodiscard]] bool try_push(Arguments&&... arguments) {
    static_assert(std::is_nothrow_constructible_v<T, Arguments...>,
                  "a claimed cell must be filled: construct first, then push");
    Index position = tail_.load(std::memory_order_relaxed);
    while (true) {
      Cell& cell = cells_[position & mask_];
      const Index turn = cell.turn.load(std::memory_order_acquire);
      const auto ahead = static_cast<Distance>(static_cast<Index>(turn - position));
      if (ahead < 0) return false;  // still holds the element of one round ago
      if (ahead == 0) {
        if (!tail_.compare_exchange_weak(position, static_cast<Index>(position + 1),
                                         std::memory_order_relaxed)) {
          continue;
        }
        std::construct_at(cell.element(), std::forward<Arguments>(arguments)...);
        cell.turn.store(static_cast<Index>(position + 1), std::memory_order_release);
        return true;
      }
      position = tail_.load(std::memory_order_relaxed);
    }
  }

  /// The consumer: takes the oldest element, if there is one that is complete.
  [[nodiscard]] std::optional<T> try_pop() {
    Cell& cell = cells_[head_ & mask_];
    if (cell.turn.load(std::memory_order_acquire) != static_cast<Index>(head_ + 1)) {
      return std::nullopt;
    }
    std::optional<T> element{std::move(*cell.element())};
    std::destroy_at(cell.element());
    cell.turn.store(static_cast<Index>(head_ + capacity()), std::memory_order_release);
    ++head_;
    return element;
  }

 private:
  using Distance = std::make_signed_t<Index>;

  struct Cell {
    std::atomic<Index> turn;  ///< position: to be filled; position + 1: to be popped
    alignas(T) std::byte storage[sizeof(T)];

    T* element() { return reinterpret_cast<T*>(storage); }
  };

  alignas(kCacheLinePairBytes) std::atomic<Index> tail_{0};
  alignas(kCacheLinePairBytes) Index head_ = 0;  ///< the consumer's alone
  alignas(kCacheLinePairBytes) const std::size_t mask_;
  const std::unique_ptr<Cell[]> cells_;
};

}  // namespace sluice::media
