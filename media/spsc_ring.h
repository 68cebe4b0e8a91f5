#pragma once

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstddef>
#include <limits>
#include <memory>
#include <new>
#include <optional>
#include <span>
#include <type_traits>
#include <utility>

#include "media/cache_line.h"
#include "media/invariant.h"

namespace sluice::media {

/// A bounded lock-free queue from exactly one thread to exactly one other: frames between two
/// shards, samples towards a sound card.
///
/// Bound:      `capacity()` elements. Overflow: `try_push` and `push_batch` refuse; the producer
///             counts it and decides. For frames between shards the policy is to drop the newest
///             frame and let the dependency tracker behind the ring skip to the next keyframe: the
///             producer must never wait for another shard.
/// Complexity: push and pop O(1), wait-free: no loop, no locked instruction. A batch publishes all
///             its elements with one store.
/// Ordering:   `tail_` is stored with release and read with acquire, so an element is whole when
///             the consumer sees it; `head_` the same way round, so an element was moved out before
///             the producer writes its slot again. Each side reads its own index relaxed, since it
///             alone writes it.
/// Layout:     three pairs of cache lines: what the consumer writes (`head_`, and its copy of the
///             tail), what the producer writes (`tail_`, and its copy of the head), what nobody
///             writes. The copies spare the other side's line: it is read only when the copy says
///             full (or empty), so a ring that is neither moves one line for many elements.
/// Sizing:     what may arrive while the consumer is away, rounded up to a power of two. Worked:
///             500 tracks of which 250 are video (30 frames/s) and 250 audio (50 frames/s) are
///             20,000 frames/s; a consumer that is busy for 50 ms (one report interval, and more
///             than a round trip of 40 ms) needs 1,000: capacity 1,024 of 8-byte references, 8 kB.
///             The frames' bytes (250 x 1.5 Mbit/s x 50 ms = 2.3 MB) are bounded by their pool.
/// Pitfalls:   not for two producers, not even one after another without a hand-over that
///             synchronises. `size()` is exact only for a side that looks at its own doing. Neither
///             side is woken: pair it with a WakeFlag.
/// `Index` is a parameter so that a test can see it wrap.
template <class T, class Index = std::size_t>
class SpscRing {
  static_assert(std::is_nothrow_move_constructible_v<T>, "elements move in and out");
  static_assert(std::is_unsigned_v<Index>, "indices count up and wrap");

 public:
  /// Holds at least `capacity_min` elements (at least 1): the next power of two.
  explicit SpscRing(std::size_t capacity_min)
      : mask_(std::bit_ceil(std::max<std::size_t>(capacity_min, 1)) - 1),
        slots_(
            static_cast<T*>(::operator new(capacity() * sizeof(T), std::align_val_t{kAlignment}))) {
    invariant(capacity() <= std::size_t{std::numeric_limits<Index>::max()} / 2 + 1,
              "the indices of a ring tell full from empty");
  }
  SpscRing(const SpscRing&) = delete;
  SpscRing& operator=(const SpscRing&) = delete;
  /// Destroys what was not popped. Both sides have stopped and their threads were joined.
  ~SpscRing() {
    while (try_pop()) {
    }
  }

  [[nodiscard]] std::size_t capacity() const { return mask_ + 1; }

  /// Producer: adds an element made of `arguments`, or returns false and leaves them alone.
  template <class... Arguments>
  [[nodiscard]] bool try_push(Arguments&&... arguments) {
    const Index tail = producer_.tail.load(std::memory_order_relaxed);
    if (free_slots(tail, 1) == 0) return false;
    std::construct_at(slot(tail), std::forward<Arguments>(arguments)...);
    producer_.tail.store(static_cast<Index>(tail + 1), std::memory_order_release);
    return true;
  }

