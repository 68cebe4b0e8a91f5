#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>
#include <string>

#include "client/command/commands.h"

using sluice::client::Command;
using sluice::client::ExitCode;

namespace {

/// A sentence when `word` stands where a command is expected and is none: CLI11 only says that a
/// command is missing. Empty otherwise.
std::string unknown_command(const CLI::App& app, const std::string& word) {
  std::string names;
  for (const auto* command : app.get_subcommands([](const CLI::App*) { return true; })) {
    if (word.starts_with('-') || command->get_name() == word) return {};
    names += (names.empty() ? "" : ", ") + command->get_name();
  }
  return "'" + word + "' is no command; there are: " + names;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{
      "Sluice on the command line: publish to a meeting, watch it, make tokens for it, explain\n"
      "what happened to a participant.\n"
      "Exit status: 0 done, 1 failed in the middle, 2 wrong usage, 3 no server reached, 4 refused.",
      "sluice"};
  app.set_version_flag("--version", "sluice " SLUICE_VERSION);
  app.require_subcommand(1);
  app.failure_message(CLI::FailureMessage::simple);
  Command run;
  sluice::client::add_publish_command(app, run);
  sluice::client::add_watch_command(app, run);
  sluice::client::add_token_command(app, run);
  sluice::client::add_demo_command(app, run);
  sluice::client::add_explain_command(app, run);
  if (argc < 2) {
    std::fprintf(stderr, "%s", app.help().c_str());
    return static_cast<int>(ExitCode::kUsage);
  }
  if (const std::string fault = unknown_command(app, argv[1]); !fault.empty()) {
    std::fprintf(stderr, "sluice: %s\n", fault.c_str());
    return static_cast<int>(ExitCode::kUsage);
  }
  try {
    app.parse(argc, argv);
    return static_cast<int>(run());
  } catch (const CLI::Success& success) {  // --help, --version
    return app.exit(success);
  } catch (const CLI::ParseError& error) {
    app.exit(error);
    return static_cast<int>(ExitCode::kUsage);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "sluice: %s\n", error.what());
    return static_cast<int>(ExitCode::kFailed);
  }
}
