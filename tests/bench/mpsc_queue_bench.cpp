#include <benchmark/benchmark.h>
#include <tbb/concurrent_queue.h>

#include <array>
#include <boost/lockfree/queue.hpp>
#include <cstdint>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

#include "media/mpsc_queue.h"

namespace {

constexpr std::size_t kCapacity = 1024;
constexpr std::size_t kBatch = 32;

/// The size of a command that names its session and carries a pointer to the rest.
struct Command {
  std::uint64_t session = 0;
  std::array<std::uint64_t, 3> rest{};
};

class Mpsc {
 public:
  bool push(const Command& command) { return queue_.try_push(command); }
  bool pop(Command& command) {
    const auto popped = queue_.try_pop();
    if (popped) command = *popped;
    return popped.has_value();
  }

 private:
  sluice::media::MpscQueue<Command> queue_{kCapacity};
};

class Boost {
 public:
  bool push(const Command& command) { return queue_.bounded_push(command); }
  bool pop(Command& command) { return queue_.pop(command); }

 private:
  boost::lockfree::queue<Command> queue_{kCapacity};
};

class Tbb {
 public:
  Tbb() { queue_.set_capacity(kCapacity); }
  bool push(const Command& command) { return queue_.try_push(command); }
  bool pop(Command& command) { return queue_.try_pop(command); }

 private:
  tbb::concurrent_bounded_queue<Command> queue_;
};

class Mutex {
 public:
  bool push(const Command& command) {
    const std::lock_guard lock{mutex_};
    if (queue_.size() == kCapacity) return false;
    queue_.push_back(command);
    return true;
  }
  bool pop(Command& command) {
    const std::lock_guard lock{mutex_};
    if (queue_.empty()) return false;
    command = queue_.front();
    queue_.pop_front();
    return true;
  }

 private:
  std::mutex mutex_;
  std::deque<Command> queue_;
};

template <class Queue>
void on_one_thread(benchmark::State& state) {
  Queue queue;
  Command command;
  while (state.KeepRunningBatch(kBatch)) {
    for (std::size_t i = 0; i < kBatch; ++i) benchmark::DoNotOptimize(queue.push(command));
    for (std::size_t i = 0; i < kBatch; ++i) {
      benchmark::DoNotOptimize(queue.pop(command));
      benchmark::DoNotOptimize(command);
    }
  }
}

/// `range` producer threads and this one, as fast as all go.
template <class Queue>
void between_threads(benchmark::State& state) {
  constexpr std::int64_t kElements = 1 << 18;
  const std::int64_t producers = state.range(0);
  while (state.KeepRunningBatch(kElements)) {
    Queue queue;
    std::vector<std::jthread> threads;
    for (std::int64_t i = 0; i < producers; ++i) {
      threads.emplace_back([&queue, producers] {
        for (std::int64_t pushed = 0; pushed < kElements / producers;) {
          if (queue.push(Command{.session = static_cast<std::uint64_t>(pushed), .rest = {}})) {
            ++pushed;
          } else {
            std::this_thread::yield();
          }
        }
      });
    }
    Command command;
    std::uint64_t sum = 0;
    for (std::int64_t taken = 0; taken < kElements;) {
      if (queue.pop(command)) {
        sum += command.session;
        ++taken;
      } else {
        std::this_thread::yield();
      }
    }
    benchmark::DoNotOptimize(sum);
  }
}

BENCHMARK(on_one_thread<Mpsc>)->Name("MPSC queue/push and pop, one thread/sluice");
BENCHMARK(on_one_thread<Boost>)->Name("MPSC queue/push and pop, one thread/boost::lockfree::queue");
BENCHMARK(on_one_thread<Tbb>)
    ->Name("MPSC queue/push and pop, one thread/tbb::concurrent_bounded_queue");
BENCHMARK(on_one_thread<Mutex>)
    ->Name("MPSC queue/push and pop, one thread/std::mutex and std::deque");
BENCHMARK(between_threads<Mpsc>)
    ->Name("MPSC queue/producers/sluice")
    ->Arg(1)
    ->Arg(4)
    ->MeasureProcessCPUTime();
BENCHMARK(between_threads<Boost>)
    ->Name("MPSC queue/producers/boost::lockfree::queue")
    ->Arg(1)
    ->Arg(4)
    ->MeasureProcessCPUTime();
BENCHMARK(between_threads<Tbb>)
    ->Name("MPSC queue/producers/tbb::concurrent_bounded_queue")
    ->Arg(1)
    ->Arg(4)
    ->MeasureProcessCPUTime();
BENCHMARK(between_threads<Mutex>)
    ->Name("MPSC queue/producers/std::mutex and std::deque")
    ->Arg(1)
    ->Arg(4)
    ->MeasureProcessCPUTime();

}  // namespace
