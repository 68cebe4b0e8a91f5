#pragma once

#include <cstddef>
#include <memory>
#include <utility>

#include "media/invariant.h"

namespace sluice::media {

/// A double-ended queue in one power-of-two ring: no allocation while it stays within its ring.
///
/// Why not std::deque: an empty one holds 576 bytes on libstdc++, and a server keeps several for
/// each of thousands of idle subscribers. An empty RingDeque holds nothing.
///
/// Cost:    push and pop O(1) (amortised while the ring grows), erase O(n), index O(1).
/// Bound:   the owner's; the ring only grows as far as the owner pushes.
/// Pitfall: a push may move the elements: keep no reference across it.
template <typename Value>
class RingDeque {
 public:
  RingDeque() = default;
  RingDeque(RingDeque&& other) noexcept
      : slots_(std::move(other.slots_)),
        capacity_(std::exchange(other.capacity_, 0)),
        head_(std::exchange(other.head_, 0)),
        size_(std::exchange(other.size_, 0)) {}
  RingDeque& operator=(RingDeque&& other) noexcept {
    slots_ = std::move(other.slots_);
    capacity_ = std::exchange(other.capacity_, 0);
    head_ = std::exchange(other.head_, 0);
    size_ = std::exchange(other.size_, 0);
    return *this;
  }

  [[nodiscard]] bool empty() const { return size_ == 0; }
  [[nodiscard]] std::size_t size() const { return size_; }
  Value& operator[](std::size_t index) { return slots_[slot(index)]; }
  const Value& operator[](std::size_t index) const { return slots_[slot(index)]; }
  Value& front() { return (*this)[0]; }
  const Value& front() const { return (*this)[0]; }
  Value& back() { return (*this)[size_ - 1]; }
  const Value& back() const { return (*this)[size_ - 1]; }

  void push_back(Value value) {
    if (size_ == capacity_) grow();
    slots_[slot(size_)] = std::move(value);
    ++size_;
  }

  void pop_front() {
    invariant(size_ > 0, "only a queue that holds something is popped");
    slots_[head_] = Value{};
    head_ = (head_ + 1) & (capacity_ - 1);
    --size_;
  }

  void pop_back() {
    invariant(size_ > 0, "only a queue that holds something is popped");
    slots_[slot(size_ - 1)] = Value{};
    --size_;
  }

  /// Removes what `leave_out(value)` says, keeping the order of the rest; called once for each, in
  /// order.
  template <typename Predicate>
  void remove_if(Predicate leave_out) {
    std::size_t kept = 0;
    for (std::size_t index = 0; index < size_; ++index) {
      if (leave_out((*this)[index])) continue;
      if (kept != index) (*this)[kept] = std::move((*this)[index]);
      ++kept;
    }
    while (size_ > kept) pop_back();
  }

  void clear() {
    while (size_ > 0) pop_back();
  }

  /// Gives the ring's memory back; only when empty.
  void release_memory() {
    invariant(size_ == 0, "only an empty queue gives its memory back");
    slots_.reset();
    capacity_ = 0;
    head_ = 0;
  }

 private:
  static constexpr std::size_t kFirstCapacity = 4;

  [[nodiscard]] std::size_t slot(std::size_t index) const {
    return (head_ + index) & (capacity_ - 1);
  }

  void grow() {
    const std::size_t capacity = capacity_ == 0 ? kFirstCapacity : capacity_ * 2;
    auto slots = std::make_unique<Value[]>(capacity);
    for (std::size_t index = 0; index < size_; ++index) slots[index] = std::move((*this)[index]);
    slots_ = std::move(slots);
    capacity_ = capacity;
    head_ = 0;
  }

  std::unique_ptr<Value[]> slots_;
  std::size_t capacity_ = 0;
  std::size_t head_ = 0;
  std::size_t size_ = 0;
};

}  // namespace sluice::media