  /// Producer: moves in as many of `elements` as there is room for, from the front; returns how
  /// many.
  [[nodiscard]] std::size_t push_batch(std::span<T> elements) {
    const Index tail = producer_.tail.load(std::memory_order_relaxed);
    const std::size_t count = std::min(elements.size(), free_slots(tail, elements.size()));
    // In at most two pieces, as the ring goes round: moving a piece of plain elements is a memcpy.
    const std::size_t first = std::min(count, slots_to_end(tail));
    std::uninitialized_move_n(elements.begin(), first, slot(tail));
    std::uninitialized_move_n(elements.subspan(first).begin(), count - first, slots_.get());
    if (count > 0) {
      producer_.tail.store(static_cast<Index>(tail + count), std::memory_order_release);
    }
    return count;
  }

  /// Consumer: takes the oldest element, if there is one.
  [[nodiscard]] std::optional<T> try_pop() {
    const Index head = consumer_.head.load(std::memory_order_relaxed);
    if (filled_slots(head, 1) == 0) return std::nullopt;
    std::optional<T> element{std::move(*slot(head))};
    std::destroy_at(slot(head));
    consumer_.head.store(static_cast<Index>(head + 1), std::memory_order_release);
    return element;
  }

  /// Consumer: moves the oldest elements to the front of `elements`; returns how many.
  [[nodiscard]] std::size_t pop_batch(std::span<T> elements) {
    const Index head = consumer_.head.load(std::memory_order_relaxed);
    const std::size_t count = std::min(elements.size(), filled_slots(head, elements.size()));
    const std::size_t first = std::min(count, slots_to_end(head));
    T* const start = slot(head);
    T* const wrapped = slots_.get();
    std::move(wrapped, wrapped + (count - first),
              std::move(start, start + first, elements.begin()));
    std::destroy_n(start, first);
    std::destroy_n(wrapped, count - first);
    if (count > 0) {
      consumer_.head.store(static_cast<Index>(head + count), std::memory_order_release);
    }
    return count;
  }

  /// Any thread: about how many elements wait; for metrics.
  [[nodiscard]] std::size_t size() const {
    // The head first: it only grows towards the tail, so a stale one cannot make the difference
    // negative. It can make it larger than the ring, when the tail ran on in between.
    const Index head = consumer_.head.load(std::memory_order_acquire);
    const Index tail = producer_.tail.load(std::memory_order_acquire);
    return std::min<std::size_t>(static_cast<Index>(tail - head), capacity());
  }

 private:
  static constexpr std::size_t kAlignment = std::max(alignof(T), kCacheLinePairBytes);

  struct FreeSlots {
    void operator()(T* slots) const { ::operator delete(slots, std::align_val_t{kAlignment}); }
  };

  [[nodiscard]] T* slot(Index index) const {
    return slots_.get() + (static_cast<std::size_t>(index) & mask_);
  }

  [[nodiscard]] std::size_t slots_to_end(Index index) const {
    return capacity() - (static_cast<std::size_t>(index) & mask_);
  }

  /// At least `wanted` if there are as many; the consumer's index is read only if the copy of it
  /// does not already say so.
  [[nodiscard]] std::size_t free_slots(Index tail, std::size_t wanted) {
    std::size_t free = capacity() - static_cast<Index>(tail - producer_.known_head);
    if (free < wanted) {
      producer_.known_head = consumer_.head.load(std::memory_order_acquire);
      free = capacity() - static_cast<Index>(tail - producer_.known_head);
    }
    return free;
  }

  [[nodiscard]] std::size_t filled_slots(Index head, std::size_t wanted) {
    auto filled = static_cast<std::size_t>(static_cast<Index>(consumer_.known_tail - head));
    if (filled < wanted) {
      consumer_.known_tail = producer_.tail.load(std::memory_order_acquire);
      filled = static_cast<Index>(consumer_.known_tail - head);
    }
    return filled;
  }

  struct alignas(kCacheLinePairBytes) Consumer {
    std::atomic<Index> head{0};  ///< next to pop
    Index known_tail{0};
  };
  struct alignas(kCacheLinePairBytes) Producer {
    std::atomic<Index> tail{0};  ///< next to push
    Index known_head{0};
  };

  Consumer consumer_;
  Producer producer_;
  alignas(kCacheLinePairBytes) const std::size_t mask_;
  const std::unique_ptr<T, FreeSlots> slots_;
};

}  // namespace sluice::media
