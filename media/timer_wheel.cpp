#include "media/timer_wheel.h"

#include <algorithm>
#include <bit>
#include <limits>

namespace sluice::media {
namespace {

/// Microseconds from `from` to a `to` that is not earlier. Unsigned, since the distance between two
/// moments can be twice what a Duration holds.
std::uint64_t microseconds_between(Time from, Time to) {
  return static_cast<std::uint64_t>(to.time_since_epoch().count()) -
         static_cast<std::uint64_t>(from.time_since_epoch().count());
}

}  // namespace

void Timer::cancel() {
  if (wheel_ != nullptr) wheel_->remove(*this);
}

TimerWheel::~TimerWheel() {
  const auto let_go = [](List& list) {
    while (Timer* timer = list.pop_front()) timer->wheel_ = nullptr;
  };
  let_go(expired_);
  for (List& slot : slots_) let_go(slot);
}

void TimerWheel::schedule(Timer& timer, Time deadline) {
  timer.cancel();
  timer.deadline_ = deadline;
  if (deadline == Time::max()) return;
  timer.wheel_ = this;
  place(timer, std::max(first_tick_not_before(deadline), now_ + 1));
}

void TimerWheel::advance(Time now) {
  if (now < start_) return;
  const Tick target = microseconds_between(start_, now) >> kTickBits;
  while (occupied_levels_ != 0) {
    const Tick next = next_occupied_tick();
    if (next > target) break;
    // A level holds only what differs from now_ in its digit, so whatever is occupied on the
    // lowest level comes before everything above it, and the first slot before the others.
    const auto level = static_cast<unsigned>(std::countr_zero(occupied_levels_));
    const auto slot = static_cast<unsigned>(std::countr_zero(occupied_slots_[level]));
    now_ = next;
    release(level, slot);
  }
  now_ = std::max(now_, target);
}

Timer* TimerWheel::pop_expired() {
  Timer* timer = expired_.pop_front();
  if (timer != nullptr) timer->wheel_ = nullptr;
  return timer;
}

Time TimerWheel::next_deadline() const {
  if (!expired_.empty()) return time_of(now_);
  if (occupied_levels_ == 0) return Time::max();
  return time_of(next_occupied_tick());
}

TimerWheel::Tick TimerWheel::first_tick_not_before(Time moment) const {
  if (moment <= start_) return 0;
  const std::uint64_t distance = microseconds_between(start_, moment);
  const bool between_ticks = (distance & ((std::uint64_t{1} << kTickBits) - 1)) != 0;
  return (distance >> kTickBits) + (between_ticks ? 1 : 0);
}

Time TimerWheel::time_of(Tick tick) const {
  const std::uint64_t distance_max = microseconds_between(start_, Time::max());
  if (tick > distance_max >> kTickBits) return Time::max();
  const std::uint64_t start = static_cast<std::uint64_t>(start_.time_since_epoch().count());
  return Time{Duration{static_cast<std::int64_t>(start + (tick << kTickBits))}};
}

TimerWheel::Tick TimerWheel::next_occupied_tick() const {
  const auto level = static_cast<unsigned>(std::countr_zero(occupied_levels_));
  const auto slot = static_cast<unsigned>(std::countr_zero(occupied_slots_[level]));
  const unsigned shift = level * kLevelBits;
  // The digits above this level are those of now_, this digit is the slot, those below are 0.
  const Tick above = (now_ >> shift >> kLevelBits) << kLevelBits;
  return (above | slot) << shift;
}

void TimerWheel::place(Timer& timer, Tick tick) {
  // Beyond the last tick that nine digits can write; some of Time's range lies there only when the
  // wheel starts within a millisecond of Time::min().
  tick = std::min(tick, std::numeric_limits<Tick>::max() >> kTickBits);
  if (tick <= now_) {
    timer.slot_ = kExpiredSlot;
    expired_.push_back(timer);
    return;
  }
  const auto level = static_cast<unsigned>(std::bit_width(tick ^ now_) - 1) / kLevelBits;
  const auto slot = static_cast<unsigned>(tick >> (level * kLevelBits)) % kSlots;
  timer.slot_ = static_cast<std::uint16_t>(level * kSlots + slot);
  slots_[timer.slot_].push_back(timer);
  occupied_slots_[level] |= std::uint64_t{1} << slot;
  occupied_levels_ |= 1U << level;
}

void TimerWheel::remove(Timer& timer) {
  List::remove(timer);
  timer.wheel_ = nullptr;
  if (timer.slot_ == kExpiredSlot || !slots_[timer.slot_].empty()) return;
  const std::size_t level = timer.slot_ / kSlots;
  occupied_slots_[level] &= ~(std::uint64_t{1} << (timer.slot_ % kSlots));
  if (occupied_slots_[level] == 0) occupied_levels_ &= ~(1U << level);
}

void TimerWheel::release(unsigned level, unsigned slot) {
  List& waiting = slots_[level * kSlots + slot];
  occupied_slots_[level] &= ~(std::uint64_t{1} << slot);
  if (occupied_slots_[level] == 0) occupied_levels_ &= ~(1U << level);
  if (level == 0) {
    // They keep the number of a slot that is empty now; `remove` would clear a bit that is clear.
    expired_.splice_back(waiting);
    return;
  }
  List released;
  released.splice_back(waiting);
  while (Timer* timer = released.pop_front())
    place(*timer, first_tick_not_before(timer->deadline_));
}

}  // namespace sluice::media
