#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace sluice::integration {

/// A real `sluice-server`, started on free ports of the loopback address and ended by its pid.
///
/// The constructor returns once the server says that it listens; it throws when the server ends
/// first or says nothing for 10 s. What the server prints is kept for the assertions of a test.
class ServerProcess {
 public:
  explicit ServerProcess(const std::vector<std::string>& extra_arguments = {});
  ServerProcess(const ServerProcess&) = delete;
  ServerProcess& operator=(const ServerProcess&) = delete;
  ~ServerProcess();

  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] std::uint16_t admin_port() const { return admin_port_; }
  [[nodiscard]] pid_t pid() const { return pid_; }

  /// Sends `signal` and returns at once.
  void signal(int signal) const;
  /// Waits for the end and returns the exit status; -1 when it does not come within `timeout`
  /// or came by a signal.
  int wait(std::chrono::milliseconds timeout);

  /// Resident memory in KiB, from /proc.
  [[nodiscard]] std::size_t resident_kib() const;
  /// Processor time used so far, in seconds, from /proc.
  [[nodiscard]] double processor_seconds() const;
  /// The value of one sample line of /metrics, e.g. `sluice_rooms`; -1 when there is none.
  [[nodiscard]] double metric(const std::string& sample) const;
  /// The body of an HTTP GET on the admin address; empty when there is no answer.
  [[nodiscard]] std::string admin_get(const std::string& path) const;

  /// All output so far, standard output and error together.
  std::string output();

 private:
  bool read_output(std::chrono::milliseconds timeout);

  pid_t pid_ = -1;
  int output_fd_ = -1;
  std::string output_;
  std::uint16_t port_ = 0;
  std::uint16_t admin_port_ = 0;
};

/// What a run that ends by itself left behind: for faults of the configuration.
struct FinishedRun {
  int status = -1;
  std::string output;
};

/// Runs `sluice-server` with `arguments` to its end, at most 10 s.
[[nodiscard]] FinishedRun run_server(const std::vector<std::string>& arguments);

}  // namespace sluice::integration
