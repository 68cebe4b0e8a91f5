#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

#include "media/invariant.h"

namespace sluice::media {

/// A name for an object of a pool that is safe to keep: it finds nothing once the object is gone,
/// even when another lives in its place. Zero-initialised it names nothing.
template <class T, class Generation = std::uint32_t>
struct PoolHandle {
  std::uint32_t slot = 0;
  Generation generation = 0;
  friend bool operator==(const PoolHandle&, const PoolHandle&) = default;
};

/// Room for a fixed number of objects of one type, in one slab: sessions, subscriptions.
///
/// Bound:      `objects_max`. Overflow: `make` gives an empty pointer; the caller refuses its
///             client (`server_full`) and counts it.
/// Complexity: make, give back, handle_of and get O(1); no allocation after construction.
/// Memory:     objects_max x (sizeof(T) + generation + link, rounded to T's alignment), in one
///             allocation. Slots are touched for the first time in order, so memory of a slab that
///             was never used stays with the kernel. The slot given back last is used next: it is
///             still in the cache.
/// Sizing:     the limit that the server announces. Worked: 10,000 sessions of 600 bytes reserve
///             6.1 MB and hold as much of it as ever was used; bitrate and round trip are the
///             queues' matter, not the sessions'.
/// Handles:    each slot counts its objects: odd while one lives. A handle kept while its slot was
///             used 2^31 times more is mistaken for its newest object; at 1,000 uses a second of
///             one slot that is 24 days, so keep no handle for days without looking.
/// Threads:    none; one owner makes, gives back and looks up.
/// Pitfalls:   every pointer must die before the pool does (checked). A PoolPointer is two words.
/// `Generation` is a parameter so that a test can see it wrap.
template <class T, class Generation = std::uint32_t>
class ObjectPool {
  static_assert(std::is_unsigned_v<Generation>, "a generation wraps");

  struct Slot {
    alignas(T) std::byte object[sizeof(T)];
    std::uint32_t next_free;
    Generation generation;  ///< odd: an object lives here
  };

 public:
  using Handle = PoolHandle<T, Generation>;

  /// Destroys the object and gives its slot back.
  class GiveBack {
   public:
    GiveBack() = default;
    explicit GiveBack(ObjectPool& pool) : pool_(&pool) {}
    void operator()(T* object) const { pool_->give_back(object); }

   private:
    ObjectPool* pool_ = nullptr;
  };
  /// The one owner of a pooled object.
  using Pointer = std::unique_ptr<T, GiveBack>;

  explicit ObjectPool(std::uint32_t objects_max)
      : objects_max_(objects_max), slots_(allocate(objects_max)) {}
  ObjectPool(const ObjectPool&) = delete;
  ObjectPool& operator=(const ObjectPool&) = delete;
  ~ObjectPool() { invariant(size_ == 0, "a pool outlives its objects"); }

  /// A new object made of `arguments`, or an empty pointer at the bound.
  template <class... Arguments>
  [[nodiscard]] Pointer make(Arguments&&... arguments) {
    std::uint32_t at = first_free_;
    if (at != kNone) {
      first_free_ = slots_.get()[at].next_free;
    } else {
      if (touched_ == objects_max_) return {};
      at = touched_++;
      std::construct_at(&slots_.get()[at].generation, Generation{0});
    }
    Slot& slot = slots_.get()[at];
    T* object = nullptr;
    try {
      object = std::construct_at(reinterpret_cast<T*>(slot.object),
                                 std::forward<Arguments>(arguments)...);
    } catch (...) {
      slot.next_free = first_free_;
      first_free_ = at;
      throw;
    }
    ++slot.generation;
    ++size_;
    return Pointer{object, GiveBack{*this}};
  }

  /// The name of an object that lives in this pool.
  [[nodiscard]] Handle handle_of(const T& object) const {
    const std::uint32_t at = slot_of(&object);
    return {.slot = at, .generation = slots_.get()[at].generation};
  }

  /// The object that `handle` was made for, or nullptr when it is gone.
  [[nodiscard]] T* get(Handle handle) const {
    if (handle.slot >= touched_) return nullptr;
    Slot& slot = slots_.get()[handle.slot];
    // An even generation names no object: no handle of one that lived has it.
    if (slot.generation != handle.generation || slot.generation % 2 == 0) return nullptr;
    return object_in(slot);
  }

  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] std::size_t objects_max() const { return objects_max_; }

 private:
  static constexpr std::uint32_t kNone = std::numeric_limits<std::uint32_t>::max();

  struct FreeSlots {
    void operator()(Slot* slots) const {
      ::operator delete(slots, std::align_val_t{alignof(Slot)});
    }
  };

  static Slot* allocate(std::uint32_t objects_max) {
    invariant(objects_max < kNone, "a pool has fewer slots than its links can name");
    return static_cast<Slot*>(
        ::operator new(std::size_t{objects_max} * sizeof(Slot), std::align_val_t{alignof(Slot)}));
  }

  static T* object_in(Slot& slot) { return std::launder(reinterpret_cast<T*>(slot.object)); }

  [[nodiscard]] std::uint32_t slot_of(const T* object) const {
    const auto distance =
        reinterpret_cast<std::uintptr_t>(object) - reinterpret_cast<std::uintptr_t>(slots_.get());
    invariant(distance < std::size_t{touched_} * sizeof(Slot) && distance % sizeof(Slot) == 0,
              "an object belongs to the pool that it is looked up in");
    return static_cast<std::uint32_t>(distance / sizeof(Slot));
  }

  void give_back(T* object) {
    const std::uint32_t at = slot_of(object);
    Slot& slot = slots_.get()[at];
    invariant(slot.generation % 2 == 1, "an object is given back once");
    // The handle dies first: a destructor that looks itself up finds nothing half dead.
    ++slot.generation;
    std::destroy_at(object);
    slot.next_free = first_free_;
    first_free_ = at;
    --size_;
  }

  std::uint32_t objects_max_;
  std::uint32_t touched_ = 0;  ///< slots that were ever used; those behind are raw memory
  std::uint32_t first_free_ = kNone;
  std::size_t size_ = 0;
  std::unique_ptr<Slot, FreeSlots> slots_;
};

}  // namespace sluice::media
