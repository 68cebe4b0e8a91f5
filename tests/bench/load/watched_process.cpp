#include "tests/bench/load/watched_process.h"

#include <linux/perf_event.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>

namespace sluice::bench {
namespace {

std::filesystem::path folder_of(pid_t pid) { return "/proc/" + std::to_string(pid); }

std::optional<std::uint64_t> trace_point() {
  for (const char* root : {"/sys/kernel/tracing", "/sys/kernel/debug/tracing"}) {
    std::ifstream file{std::string{root} + "/events/raw_syscalls/sys_enter/id"};
    std::uint64_t id = 0;
    if (file >> id) return id;
  }
  return std::nullopt;
}

}  // namespace

WatchedProcess::WatchedProcess(pid_t pid) : pid_{pid} {
  const auto id = trace_point();
  if (!id) return;
  perf_event_attr attributes{};
  attributes.size = sizeof attributes;
  attributes.type = PERF_TYPE_TRACEPOINT;
  attributes.config = *id;
  for (const auto& task : std::filesystem::directory_iterator{folder_of(pid) / "task"}) {
    const auto thread = static_cast<pid_t>(std::stol(task.path().filename().string()));
    const long counter = ::syscall(SYS_perf_event_open, &attributes, thread, -1, -1, 0);
    if (counter >= 0) call_counters_.push_back(static_cast<int>(counter));
  }
}

WatchedProcess::~WatchedProcess() {
  for (const int counter : call_counters_) ::close(counter);
}

WatchedProcess::Reading WatchedProcess::read() const {
  Reading reading;
  for (const auto& task : std::filesystem::directory_iterator{folder_of(pid_) / "task"}) {
    std::ifstream file{task.path() / "schedstat"};
    std::uint64_t ns = 0;
    if (file >> ns) reading.processor_ns += ns;
  }
  std::ifstream file{folder_of(pid_) / "stat"};
  std::string text;
  std::getline(file, text);
  // proc(5): the name in parentheses may hold spaces; utime and stime are fields 14 and 15.
  std::size_t at = text.rfind(')');
  if (at == std::string::npos) throw std::runtime_error("the measured server has ended");
  for (int field = 2; field < 14; ++field) at = text.find(' ', at + 1);
  reading.user_ticks = std::stoull(text.substr(at + 1));
  reading.kernel_ticks = std::stoull(text.substr(text.find(' ', at + 1) + 1));
  for (const int counter : call_counters_) {
    std::uint64_t count = 0;
    if (::read(counter, &count, sizeof count) == sizeof count) {
      reading.system_calls = reading.system_calls.value_or(0) + count;
    }
  }
  return reading;
}

ProcessUse WatchedProcess::between(const Reading& first, const Reading& last) {
  ProcessUse use{.processor_seconds =
                     static_cast<double>(last.processor_ns - first.processor_ns) / 1e9};
  const auto user = static_cast<double>(last.user_ticks - first.user_ticks);
  const auto kernel = static_cast<double>(last.kernel_ticks - first.kernel_ticks);
  if (user + kernel > 0) use.user_share = user / (user + kernel);
  if (first.system_calls && last.system_calls) {
    use.system_calls = *last.system_calls - *first.system_calls;
  }
  return use;
}

std::size_t WatchedProcess::resident_bytes() const {
  std::ifstream file{folder_of(pid_) / "statm"};
  std::size_t whole_pages = 0;
  std::size_t resident_pages = 0;
  file >> whole_pages >> resident_pages;
  return resident_pages * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

}  // namespace sluice::bench
