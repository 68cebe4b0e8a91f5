#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "media/intrusive_list.h"
#include "media/time.h"

namespace sluice::media {

class TimerWheel;
struct InTimerWheel;

/// One moment to be reminded of. Inherit it, and add what the reminder is about:
///
///     struct SessionTimer : media::Timer { Session& session; SessionTimerKind kind; };
///
/// A timer that is destroyed is cancelled. It stays where it is while scheduled: no copy, no move.
class Timer : private ListHook<InTimerWheel> {
 public:
  Timer() = default;
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;
  ~Timer() { cancel(); }

  /// Scheduled, or expired and not yet handed out.
  [[nodiscard]] bool pending() const { return wheel_ != nullptr; }
  /// The moment it was last scheduled for; meaningless before the first time.
  [[nodiscard]] Time deadline() const { return deadline_; }
  /// Takes it out of its wheel, if it is in one; also one that has expired but not been handed out.
  void cancel();

 private:
  friend class TimerWheel;
  friend class IntrusiveList<Timer, InTimerWheel>;

  TimerWheel* wheel_ = nullptr;
  Time deadline_{};
  std::uint16_t slot_ = 0;
};

/// All timers of one shard: keep-alives, ticks, reports, resume windows.
///
/// A hierarchical hashed wheel (Varghese and Lauck 1987, scheme 7): level 0 has 64 slots of one
/// tick, level 1 has 64 slots of 64 ticks, and so on. A timer waits on the level of the highest
/// digit (base 64) in which its tick differs from the current one, and falls to a lower level when
/// that digit comes up. Nine levels reach as far as `Time` does: there is no farthest timer.
///
///     wheel.schedule(session.keep_alive, now + 10s);
///     ...
///     wheel.advance(now);
///     while (Timer* timer = wheel.pop_expired()) handle(static_cast<SessionTimer&>(*timer));
///     os_timer.expires_at(wheel.next_deadline());
///
/// Precision:  a tick is 1024 us. A timer never expires early, and at most one tick after its
///             deadline, as soon as `advance` is called with such a moment. One that is scheduled
///             for the past expires at the next tick, so a drain that reschedules always ends.
/// Order:      ticks in order; within one tick, none is promised.
/// Complexity: schedule, cancel, pop_expired and next_deadline O(1); advance O(1) for each timer
///             that expires or falls a level (at most 8 times in its life), however long the jump.
/// Memory:     nothing is allocated. 576 list heads of 16 bytes and ten bitmaps, 9.3 kB; 40 bytes
///             in each timer. The bitmaps sit in the two cache lines before the slots, so finding
///             the next deadline touches those only, never an empty slot.
/// Sizing:     nothing to size. Worked: 2,000 sessions on a shard, each with a keep-alive (10 s), a
///             report (50 ms) and a steering tick (20 ms at a round trip of 40 ms and any bitrate):
///             6,000 timers are 240 kB, and 140,000 expiries a second at about 20 ns (see
///             docs/data-structures.md) cost 0.3 % of a core.
/// Threads:    none; owned by one shard, as all its timers.
/// Overflow:   cannot happen; timers bound the wheel.
/// Pitfalls:   all timers of one wheel should be of one derived type, since `pop_expired` gives the
///             base. Rescheduling at every message is O(1), but letting the timer expire and
///             looking then whether it was premature is cheaper still.
class alignas(64) TimerWheel {
 public:
  static constexpr Duration kTick{1024};

  /// `start`: any moment not later than the first `advance`.
  explicit TimerWheel(Time start) : start_(start) {}
  TimerWheel(const TimerWheel&) = delete;
  TimerWheel& operator=(const TimerWheel&) = delete;
  /// Cancels what is still pending.
  ~TimerWheel();

  /// Sets, or sets anew, when `timer` expires. `Time::max()` means never: the timer is cancelled.
  void schedule(Timer& timer, Time deadline);

  /// Moves the wheel on; a `now` that lies before an earlier one changes nothing.
  void advance(Time now);

  /// A timer that expired, or nullptr when there is no other. Cancelling or destroying any timer,
  /// and scheduling any, is allowed between two calls.
  [[nodiscard]] Timer* pop_expired();

  /// When to call `advance` next: never later than the first expiry; `Time::max()` when nothing is
  /// pending. May be earlier than the first expiry (when it is more than 64 ticks away): then
  /// `advance` finds nothing, at most 8 times for one timer, and this answer gets closer.
  [[nodiscard]] Time next_deadline() const;

  [[nodiscard]] bool empty() const { return expired_.empty() && occupied_levels_ == 0; }

 private:
  friend class Timer;
  using Tick = std::uint64_t;
  using List = IntrusiveList<Timer, InTimerWheel>;

  static constexpr unsigned kTickBits = 10;  ///< 2^10 us, so that a shift replaces a division
  static constexpr unsigned kLevelBits = 6;  ///< 64 slots: one bitmap word a level
  static constexpr unsigned kLevels = 9;     ///< 9 x 6 + 10 bits are all 64 bits of Time
  static constexpr std::size_t kSlots = std::size_t{1} << kLevelBits;
  static constexpr std::uint16_t kExpiredSlot = kLevels * kSlots;

  [[nodiscard]] Tick first_tick_not_before(Time moment) const;
  [[nodiscard]] Time time_of(Tick tick) const;
  [[nodiscard]] Tick next_occupied_tick() const;
  void place(Timer& timer, Tick tick);
  void remove(Timer& timer);
  void release(unsigned level, unsigned slot);

  Time start_;
  Tick now_ = 0;                       ///< all earlier ticks, and this one, have been released
  std::uint32_t occupied_levels_ = 0;  ///< bit l: level l has a timer
  std::array<std::uint64_t, kLevels> occupied_slots_{};  ///< bit s of l: that slot has a timer
  List expired_;
  std::array<List, kLevels * kSlots> slots_;
};

}  // namespace sluice::media
