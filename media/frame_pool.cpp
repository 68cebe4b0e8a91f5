#include "media/frame_pool.h"

#include <algorithm>
#include <bit>
#include <new>

#include "media/invariant.h"

namespace sluice::media {
namespace {

/// An Opus packet with its frame fits the smallest block.
constexpr std::size_t kSmallestBlock = 512;
constexpr std::align_val_t kBlockAlignment{64};

}  // namespace

// Classes alternate between a power of two and its midpoint to the next: 512, 768, 1024, 1536, ...
std::size_t FramePool::class_bytes(std::size_t size_class) {
  const std::size_t power = kSmallestBlock << (size_class / 2);
  return size_class % 2 == 0 ? power : power + power / 2;
}

std::size_t FramePool::class_of(std::size_t bytes) {
  if (bytes <= kSmallestBlock) return 0;
  const auto doublings =
      static_cast<std::size_t>(std::bit_width(bytes - 1) - std::bit_width(kSmallestBlock - 1));
  const std::size_t upper = doublings * 2;
  return bytes <= class_bytes(upper - 1) ? upper - 1 : upper;
}

FrameBuilder FramePool::allocate(const FrameDescription& description, MediaKind kind) {
  const std::size_t index = class_of(sizeof(Frame) + description.length);
  invariant(index < kClasses, "a frame's length was checked against its limit");
  SizeClass& size_class = classes_[index];
  if (size_class.free == nullptr) collect_returned();
  Frame* frame = size_class.free;
  if (frame != nullptr) {
    size_class.free = frame->next_free_;
    --size_class.free_count;
    size_class.free_low_water = std::min(size_class.free_low_water, size_class.free_count);
    frame->references_.store(1, std::memory_order_relaxed);
  } else {
    const std::size_t bytes = class_bytes(index);
    if (bytes_held_ + bytes > bytes_max_) {
      ++refusals_;
      return FrameBuilder{};
    }
    void* const block = ::operator new(bytes, kBlockAlignment);
    frame = new (block) Frame{*this, static_cast<std::uint8_t>(index)};
    bytes_held_ += bytes;
  }
  frame->description = description;
  frame->kind = kind;
  return FrameBuilder{frame};
}

void FramePool::give_back(Frame* frame) {
  Frame* head = returned_.load(std::memory_order_relaxed);
  do {
    frame->next_free_ = head;
  } while (!returned_.compare_exchange_weak(head, frame, std::memory_order_release,
                                            std::memory_order_relaxed));
}

void FramePool::collect_returned() {
  // The whole stack is taken at once, so no ABA: nobody pops single blocks.
  Frame* frame = returned_.exchange(nullptr, std::memory_order_acquire);
  while (frame != nullptr) {
    Frame* const next = frame->next_free_;
    SizeClass& size_class = classes_[frame->size_class_];
    frame->next_free_ = size_class.free;
    size_class.free = frame;
    ++size_class.free_count;
    frame = next;
  }
}

void FramePool::free_blocks(SizeClass& size_class, std::size_t index, std::size_t count) {
  for (; count > 0; --count) {
    Frame* const frame = size_class.free;
    size_class.free = frame->next_free_;
    --size_class.free_count;
    frame->~Frame();
    ::operator delete(static_cast<void*>(frame), kBlockAlignment);
    bytes_held_ -= class_bytes(index);
  }
}

void FramePool::trim() {
  collect_returned();
  for (std::size_t index = 0; index < kClasses; ++index) {
    SizeClass& size_class = classes_[index];
    free_blocks(size_class, index, std::min(size_class.free_low_water, size_class.free_count));
    size_class.free_low_water = size_class.free_count;
  }
}

FramePool::~FramePool() {
  collect_returned();
  for (std::size_t index = 0; index < kClasses; ++index) {
    free_blocks(classes_[index], index, classes_[index].free_count);
  }
  invariant(bytes_held_ == 0, "a frame pool outlives its frames");
}

}  // namespace sluice::media
