#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <optional>
#include <type_traits>
#include <utility>

#include "media/invariant.h"

namespace sluice::media {

/// A hash table from integers or enums to values, in one flat array: sessions, tracks and routes
/// by their ids.
///
/// Open addressing with Robin Hood linear probing: an insertion that has walked further from its
/// home slot than the entry it meets takes that slot, and the entry moves on. Probe lengths stay
/// short and even, a search for an absent key ends at the first entry that is nearer to its home,
/// and an erasure shifts the entries behind it back, so there are no tombstones and no clean-up.
///
/// Bound:      `entries_max`. Overflow: `try_emplace` inserts nothing and gives nullptr.
/// Memory:     a power of two of slots, at most 7/8 full, doubled as needed and never shrunk: 1
///             byte plus sizeof(key and value) each, in two arrays. The bytes (distance from home,
///             0 for empty) of 64 slots share a cache line; the entry's line is touched only where
///             the distance agrees, so a search mostly costs two lines, and one when it fails.
/// Complexity: find, try_emplace, erase O(1) expected. Growing is O(n): call `reserve` before the
///             hot path, or accept it at joins. Iteration and erase_if O(slots).
/// Sizing:     Worked: routes of a shard with 2,000 subscribers that watch 9 tracks each (1 Mbit/s,
///             40 ms; neither matters here): 18,000 entries need 32,768 slots; with a 4-byte key
///             and an 8-byte value (16 bytes aligned) 557 kB.
/// Stability:  an insertion that adds a key, an erasure, `reserve` and `clear` invalidate every
///             pointer, reference and iterator into the table, since entries move. Keep the value
///             behind a pointer (or in an ObjectPool) where an address must last. Lookups and
///             writes to values invalidate nothing. To erase while walking use `erase_if`.
/// Threads:    none; one owner.
/// Pitfalls:   the hash is fast, not cryptographic. Keys are ids that this server gave out; where
///             a peer picks keys, pass a secret `seed`. A probe never exceeds 254 slots all the
///             same: an insertion that would need more grows the table, or is refused at the
///             bound. Order of iteration is arbitrary and changes with growth.
template <class Key, class Value>
class FlatHashMap {
  static_assert(std::is_integral_v<Key> || std::is_enum_v<Key>, "keys are integers or enums");
  static_assert(std::is_nothrow_move_constructible_v<Value>, "entries move within the table");

  struct Slot {
    Key key;
    Value value;
  };

 public:
  template <class ValueType>
  struct Entry {
    const Key& key;
    ValueType& value;
  };

  template <class MapType, class ValueType>
  class Iterator {
   public:
    Iterator(MapType* map, std::size_t slot) : map_(map), slot_(slot) { skip_empty(); }
    Entry<ValueType> operator*() const {
      Slot& slot = map_->slot(slot_);
      return {slot.key, slot.value};
    }
    Iterator& operator++() {
      ++slot_;
      skip_empty();
      return *this;
    }
    friend bool operator==(const Iterator&, const Iterator&) = default;

   private:
    void skip_empty() {
      while (slot_ < map_->slots_ && map_->distances_[slot_] == 0) ++slot_;
    }
    MapType* map_;
    std::size_t slot_;
  };

  /// What `try_emplace` did: `value` is null when the table is full and the key is not in it.
  struct Emplaced {
    Value* value;
    bool inserted;
  };

  explicit FlatHashMap(std::size_t entries_max, std::uint64_t seed = 0)
      : entries_max_(entries_max), seed_(seed) {}
  FlatHashMap(const FlatHashMap&) = delete;
  FlatHashMap& operator=(const FlatHashMap&) = delete;
  ~FlatHashMap() { destroy_entries(); }

  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] bool empty() const { return size_ == 0; }
  [[nodiscard]] std::size_t entries_max() const { return entries_max_; }
  [[nodiscard]] bool contains(Key key) const { return find(key) != nullptr; }

  /// The value of `key`, or nullptr.
  [[nodiscard]] Value* find(Key key) {
    const std::size_t at = locate(key);
    return at == kNowhere ? nullptr : &slot(at).value;
  }
  [[nodiscard]] const Value* find(Key key) const {
    const std::size_t at = locate(key);
    return at == kNowhere ? nullptr : &slot(at).value;
  }

