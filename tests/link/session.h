#pragma once

#include <expected>
#include <optional>
#include <string>

#include "tests/link/arguments.h"
#include "tests/link/command.h"
#include "tests/link/forwarder.h"
#include "tests/link/network_namespace.h"

namespace sluice::link {

/// One run: the two namespaces, the forwarder between them, and the commands inside.
class Session {
 public:
  /// The error is one sentence for people. SIGINT, SIGTERM, SIGHUP, SIGCHLD and SIGUSR1 are blocked
  /// from here on.
  [[nodiscard]] static std::expected<Session, std::string> create(Arguments arguments);

  /// Until the end; the exit status of this program.
  [[nodiscard]] int run();

 private:
  Session(Arguments arguments, NetworkNamespace server, NetworkNamespace client, Descriptor signals,
          Descriptor timer, Descriptor events);

  bool start_commands();
  bool start_client();
  /// False, and told to the user, when it could not be started.
  static bool take(std::expected<Command, std::string> started, std::optional<Command>& command);
  /// What changed among the commands.
  void look_at_commands();
  void take_signals();
  void take_input();
  void stop(int status);
  void arm_timer();
  [[nodiscard]] bool ended();
  void print_namespaces() const;
  [[nodiscard]] bool write_statistics() const;

  Arguments arguments_;
  NetworkNamespace server_;
  NetworkNamespace client_;
  Descriptor signals_;
  Descriptor timer_;
  Descriptor events_;
  Forwarder forwarder_;
  std::optional<Command> server_command_, client_command_, waiter_;
  std::optional<int> status_;  ///< set when the end has begun
  Time kill_at_ = Time::max();
};

}  // namespace sluice::link
