#pragma once

#include <sys/types.h>

#include <expected>
#include <optional>
#include <string>
#include <vector>

namespace sluice::link {

/// A program that runs inside a network namespace, with all that it starts in one process group.
///
/// It is killed when this process dies, and its group when this object does.
class Command {
 public:
  /// Starts `words` in the namespace of the descriptor. The error is one sentence for people.
  [[nodiscard]] static std::expected<Command, std::string> start(
      int space, const std::vector<std::string>& words);
  /// A process that ends with status 0 when something in the namespace listens on 127.0.0.1 at
  /// `port`, and with 1 when nothing does within ten seconds.
  [[nodiscard]] static std::expected<Command, std::string> wait_for_port(int space, int port);

  Command(Command&& other) noexcept;
  Command& operator=(Command&&) = delete;
  Command(const Command&) = delete;
  Command& operator=(const Command&) = delete;
  ~Command();

  /// Its exit status as a shell gives it (128 and the signal's number for a signal); nothing while
  /// it runs.
  [[nodiscard]] std::optional<int> status();
  /// Sends `signal` to the group.
  void signal(int signal);

 private:
  explicit Command(pid_t process) : process_{process} {}

  pid_t process_;  ///< also its group; 0: moved from
  std::optional<int> status_;
};

}  // namespace sluice::link