  /// Adds a value made of `arguments` unless `key` has one.
  template <class... Arguments>
  Emplaced try_emplace(Key key, Arguments&&... arguments) {
    if (Value* present = find(key)) return {present, false};
    if (size_ >= entries_max_) return {nullptr, false};
    // Made before the table changes, so that a constructor may throw.
    Value value(std::forward<Arguments>(arguments)...);
    if (size_ >= filled_max(slots_)) grow(std::max(kSlotsMin, slots_ * 2));
    std::size_t at = make_room(key);
    // Only keys chosen to collide get here: twice the slots spread them, as far as the bound
    // allows. What is more than 8 times too large for its bound would only feed an attacker.
    while (at == kNowhere && slots_ / 8 < slots_for(entries_max_)) {
      grow(slots_ * 2);
      at = make_room(key);
    }
    if (at == kNowhere) return {nullptr, false};
    std::construct_at(&slot(at), key, std::move(value));
    ++size_;
    return {&slot(at).value, true};
  }

  /// Removes `key` and gives its value, if it has one.
  std::optional<Value> take(Key key) {
    const std::size_t at = locate(key);
    if (at == kNowhere) return std::nullopt;
    std::optional<Value> taken{std::move(slot(at).value)};
    erase_at(at);
    return taken;
  }

  /// Removes `key`; false when it is not there.
  bool erase(Key key) {
    // Through `take`: the value dies when the table is whole again, so its destructor may use it.
    return take(key).has_value();
  }

  /// Removes every entry for which `doomed(key, value)` says so, and returns how many. `doomed` is
  /// asked once for each entry; neither it nor a value's destructor may touch the table.
  template <class Predicate>
  std::size_t erase_if(Predicate doomed) {
    if (empty()) return 0;
    // Erasing pulls later entries back. Starting behind an empty slot, nothing is pulled past the
    // start, where it would be missed or asked twice.
    std::size_t start = 0;
    while (distances_[start] != 0) ++start;
    std::size_t erased = 0;
    for (std::size_t walked = 0; walked < slots_; ++walked) {
      const std::size_t at = (start + walked) & (slots_ - 1);
      while (distances_[at] != 0 && doomed(std::as_const(slot(at).key), slot(at).value)) {
        erase_at(at);
        ++erased;
      }
    }
    return erased;
  }

  /// Makes room for `entries` (at most the bound), so that adding that many does not grow it.
  void reserve(std::size_t entries) {
    const std::size_t wanted = slots_for(std::min(entries, entries_max_));
    if (wanted > slots_) grow(wanted);
  }

  /// Removes everything, keeps the memory.
  void clear() {
    destroy_entries();
    std::fill_n(distances_.get(), slots_, std::uint8_t{0});
    size_ = 0;
  }

  [[nodiscard]] auto begin() { return Iterator<FlatHashMap, Value>{this, 0}; }
  [[nodiscard]] auto end() { return Iterator<FlatHashMap, Value>{this, slots_}; }
  [[nodiscard]] auto begin() const { return Iterator<const FlatHashMap, const Value>{this, 0}; }
  [[nodiscard]] auto end() const { return Iterator<const FlatHashMap, const Value>{this, slots_}; }

 private:
  static constexpr std::size_t kNowhere = ~std::size_t{0};
  static constexpr std::size_t kSlotsMin = 16;
  static constexpr unsigned kDistanceMax = 255;  ///< one more than the longest probe

  struct FreeSlots {
    void operator()(Slot* slots) const { ::operator delete(slots, std::align_val_t{kAlignment}); }
  };
  static constexpr std::size_t kAlignment = std::max<std::size_t>(alignof(Slot), 64);

  static constexpr std::size_t filled_max(std::size_t slots) { return slots / 8 * 7; }
  static constexpr std::size_t slots_for(std::size_t entries) {
    std::size_t slots = kSlotsMin;
    while (filled_max(slots) < entries) slots *= 2;
    return slots;
  }

  [[nodiscard]] Slot& slot(std::size_t at) const { return entries_.get()[at]; }

