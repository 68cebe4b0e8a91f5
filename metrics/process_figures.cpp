#include "metrics/process_figures.h"

#include <sys/resource.h>
#include <unistd.h>

#include <charconv>
#include <fstream>
#include <iterator>
#include <string>
#include <system_error>
#include <vector>

namespace sluice::metrics {
namespace {

std::optional<std::uint64_t> to_number(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::vector<std::string_view> split(std::string_view text) {
  std::vector<std::string_view> words;
  for (std::size_t start = text.find_first_not_of(" \n"); start != std::string_view::npos;) {
    const std::size_t end = text.find_first_of(" \n", start);
    words.push_back(text.substr(start, end - start));
    start = text.find_first_not_of(" \n", end);
  }
  return words;
}

std::optional<std::string> read_text(const std::filesystem::path& path) {
  std::ifstream file{path};
  if (!file) return std::nullopt;
  return std::string{std::istreambuf_iterator<char>{file}, {}};
}

/// The `btime` line of /proc/stat: when the machine started, in seconds since the Unix epoch.
std::optional<std::uint64_t> boot_time(std::string_view stat) {
  constexpr std::string_view kName = "\nbtime ";
  const std::size_t line = stat.find(kName);
  if (line == std::string_view::npos) return std::nullopt;
  const std::string_view rest = stat.substr(line + kName.size());
  return to_number(rest.substr(0, rest.find('\n')));
}

}  // namespace

std::optional<ProcessStat> parse_process_stat(std::string_view line) {
  const std::size_t name_end = line.rfind(')');
  if (name_end == std::string_view::npos) return std::nullopt;
  // The word behind the name is field 3.
  const std::vector<std::string_view> words = split(line.substr(name_end + 1));
  constexpr std::size_t kFirstField = 3;
  constexpr std::size_t kLastField = 24;
  if (words.size() <= kLastField - kFirstField) return std::nullopt;

  const auto user = to_number(words[14 - kFirstField]);
  const auto system = to_number(words[15 - kFirstField]);
  const auto start = to_number(words[22 - kFirstField]);
  const auto resident = to_number(words[kLastField - kFirstField]);
  if (!user || !system || !start || !resident) return std::nullopt;
  return ProcessStat{.user_ticks = *user,
                     .system_ticks = *system,
                     .start_ticks = *start,
                     .resident_pages = *resident};
}

std::optional<ProcessFigures> read_process_figures(const std::filesystem::path& proc) {
  const auto own_stat = read_text(proc / "self" / "stat");
  const auto machine_stat = read_text(proc / "stat");
  if (!own_stat || !machine_stat) return std::nullopt;
  const auto process = parse_process_stat(*own_stat);
  const auto boot = boot_time(*machine_stat);
  if (!process || !boot) return std::nullopt;

  std::error_code error;
  const std::filesystem::directory_iterator open{proc / "self" / "fd", error};
  rlimit limit{};
  if (error || getrlimit(RLIMIT_NOFILE, &limit) != 0) return std::nullopt;

  const auto ticks_per_second = static_cast<double>(sysconf(_SC_CLK_TCK));
  return ProcessFigures{
      .cpu_seconds =
          static_cast<double>(process->user_ticks + process->system_ticks) / ticks_per_second,
      .start_time_seconds =
          static_cast<double>(*boot) + static_cast<double>(process->start_ticks) / ticks_per_second,
      .resident_bytes =
          static_cast<double>(process->resident_pages) * static_cast<double>(sysconf(_SC_PAGESIZE)),
      .open_fds = static_cast<double>(std::distance(begin(open), end(open))),
      .max_fds = static_cast<double>(limit.rlim_cur),
  };
}

}  // namespace sluice::metrics
