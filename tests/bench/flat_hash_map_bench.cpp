#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdint>
#include <random>
#include <unordered_map>
#include <vector>

#include "media/flat_hash_map.h"

namespace {

using Key = std::uint32_t;
using Value = const void*;

class Flat {
 public:
  explicit Flat(std::size_t entries) : map_(entries) { map_.reserve(entries); }
  bool insert(Key key) { return map_.try_emplace(key, this).inserted; }
  bool erase(Key key) { return map_.erase(key); }
  bool find(Key key) const { return map_.find(key) != nullptr; }

 private:
  sluice::media::FlatHashMap<Key, Value> map_;
};

class Unordered {
 public:
  explicit Unordered(std::size_t entries) { map_.reserve(entries); }
  bool insert(Key key) { return map_.try_emplace(key, this).second; }
  bool erase(Key key) { return map_.erase(key) == 1; }
  bool find(Key key) const { return map_.find(key) != map_.end(); }

 private:
  std::unordered_map<Key, Value> map_;
};

/// Ids in the order in which they are asked for; random ids, since the server's ids are.
std::vector<Key> random_keys(std::size_t count, unsigned seed) {
  std::mt19937 random{seed};
  std::vector<Key> keys(count);
  for (Key& key : keys) key = static_cast<Key>(random());
  return keys;
}

template <class Map>
void find(benchmark::State& state, bool present) {
  const auto entries = static_cast<std::size_t>(state.range(0));
  std::vector<Key> keys = random_keys(entries, 1);
  Map map{entries};
  for (const Key key : keys) map.insert(key);
  std::shuffle(keys.begin(), keys.end(), std::mt19937{2});
  if (!present) keys = random_keys(entries, 3);
  std::size_t at = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(map.find(keys[at]));
    if (++at == keys.size()) at = 0;
  }
}

/// One joins, one leaves.
template <class Map>
void churn(benchmark::State& state) {
  const auto entries = static_cast<std::size_t>(state.range(0));
  const std::vector<Key> keys = random_keys(entries * 4, 1);
  Map map{entries + 1};
  for (std::size_t i = 0; i < entries; ++i) map.insert(keys[i]);
  std::size_t joins = entries;
  std::size_t leaves = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(map.insert(keys[joins]));
    benchmark::DoNotOptimize(map.erase(keys[leaves]));
    if (++joins == keys.size()) joins = 0;
    if (++leaves == keys.size()) leaves = 0;
  }
}

template <class Map>
void find_present(benchmark::State& state) {
  find<Map>(state, true);
}
template <class Map>
void find_absent(benchmark::State& state) {
  find<Map>(state, false);
}

BENCHMARK(find_present<Flat>)->Name("hash map/find present/sluice")->Arg(50)->Arg(1000)->Arg(18000);
BENCHMARK(find_present<Unordered>)
    ->Name("hash map/find present/std::unordered_map")
    ->Arg(50)
    ->Arg(1000)
    ->Arg(18000);
BENCHMARK(find_absent<Flat>)->Name("hash map/find absent/sluice")->Arg(50)->Arg(1000)->Arg(18000);
BENCHMARK(find_absent<Unordered>)
    ->Name("hash map/find absent/std::unordered_map")
    ->Arg(50)
    ->Arg(1000)
    ->Arg(18000);
BENCHMARK(churn<Flat>)->Name("hash map/insert and erase/sluice")->Arg(50)->Arg(1000)->Arg(18000);
BENCHMARK(churn<Unordered>)
    ->Name("hash map/insert and erase/std::unordered_map")
    ->Arg(50)
    ->Arg(1000)
    ->Arg(18000);

}  // namespace
