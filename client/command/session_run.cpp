#include "client/command/session_run.h"

#include <CLI/CLI.hpp>

#include "client/command/arguments.h"

namespace sluice::client {

CLI::Option* SessionArguments::add_to(CLI::App& app) {
  app.add_option("--duration", duration_, "Stop after this time: 30s, 5m")
      ->check(is_span())
      ->type_name("TIME");
  return app.add_flag("--json", json_, "Print the statistics as JSON on standard output");
}

std::optional<std::chrono::seconds> SessionArguments::duration() const {
  return duration_ ? parse_span(*duration_) : std::nullopt;
}

}  // namespace sluice::client