  /// Where `key` would be if nothing else were in the table.
  [[nodiscard]] std::size_t home_of(Key key) const {
    // Both halves of a 128-bit product with 2^64 / golden ratio: keys that count up get distinct
    // slots, and keys that differ only in high bits reach the low ones through the upper half.
    __extension__ using Product = unsigned __int128;
    const Product product =
        static_cast<Product>(static_cast<std::uint64_t>(key) ^ seed_) * 0x9E3779B97F4A7C15ULL;
    const auto mixed =
        static_cast<std::uint64_t>(product >> 64) ^ static_cast<std::uint64_t>(product);
    return static_cast<std::size_t>(mixed) & (slots_ - 1);
  }

  [[nodiscard]] std::size_t locate(Key key) const {
    if (size_ == 0) return kNowhere;
    std::size_t at = home_of(key);
    // An entry nearer to its home than we are to ours: the key would have taken its slot.
    for (unsigned distance = 1; distances_[at] >= distance; ++distance) {
      if (distances_[at] == distance && slot(at).key == key) return at;
      at = (at + 1) & (slots_ - 1);
    }
    return kNowhere;
  }

  /// Frees the slot where the absent `key` belongs and marks it as filled, by moving those from
  /// there to the next empty slot on by one. Gives kNowhere, and changes nothing, when something
  /// would end up too far from its home.
  [[nodiscard]] std::size_t make_room(Key key) {
    std::size_t at = home_of(key);
    unsigned distance = 1;
    for (; distances_[at] >= distance; ++distance) at = (at + 1) & (slots_ - 1);
    if (distance > kDistanceMax) return kNowhere;
    std::size_t empty = at;
    for (; distances_[empty] != 0; empty = (empty + 1) & (slots_ - 1)) {
      if (distances_[empty] == kDistanceMax) return kNowhere;
    }
    while (empty != at) {
      const std::size_t before = (empty - 1) & (slots_ - 1);
      move_entry(before, empty);
      distances_[empty] = static_cast<std::uint8_t>(distances_[before] + 1);
      empty = before;
    }
    distances_[at] = static_cast<std::uint8_t>(distance);
    return at;
  }

  void erase_at(std::size_t at) {
    std::destroy_at(&slot(at));
    std::size_t next = (at + 1) & (slots_ - 1);
    while (distances_[next] > 1) {
      move_entry(next, at);
      distances_[at] = static_cast<std::uint8_t>(distances_[next] - 1);
      at = next;
      next = (next + 1) & (slots_ - 1);
    }
    distances_[at] = 0;
    --size_;
  }

  void move_entry(std::size_t from, std::size_t to) {
    std::construct_at(&slot(to), std::move(slot(from)));
    std::destroy_at(&slot(from));
  }

  void grow(std::size_t slots) {
    const std::size_t old_slots = slots_;
    const auto old_distances = std::move(distances_);
    const auto old_entries = std::move(entries_);
    slots_ = slots;
    distances_ = std::make_unique<std::uint8_t[]>(slots);
    entries_.reset(
        static_cast<Slot*>(::operator new(slots * sizeof(Slot), std::align_val_t{kAlignment})));
    for (std::size_t i = 0; i < old_slots; ++i) {
      if (old_distances[i] == 0) continue;
      Slot& old = old_entries.get()[i];
      const std::size_t at = make_room(old.key);
      invariant(at != kNowhere, "entries of a table fit into one of twice its size");
      std::construct_at(&slot(at), std::move(old));
      std::destroy_at(&old);
    }
  }

  void destroy_entries() {
    for (std::size_t i = 0; i < slots_; ++i) {
      if (distances_[i] != 0) std::destroy_at(&slot(i));
    }
  }

  std::size_t entries_max_;
  std::uint64_t seed_;
  std::size_t slots_ = 0;  ///< a power of two, or 0 before the first entry
  std::size_t size_ = 0;
  std::unique_ptr<std::uint8_t[]> distances_;  ///< distance from home plus 1; 0: empty
  std::unique_ptr<Slot, FreeSlots> entries_;
};

}  // namespace sluice::media
