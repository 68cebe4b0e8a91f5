#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

#include "media/frame.h"

namespace sluice::media {

class FramePool;

/// One whole encoded frame as the server holds it: what its header said, when it came, its payload.
///
/// Lives in a block of a `FramePool`, payload right behind it. Written by the assembler alone,
/// then shared as `const` through `FrameRef`: a thousand subscribers send the same bytes.
class Frame {
 public:
  FrameDescription description;
  MediaKind kind = MediaKind::kVideo;
  Time arrival{};       ///< when its last chunk was read
  Duration lateness{};  ///< on arrival, by its track's `DeadlineClock`

  [[nodiscard]] std::span<const std::byte> payload() const {
    return {reinterpret_cast<const std::byte*>(this + 1), description.length};
  }
  [[nodiscard]] std::span<std::byte> payload_to_fill() {
    return {reinterpret_cast<std::byte*>(this + 1), description.length};
  }

  Frame(const Frame&) = delete;
  Frame& operator=(const Frame&) = delete;

 private:
  friend class FramePool;
  friend class FrameRef;
  friend class FrameBuilder;
  Frame(FramePool& pool, std::uint8_t size_class) : pool_(&pool), size_class_(size_class) {}

  FramePool* pool_;
  Frame* next_free_ = nullptr;
  std::atomic<std::uint32_t> references_{1};
  std::uint8_t size_class_;
};

/// A counted reference to a finished frame; the last one gives the block back to its pool.
///
/// Memory ordering: taking a reference is relaxed, since the taker already holds one; giving one
/// up is acquire-release, so that every reader's loads happen before the block is written again.
class FrameRef {
 public:
  FrameRef() = default;
  FrameRef(const FrameRef& other) noexcept : frame_(other.frame_) {
    if (frame_ != nullptr) frame_->references_.fetch_add(1, std::memory_order_relaxed);
  }
  FrameRef(FrameRef&& other) noexcept : frame_(std::exchange(other.frame_, nullptr)) {}
  FrameRef& operator=(FrameRef other) noexcept {
    std::swap(frame_, other.frame_);
    return *this;
  }
  ~FrameRef() { reset(); }

  void reset();
  [[nodiscard]] explicit operator bool() const { return frame_ != nullptr; }
  const Frame& operator*() const { return *frame_; }
  const Frame* operator->() const { return frame_; }
  [[nodiscard]] const Frame* get() const { return frame_; }

 private:
  friend class FrameBuilder;
  explicit FrameRef(Frame* frame) : frame_(frame) {}
  Frame* frame_ = nullptr;
};

/// The one owner of a frame that is still being filled.
class FrameBuilder {
 public:
  FrameBuilder() = default;
  FrameBuilder(FrameBuilder&& other) noexcept : frame_(std::exchange(other.frame_, nullptr)) {}
  FrameBuilder& operator=(FrameBuilder&& other) noexcept {
    std::swap(frame_, other.frame_);
    return *this;
  }
  ~FrameBuilder() { FrameRef{frame_}; }

  [[nodiscard]] explicit operator bool() const { return frame_ != nullptr; }
  Frame& operator*() const { return *frame_; }
  Frame* operator->() const { return frame_; }
  /// Ends the filling: from here on the frame is shared and constant.
  [[nodiscard]] FrameRef finish() && { return FrameRef{std::exchange(frame_, nullptr)}; }

 private:
  friend class FramePool;
  explicit FrameBuilder(Frame* frame) : frame_(frame) {}
  Frame* frame_ = nullptr;
};

/// Blocks for frames, in size classes, kept for reuse: no allocation once a room is warm.
///
/// Owner:    one thread (its shard) allocates. References may die on any thread: the block then
///           returns through a lock-free stack (push: release; the owner takes it all: acquire).
/// Bound:    `bytes_max` of blocks in use or kept. Overflow: `allocate` gives an empty builder and
///           counts it; the frame is lost for everyone, so size it generously.
/// Sizing:   what is queued plus what is cached. 100 publishers of 1.5 Mbit/s with 2 s in group
///           caches and 1 s queued somewhere: 100 * 1.5e6 / 8 * 3 = 56 MB.
/// Cost:     O(1). A block is the class's size: powers of two and their midpoints, so at most a
///           third is slack.
/// Pitfall:  the pool must outlive its frames; a shard drops its sessions and caches first.
class FramePool {
 public:
  explicit FramePool(std::size_t bytes_max) : bytes_max_(bytes_max) {}
  ~FramePool();
  FramePool(const FramePool&) = delete;
  FramePool& operator=(const FramePool&) = delete;

  /// A frame with room for `description.length` bytes of payload, or nothing at the bound.
  [[nodiscard]] FrameBuilder allocate(const FrameDescription& description, MediaKind kind);

  /// Frees what lay unused since the last call; call it every few seconds.
  void trim();

  [[nodiscard]] std::size_t bytes_held() const { return bytes_held_; }  ///< in use and kept
  [[nodiscard]] std::uint64_t refusals() const { return refusals_; }

 private:
  friend class FrameRef;
  static constexpr std::size_t kClasses = 28;

  struct SizeClass {
    Frame* free = nullptr;
    std::size_t free_count = 0;
    std::size_t free_low_water = 0;  ///< least `free_count` since the last trim
  };

  static std::size_t class_bytes(std::size_t size_class);
  static std::size_t class_of(std::size_t bytes);
  void give_back(Frame* frame);
  void collect_returned();
  void free_blocks(SizeClass& size_class, std::size_t index, std::size_t count);

  std::array<SizeClass, kClasses> classes_;
  std::size_t bytes_max_;
  std::size_t bytes_held_ = 0;
  std::uint64_t refusals_ = 0;
  /// Frames whose last reference died, on whatever thread; on a cache line of its own because
  /// other threads write it.
  alignas(64) std::atomic<Frame*> returned_{nullptr};
};

inline void FrameRef::reset() {
  Frame* const frame = std::exchange(frame_, nullptr);
  if (frame != nullptr && frame->references_.fetch_sub(1, std::memory_order_acq_rel) == 1) {
    frame->pool_->give_back(frame);
  }
}

}  // namespace sluice::media
