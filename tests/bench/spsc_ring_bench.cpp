#include <benchmark/benchmark.h>

#include <array>
#include <boost/lockfree/spsc_queue.hpp>
#include <cstdint>
#include <optional>
#include <span>
#include <thread>
#include <utility>

#include "media/frame_pool.h"
#include "media/spsc_ring.h"

namespace {

using sluice::media::FrameRef;

constexpr std::size_t kCapacity = 1024;
constexpr std::size_t kBatch = 32;
using Element = std::uint64_t;  // plain, and the size of a reference to a frame

class Ring {
 public:
  bool push(Element element) { return ring_.try_push(element); }
  bool pop(Element& element) {
    const auto popped = ring_.try_pop();
    if (popped) element = *popped;
    return popped.has_value();
  }
  std::size_t push(std::span<Element> elements) { return ring_.push_batch(elements); }
  std::size_t pop(std::span<Element> elements) { return ring_.pop_batch(elements); }

 private:
  sluice::media::SpscRing<Element> ring_{kCapacity};
};

class Boost {
 public:
  bool push(Element element) { return ring_.push(element); }
  bool pop(Element& element) { return ring_.pop(element); }
  std::size_t push(std::span<Element> elements) {
    return ring_.push(elements.data(), elements.size());
  }
  std::size_t pop(std::span<Element> elements) {
    return ring_.pop(elements.data(), elements.size());
  }

 private:
  boost::lockfree::spsc_queue<Element> ring_{kCapacity};
};

/// What the ring is for: counted references to frames, which move in and out of it. Boost 1.81
/// copies elements in and out, and each copy counts.
class MovingRing {
 public:
  bool push(FrameRef frame) { return ring_.try_push(std::move(frame)); }
  std::optional<FrameRef> pop() { return ring_.try_pop(); }

 private:
  sluice::media::SpscRing<FrameRef> ring_{kCapacity};
};

class CopyingRing {
 public:
  bool push(const FrameRef& frame) { return ring_.push(frame); }
  std::optional<FrameRef> pop() {
    FrameRef frame;
    if (!ring_.pop(frame)) return std::nullopt;
    return frame;
  }

 private:
  boost::lockfree::spsc_queue<FrameRef> ring_{kCapacity};
};

template <class Queue>
void references_on_one_thread(benchmark::State& state) {
  sluice::media::FramePool pool{1 << 20};
  sluice::media::FrameDescription description{};
  description.length = 1;
  const FrameRef frame = pool.allocate(description, sluice::media::MediaKind::kAudio).finish();
  {
    Queue queue;
    while (state.KeepRunningBatch(kBatch)) {
      for (std::size_t i = 0; i < kBatch; ++i) benchmark::DoNotOptimize(queue.push(frame));
      for (std::size_t i = 0; i < kBatch; ++i) benchmark::DoNotOptimize(queue.pop());
    }
  }
}

template <class Queue>
void one_by_one_on_one_thread(benchmark::State& state) {
  Queue queue;
  Element element = 0;
  while (state.KeepRunningBatch(kBatch)) {
    for (std::size_t i = 0; i < kBatch; ++i) benchmark::DoNotOptimize(queue.push(i));
    for (std::size_t i = 0; i < kBatch; ++i) {
      benchmark::DoNotOptimize(queue.pop(element));
      benchmark::DoNotOptimize(element);
    }
  }
}

template <class Queue>
void batches_on_one_thread(benchmark::State& state) {
  Queue queue;
  std::array<Element, kBatch> elements{};
  while (state.KeepRunningBatch(kBatch)) {
    benchmark::DoNotOptimize(queue.push(std::span<Element>{elements}));
    benchmark::DoNotOptimize(queue.pop(std::span<Element>{elements}));
    benchmark::ClobberMemory();
  }
}

/// A producer thread and this one, as fast as both go. Waiting yields: on a busy machine the other
/// side may not be running.
template <class Queue>
void between_threads(benchmark::State& state) {
  constexpr std::int64_t kElements = 1 << 20;
  while (state.KeepRunningBatch(kElements)) {
    Queue queue;
    std::jthread producer{[&queue] {
      for (Element i = 0; i < kElements;) {
        if (queue.push(i)) {
          ++i;
        } else {
          std::this_thread::yield();
        }
      }
    }};
    Element element = 0;
    Element sum = 0;
    for (Element taken = 0; taken < kElements;) {
      if (queue.pop(element)) {
        sum += element;
        ++taken;
      } else {
        std::this_thread::yield();
      }
    }
    benchmark::DoNotOptimize(sum);
  }
}

BENCHMARK(one_by_one_on_one_thread<Ring>)->Name("SPSC ring/push and pop, one thread/sluice");
BENCHMARK(one_by_one_on_one_thread<Boost>)
    ->Name("SPSC ring/push and pop, one thread/boost::lockfree::spsc_queue");
BENCHMARK(batches_on_one_thread<Ring>)->Name("SPSC ring/batches of 32, one thread/sluice");
BENCHMARK(batches_on_one_thread<Boost>)
    ->Name("SPSC ring/batches of 32, one thread/boost::lockfree::spsc_queue");
BENCHMARK(references_on_one_thread<MovingRing>)
    ->Name("SPSC ring/frame references, one thread/sluice");
BENCHMARK(references_on_one_thread<CopyingRing>)
    ->Name("SPSC ring/frame references, one thread/boost::lockfree::spsc_queue");
BENCHMARK(between_threads<Ring>)
    ->Name("SPSC ring/between two threads/sluice")
    ->MeasureProcessCPUTime();
BENCHMARK(between_threads<Boost>)
    ->Name("SPSC ring/between two threads/boost::lockfree::spsc_queue")
    ->MeasureProcessCPUTime();

}  // namespace
