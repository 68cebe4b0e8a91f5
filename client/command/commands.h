#pragma once

#include <CLI/App.hpp>
#include <functional>

#include "client/command/exit_code.h"

namespace sluice::client {

/// Each adds its subcommand to `app` and sets `run` to what carries it out when it was given.
using Command = std::function<ExitCode()>;
void add_publish_command(CLI::App& app, Command& run);
void add_watch_command(CLI::App& app, Command& run);
void add_token_command(CLI::App& app, Command& run);
void add_demo_command(CLI::App& app, Command& run);
void add_explain_command(CLI::App& app, Command& run);

}  // namespace sluice::client
