#include "sfu/cpu_topology.h"

#include <sched.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <optional>
#include <set>
#include <string>
#include <system_error>

namespace sluice::sfu {
namespace {

std::optional<Cpu> parse_cpu(std::string_view text) {
  Cpu cpu = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), cpu);
  if (error != std::errc{} || end != text.data() + text.size() || cpu >= CPU_SETSIZE) {
    return std::nullopt;
  }
  return cpu;
}

}  // namespace

std::size_t CpuTopology::cpus() const {
  std::size_t count = 0;
  for (const std::vector<Cpu>& node : nodes) count += node.size();
  return count;
}

std::vector<Cpu> parse_cpu_list(std::string_view text) {
  std::vector<Cpu> cpus;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find_first_of(",\n"), text.size());
    const std::string_view range = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const std::size_t dash = std::min(range.find('-'), range.size());
    const auto first = parse_cpu(range.substr(0, dash));
    const auto last = dash == range.size() ? first : parse_cpu(range.substr(dash + 1));
    if (!first || !last) continue;
    for (Cpu cpu = *first; cpu <= *last; ++cpu) cpus.push_back(cpu);
  }
  return cpus;
}

CpuTopology read_cpu_topology(const std::vector<Cpu>& allowed, const std::filesystem::path& nodes) {
  // By number: a directory lists node10 before node2.
  std::set<std::pair<std::size_t, std::string>> names;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator{nodes, error}) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with("node") && parse_cpu(std::string_view{name}.substr(4))) {
      names.emplace(name.size(), name);
    }
  }
  CpuTopology topology;
  for (const auto& [size, name] : names) {
    std::ifstream file{nodes / name / "cpulist"};
    std::string list;
    std::getline(file, list);
    std::vector<Cpu> cpus = parse_cpu_list(list);
    std::erase_if(cpus, [&](Cpu cpu) { return std::ranges::find(allowed, cpu) == allowed.end(); });
    if (!cpus.empty()) topology.nodes.push_back(std::move(cpus));
  }
  if (topology.nodes.empty()) topology.nodes.push_back(allowed);
  return topology;
}

std::vector<Cpu> allowed_cpus() {
  cpu_set_t set;
  CPU_ZERO(&set);
  std::vector<Cpu> cpus;
  if (::sched_getaffinity(0, sizeof set, &set) == 0) {
    for (Cpu cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
      if (CPU_ISSET(cpu, &set)) cpus.push_back(cpu);
    }
  }
  // The kernel refuses on a machine of more processors than the set has room for.
  if (cpus.empty()) cpus.push_back(0);
  return cpus;
}

std::vector<Cpu> cpus_for_shards(const CpuTopology& topology, std::size_t shards) {
  std::vector<Cpu> all;
  for (const std::vector<Cpu>& node : topology.nodes) {
    all.insert(all.end(), node.begin(), node.end());
  }
  std::vector<Cpu> chosen;
  chosen.reserve(shards);
  for (std::size_t shard = 0; shard < shards; ++shard) chosen.push_back(all[shard % all.size()]);
  return chosen;
}

bool pin_thread(const std::vector<Cpu>& cpus) {
  cpu_set_t set;
  CPU_ZERO(&set);
  for (const Cpu cpu : cpus) CPU_SET(cpu, &set);
  return ::sched_setaffinity(0, sizeof set, &set) == 0;
}

}  // namespace sluice::sfu
