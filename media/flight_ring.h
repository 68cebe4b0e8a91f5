#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <type_traits>
#include <vector>

#include "media/time.h"

namespace sluice::media {

/// What the flight recorders of one shard have in common.
///
/// Bound: `bytes_max` of memory for all of them. Overflow: a ring that may not grow overwrites its
///        oldest record, and one that may not begin records nothing.
/// Owner: the shard; only its thread uses it. Outlives its rings.
struct FlightRecording {
  /// For how long something is remembered at most; zero: nothing is recorded.
  Duration kept = std::chrono::seconds{60};
  std::size_t bytes_max = std::size_t{64} * 1024 * 1024;
  std::size_t bytes = 0;  ///< held by all rings now
  /// The present, which the owner keeps: what is recorded bears it.
  Time now{};
};

/// The newest records of one kind, in a ring that overwrites its oldest.
///
/// It holds no memory before its first record, doubles up to its bound, and then allocates nothing
/// more; `release` gives everything back.
/// Cost:  a store of `Record` and two compares.
/// Owner: one thread.
template <typename Record>
class FlightRing {
 public:
  static_assert(std::is_trivially_copyable_v<Record>, "records are copied in bulk");

  /// `recording` outlives the ring.
  FlightRing(FlightRecording& recording, std::size_t records_max)
      : recording_(recording), records_max_(static_cast<std::uint32_t>(records_max)) {}
  ~FlightRing() { release(); }
  FlightRing(const FlightRing&) = delete;
  FlightRing& operator=(const FlightRing&) = delete;

  void push(const Record& record) {
    if (size_ == capacity_ && !grow()) {
      if (capacity_ == 0) return;
      overwritten_ = true;
      slots_[head_] = record;
      if (++head_ == capacity_) head_ = 0;
      return;
    }
    // Before the ring is full for good its oldest record is the first slot.
    slots_[size_++] = record;
  }

  void release() {
    recording_.bytes -= capacity_ * sizeof(Record);
    slots_.reset();
    capacity_ = size_ = head_ = 0;
    overwritten_ = false;
  }

  [[nodiscard]] bool empty() const { return size_ == 0; }
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] std::size_t bytes() const { return capacity_ * sizeof(Record); }
  /// Something older than the oldest record is forgotten.
  [[nodiscard]] bool overwritten() const { return overwritten_; }
  /// The last record; only when not empty.
  [[nodiscard]] const Record& newest() const { return slots_[head_ == 0 ? size_ - 1 : head_ - 1]; }
  /// All records, oldest first.
  [[nodiscard]] std::vector<Record> records() const {
    std::vector<Record> all;
    all.reserve(size_);
    all.insert(all.end(), slots_.get() + head_, slots_.get() + size_);
    all.insert(all.end(), slots_.get(), slots_.get() + head_);
    return all;
  }

 private:
  static constexpr std::uint32_t kFirstCapacity = 64;

  bool grow() {
    if (capacity_ == records_max_ || head_ != 0) return false;
    const std::uint32_t capacity = std::min(std::max(kFirstCapacity, 2 * capacity_), records_max_);
    const std::size_t more = (capacity - capacity_) * sizeof(Record);
    if (recording_.bytes + more > recording_.bytes_max) return false;
    auto slots = std::make_unique_for_overwrite<Record[]>(capacity);
    std::copy_n(slots_.get(), size_, slots.get());
    slots_ = std::move(slots);
    capacity_ = capacity;
    recording_.bytes += more;
    return true;
  }

  FlightRecording& recording_;
  std::unique_ptr<Record[]> slots_;
  std::uint32_t records_max_;
  std::uint32_t capacity_ = 0;
  std::uint32_t size_ = 0;
  std::uint32_t head_ = 0;  ///< the oldest record, once the ring overwrites
  bool overwritten_ = false;
};

}  // namespace sluice::media
