// Names are structure/work/contender/size; scripts/bench sets each contender beside `sluice`.

#include <benchmark/benchmark.h>

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <queue>
#include <random>
#include <utility>
#include <vector>

#include "media/timer_wheel.h"

namespace {

using namespace std::chrono_literals;
using sluice::media::Duration;
using sluice::media::Time;
using sluice::media::Timer;
using sluice::media::TimerWheel;

struct NumberedTimer : Timer {
  std::size_t number = 0;
};

class Wheel {
 public:
  explicit Wheel(std::size_t timers) : timers_(std::make_unique<NumberedTimer[]>(timers)) {
    for (std::size_t i = 0; i < timers; ++i) timers_[i].number = i;
  }
  void schedule(std::size_t timer, Time deadline) { wheel_.schedule(timers_[timer], deadline); }
  template <class Expired>
  void advance(Time now, Expired expired) {
    wheel_.advance(now);
    while (Timer* timer = wheel_.pop_expired()) {
      expired(static_cast<NumberedTimer*>(timer)->number);
    }
  }
  Time next_deadline() const { return wheel_.next_deadline(); }

 private:
  TimerWheel wheel_{Time{}};
  std::unique_ptr<NumberedTimer[]> timers_;
};

/// Cancels exactly, as the wheel does.
class Tree {
 public:
  explicit Tree(std::size_t timers) : places_(timers, tree_.end()) {}
  void schedule(std::size_t timer, Time deadline) {
    if (places_[timer] != tree_.end()) tree_.erase(places_[timer]);
    places_[timer] = tree_.emplace(deadline, timer);
  }
  template <class Expired>
  void advance(Time now, Expired expired) {
    while (!tree_.empty() && tree_.begin()->first <= now) {
      const std::size_t timer = tree_.begin()->second;
      tree_.erase(tree_.begin());
      places_[timer] = tree_.end();
      expired(timer);
    }
  }
  Time next_deadline() const { return tree_.empty() ? Time::max() : tree_.begin()->first; }

 private:
  std::multimap<Time, std::size_t> tree_;
  std::vector<std::multimap<Time, std::size_t>::iterator> places_;
};

/// Cannot cancel: what was scheduled anew stays behind and is passed over when it comes up.
class Heap {
 public:
  explicit Heap(std::size_t timers) : deadlines_(timers, Time::max()) {}
  void schedule(std::size_t timer, Time deadline) {
    deadlines_[timer] = deadline;
    heap_.emplace(deadline, timer);
  }
  template <class Expired>
  void advance(Time now, Expired expired) {
    while (!heap_.empty() && heap_.top().first <= now) {
      const auto [deadline, timer] = heap_.top();
      heap_.pop();
      if (deadlines_[timer] == deadline) expired(timer);
    }
  }
  Time next_deadline() const { return heap_.empty() ? Time::max() : heap_.top().first; }

 private:
  using Entry = std::pair<Time, std::size_t>;
  std::priority_queue<Entry, std::vector<Entry>, std::greater<>> heap_;
  std::vector<Time> deadlines_;
};

/// A keep-alive of 10 s for each session, put off at every report, 20 times a second.
template <class Timers>
void keep_alive(benchmark::State& state) {
  const auto sessions = static_cast<std::size_t>(state.range(0));
  Timers timers{sessions};
  std::mt19937 random{1};
  const Duration step = 50ms / static_cast<std::int64_t>(sessions);
  Time now{1s};
  for (std::size_t i = 0; i < sessions; ++i) timers.schedule(i, now + 10s);
  const auto put_off = [&] {
    now += step;
    timers.schedule(random() % sessions, now + 10s);
    timers.advance(now, [](std::size_t timer) { benchmark::DoNotOptimize(timer); });
    benchmark::DoNotOptimize(timers.next_deadline());
  };
  // More than 10 s, so that the heap has reached the size at which it stays.
  for (std::size_t i = 0; i < sessions * 210; ++i) put_off();
  for (auto _ : state) put_off();
}

/// A tick every 20 ms for each session: every expiry schedules the next.
template <class Timers>
void ticks(benchmark::State& state) {
  const auto sessions = static_cast<std::size_t>(state.range(0));
  Timers timers{sessions};
  std::mt19937 random{1};
  Time now{1s};
  for (std::size_t i = 0; i < sessions; ++i) {
    timers.schedule(i, now + Duration{static_cast<std::int64_t>(random() % 20'000)});
  }
  std::int64_t expiries = 0;
  while (state.KeepRunningBatch(std::max<std::int64_t>(expiries, 1))) {
    expiries = 0;
    now += 1ms;
    timers.advance(now, [&](std::size_t timer) {
      timers.schedule(timer, now + 20ms);
      ++expiries;
    });
    benchmark::DoNotOptimize(timers.next_deadline());
  }
}

BENCHMARK(keep_alive<Wheel>)->Name("timers/keep-alive put off/sluice")->Arg(1000)->Arg(6000);
BENCHMARK(keep_alive<Tree>)->Name("timers/keep-alive put off/std::multimap")->Arg(1000)->Arg(6000);
BENCHMARK(keep_alive<Heap>)
    ->Name("timers/keep-alive put off/std::priority_queue")
    ->Arg(1000)
    ->Arg(6000);
BENCHMARK(ticks<Wheel>)->Name("timers/tick of 20 ms/sluice")->Arg(1000)->Arg(6000);
BENCHMARK(ticks<Tree>)->Name("timers/tick of 20 ms/std::multimap")->Arg(1000)->Arg(6000);
BENCHMARK(ticks<Heap>)->Name("timers/tick of 20 ms/std::priority_queue")->Arg(1000)->Arg(6000);

}  // namespace
