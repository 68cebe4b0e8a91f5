#include "tests/sfu/counted_allocations.h"

#include <atomic>
#include <cstdlib>
#include <new>

namespace {

std::atomic<std::size_t> counted{0};
thread_local bool counts = true;

void* allocate(std::size_t bytes, std::size_t alignment) {
  if (counts) counted.fetch_add(1, std::memory_order_relaxed);
  const std::size_t rounded = (bytes + alignment - 1) / alignment * alignment;
  if (void* const block = std::aligned_alloc(alignment, rounded)) return block;
  throw std::bad_alloc{};
}

// Not inlined: g++ would warn that what `new` gave is freed, which here is as it should be.
[[gnu::noinline]] void give_back(void* block) { std::free(block); }

}  // namespace

void* operator new(std::size_t bytes) { return allocate(bytes, alignof(std::max_align_t)); }
void* operator new(std::size_t bytes, std::align_val_t alignment) {
  return allocate(bytes, static_cast<std::size_t>(alignment));
}
void operator delete(void* block) noexcept { give_back(block); }
void operator delete(void* block, std::size_t) noexcept { give_back(block); }
void operator delete(void* block, std::align_val_t) noexcept { give_back(block); }
void operator delete(void* block, std::size_t, std::align_val_t) noexcept { give_back(block); }

namespace sluice::sfu {

std::size_t allocations() { return counted.load(std::memory_order_relaxed); }
void do_not_count_this_thread() { counts = false; }

}  // namespace sluice::sfu
