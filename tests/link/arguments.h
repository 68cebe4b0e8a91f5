#pragma once

#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "tests/link/link_direction.h"

namespace sluice::link {

/// What the command line asks for.
struct Arguments {
  LinkDirection::Settings down, up;
  std::string congestion_control;  ///< empty: the system's default
  std::string statistics_file;     ///< empty: standard error
  std::optional<int> wait_port;    ///< the client's command waits until something listens there
  bool hold = false;               ///< runs no command: until standard input ends
  std::vector<std::string> server_command, client_command;
};

/// What to print instead of running: the help (status 0) or what is wrong.
struct Refusal {
  std::string text;
  int status = 2;
};

/// `words` are those after the program's name.
[[nodiscard]] std::expected<Arguments, Refusal> parse_arguments(
    const std::vector<std::string>& words);

}  // namespace sluice::link
