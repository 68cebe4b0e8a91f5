#pragma once

#include <cstddef>
#include <iterator>
#include <type_traits>

#include "media/invariant.h"

namespace sluice::media {

template <class T, class Tag>
class IntrusiveList;

/// What an object inherits to be in an `IntrusiveList`: two pointers, no allocation.
///
/// An object in several lists at once inherits several hooks, told apart by `Tag`. A hook that is
/// destroyed leaves its list by itself, so a list never holds a dangling element.
template <class Tag = void>
class ListHook {
 public:
  ListHook() = default;
  ListHook(const ListHook&) = delete;
  ListHook& operator=(const ListHook&) = delete;
  ~ListHook() { unlink(); }

  [[nodiscard]] bool linked() const { return next_ != nullptr; }

  /// Leaves the list, if it is in one. O(1), and does not need to know which list.
  void unlink() {
    if (!linked()) return;
    previous_->next_ = next_;
    next_->previous_ = previous_;
    previous_ = nullptr;
    next_ = nullptr;
  }

 private:
  template <class T, class ListTag>
  friend class IntrusiveList;

  void link_before(ListHook& place) {
    invariant(!linked(), "an element is in one list of a kind at a time");
    previous_ = place.previous_;
    next_ = &place;
    previous_->next_ = this;
    next_->previous_ = this;
  }

  ListHook* previous_ = nullptr;
  ListHook* next_ = nullptr;
};

/// A doubly linked list whose links live in its elements, which it does not own.
///
/// Complexity: every operation is O(1), except `clear`, the destructor and iteration (O(n)). There
///             is no `size()`: an element that unlinks itself does not know its list, so a count
///             could only be had by walking.
/// Memory:     two pointers in each element and two in the list (a ring through a sentinel, so
///             that no operation has a special case at either end); nothing is allocated.
/// Sizing:     nothing to size. Elements bound the list: 5,000 timers cost 5,000 x 16 bytes of
///             links wherever they are queued.
/// Threads:    none. All lists that an element can be in belong to the thread that owns it.
/// Overflow:   cannot happen.
/// Pitfalls:   elements must not move while linked; erasing the current element invalidates the
///             iterator that points to it (advance first), and no other.
template <class T, class Tag = void>
class IntrusiveList {
 public:
  using Hook = ListHook<Tag>;

  template <class Value>
  class Iterator {
   public:
    using iterator_category = std::bidirectional_iterator_tag;
    using value_type = std::remove_const_t<Value>;
    using difference_type = std::ptrdiff_t;
    using pointer = Value*;
    using reference = Value&;

    Iterator() = default;
    explicit Iterator(Hook* hook) : hook_(hook) {}
    reference operator*() const { return static_cast<Value&>(*hook_); }
    pointer operator->() const { return &**this; }
    Iterator& operator++() {
      hook_ = next_of(*hook_);
      return *this;
    }
    Iterator operator++(int) {
      Iterator before = *this;
      ++*this;
      return before;
    }
    Iterator& operator--() {
      hook_ = previous_of(*hook_);
      return *this;
    }
    Iterator operator--(int) {
      Iterator before = *this;
      --*this;
      return before;
    }
    friend bool operator==(const Iterator&, const Iterator&) = default;

   private:
    Hook* hook_ = nullptr;
  };
  using iterator = Iterator<T>;
  using const_iterator = Iterator<const T>;

  IntrusiveList() { reset(); }
  IntrusiveList(const IntrusiveList&) = delete;
  IntrusiveList& operator=(const IntrusiveList&) = delete;
  ~IntrusiveList() { clear(); }

  [[nodiscard]] bool empty() const { return end_.next_ == &end_; }

  /// The ends; the list must not be empty.
  [[nodiscard]] T& front() {
    invariant(!empty(), "front() of a list that is not empty");
    return static_cast<T&>(*end_.next_);
  }
  [[nodiscard]] T& back() {
    invariant(!empty(), "back() of a list that is not empty");
    return static_cast<T&>(*end_.previous_);
  }

  /// Adds an element that is in no list of this tag.
  void push_back(T& element) { hook_of(element).link_before(end_); }
  void push_front(T& element) { hook_of(element).link_before(*end_.next_); }
  void insert(iterator place, T& element) {
    hook_of(element).link_before(place == end() ? end_ : hook_of(*place));
  }

  /// Takes the first element out, or gives nullptr.
  T* pop_front() {
    if (empty()) return nullptr;
    T& element = front();
    hook_of(element).unlink();
    return &element;
  }

  /// Takes `element` out of the list of this tag that it is in.
  static void remove(T& element) { hook_of(element).unlink(); }

  /// Moves all elements of `other` behind those of this list, in their order.
  void splice_back(IntrusiveList& other) {
    if (&other == this || other.empty()) return;
    Hook* first = other.end_.next_;
    Hook* last = other.end_.previous_;
    first->previous_ = end_.previous_;
    end_.previous_->next_ = first;
    last->next_ = &end_;
    end_.previous_ = last;
    other.reset();
  }

  /// Unlinks every element; they live on.
  void clear() {
    while (pop_front() != nullptr) {
    }
  }

  [[nodiscard]] iterator begin() { return iterator{end_.next_}; }
  [[nodiscard]] iterator end() { return iterator{&end_}; }
  [[nodiscard]] const_iterator begin() const { return const_iterator{end_.next_}; }
  [[nodiscard]] const_iterator end() const { return const_iterator{const_cast<Hook*>(&end_)}; }

 private:
  static Hook& hook_of(T& element) { return element; }
  static Hook* next_of(Hook& hook) { return hook.next_; }
  static Hook* previous_of(Hook& hook) { return hook.previous_; }

  void reset() {
    end_.previous_ = &end_;
    end_.next_ = &end_;
  }

  Hook end_;  ///< the sentinel: before the first element and behind the last
};

}  // namespace sluice::media
