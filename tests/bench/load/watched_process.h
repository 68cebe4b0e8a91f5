#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <vector>

namespace sluice::bench {

/// What another process has used so far, from /proc and from the kernel's trace points.
struct ProcessUse {
  double processor_seconds = 0;  ///< on a processor, all threads, to the nanosecond (schedstat)
  double user_share = 0;         ///< of it outside the kernel, sampled by the kernel's tick
  std::optional<std::uint64_t> system_calls;  ///< absent without the right to count them
};

/// The server whose cost is measured.
class WatchedProcess {
 public:
  /// Counts system calls from here on, where the kernel allows it (perf_event_open).
  explicit WatchedProcess(pid_t pid);
  ~WatchedProcess();
  WatchedProcess(const WatchedProcess&) = delete;
  WatchedProcess& operator=(const WatchedProcess&) = delete;

  /// What was used between two readings.
  struct Reading {
    std::uint64_t processor_ns = 0;
    std::uint64_t user_ticks = 0;
    std::uint64_t kernel_ticks = 0;
    std::optional<std::uint64_t> system_calls;
  };
  [[nodiscard]] Reading read() const;
  [[nodiscard]] static ProcessUse between(const Reading& first, const Reading& last);

  [[nodiscard]] std::size_t resident_bytes() const;

 private:
  pid_t pid_;
  std::vector<int> call_counters_;
};

}  // namespace sluice::bench
