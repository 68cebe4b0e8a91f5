#include <benchmark/benchmark.h>

#include <array>
#include <cstddef>
#include <memory>
#include <random>
#include <vector>

#include "media/object_pool.h"

namespace {

/// As large as a session, of which the first and last bytes are written.
struct Session {
  explicit Session(std::byte mark) {
    bytes.front() = mark;
    bytes.back() = mark;
  }
  std::array<std::byte, 600> bytes;
};

class Pool {
 public:
  explicit Pool(std::size_t objects) : pool_(static_cast<std::uint32_t>(objects)) {}
  auto make() { return pool_.make(std::byte{1}); }

 private:
  sluice::media::ObjectPool<Session> pool_;
};

class Heap {
 public:
  explicit Heap(std::size_t) {}
  auto make() { return std::make_unique<Session>(std::byte{1}); }
};

/// One goes, one comes, in any order, among `range` objects.
template <class Maker>
void replace(benchmark::State& state) {
  const auto objects = static_cast<std::size_t>(state.range(0));
  Maker maker{objects};
  std::vector<decltype(maker.make())> living;
  for (std::size_t i = 0; i < objects; ++i) living.push_back(maker.make());
  std::mt19937 random{1};
  for (auto _ : state) {
    auto& chosen = living[random() % objects];
    chosen.reset();
    chosen = maker.make();
    benchmark::DoNotOptimize(chosen.get());
  }
}

/// Everybody leaves, everybody comes back: what a restart of a proxy does.
template <class Maker>
void all_at_once(benchmark::State& state) {
  const auto objects = static_cast<std::size_t>(state.range(0));
  Maker maker{objects};
  std::vector<decltype(maker.make())> living(objects);
  while (state.KeepRunningBatch(state.range(0))) {
    for (auto& each : living) each = maker.make();
    benchmark::ClobberMemory();
    for (auto& each : living) each.reset();
  }
}

BENCHMARK(replace<Pool>)->Name("object pool/replace one/sluice")->Arg(100)->Arg(10000);
BENCHMARK(replace<Heap>)->Name("object pool/replace one/new and delete")->Arg(100)->Arg(10000);
BENCHMARK(all_at_once<Pool>)->Name("object pool/all at once/sluice")->Arg(100)->Arg(10000);
BENCHMARK(all_at_once<Heap>)->Name("object pool/all at once/new and delete")->Arg(100)->Arg(10000);

}  // namespace
