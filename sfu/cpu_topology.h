#pragma once

#include <cstddef>
#include <filesystem>
#include <string_view>
#include <vector>

namespace sluice::sfu {

/// A processor, by the kernel's number.
using Cpu = unsigned;

/// The processors that this process may use, by the node of memory that is nearest to them.
struct CpuTopology {
  std::vector<std::vector<Cpu>> nodes;  ///< none is empty; each in ascending order

  [[nodiscard]] std::size_t cpus() const;
};

/// Reads a list such as `0-3,8,10-11`. What is not one is left out: the kernel writes no other.
[[nodiscard]] std::vector<Cpu> parse_cpu_list(std::string_view text);

/// What the kernel says of this machine, without the processors that `allowed` does not name. Where
/// `nodes` cannot be read, as in some containers, all of `allowed` are one node.
/// Source: Documentation/ABI/stable/sysfs-devices-node.
[[nodiscard]] CpuTopology read_cpu_topology(
    const std::vector<Cpu>& allowed,
    const std::filesystem::path& nodes = "/sys/devices/system/node");

/// The processors that the calling thread may use, at least one (sched_getaffinity).
[[nodiscard]] std::vector<Cpu> allowed_cpus();

/// The processor for each of `shards`, one each while there are enough, then round again.
///
/// Node by node: shards that exchange frames are near to each other, and a server with fewer shards
/// than processors keeps to few nodes.
[[nodiscard]] std::vector<Cpu> cpus_for_shards(const CpuTopology& topology, std::size_t shards);

/// Binds the calling thread to these processors; false when the system refuses.
[[nodiscard]] bool pin_thread(const std::vector<Cpu>& cpus);

}  // namespace sluice::sfu
