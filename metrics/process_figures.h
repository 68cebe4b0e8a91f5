#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string_view>

namespace sluice::metrics {

/// The fields of /proc/<pid>/stat that a page shows, in the kernel's units. Source: proc(5).
struct ProcessStat {
  std::uint64_t user_ticks = 0;      ///< field 14
  std::uint64_t system_ticks = 0;    ///< field 15
  std::uint64_t start_ticks = 0;     ///< field 22, since the machine started
  std::uint64_t resident_pages = 0;  ///< field 24
};

/// Reads one line of /proc/<pid>/stat; nothing when it has too few fields or one is not a number.
/// The second field is the program's name in parentheses and may itself hold spaces and
/// parentheses.
[[nodiscard]] std::optional<ProcessStat> parse_process_stat(std::string_view line);

/// What Prometheus' own client libraries tell of a process, under the same names.
struct ProcessFigures {
  double cpu_seconds = 0;
  double start_time_seconds = 0;  ///< since the Unix epoch
  double resident_bytes = 0;
  double open_fds = 0;
  double max_fds = 0;
};

/// Reads the figures of this process. Nothing when `proc` is not there or not readable, as in some
/// containers: the page then lacks these metrics, and has all others.
[[nodiscard]] std::optional<ProcessFigures> read_process_figures(
    const std::filesystem::path& proc = "/proc");

}  // namespace sluice::metrics
