#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>

#include "client/command/commands.h"

using sluice::client::Command;
using sluice::client::ExitCode;

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
