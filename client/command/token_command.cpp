#include <CLI/CLI.hpp>
#include <cstdio>

#include "client/command/arguments.h"
#include "client/command/commands.h"
#include "client/command/signing_arguments.h"

namespace sluice::client {
namespace {

struct TokenArguments {
  SigningArguments signing;
  std::string room;
  std::string identity;
  std::string name;
  std::string metadata;
  std::string time_to_live = "6h";
  bool no_publish = false;
  bool no_subscribe = false;
  std::vector<std::string> sources;
};

ExitCode print_token(const TokenArguments& arguments) {
  const auto now =
      std::chrono::time_point_cast<std::chrono::seconds>(std::chrono::system_clock::now());
  signaling::TokenClaims claims{.identity = arguments.identity, .room_join = true};
  if (!arguments.room.empty()) claims.room = arguments.room;
  if (!arguments.name.empty()) claims.name = arguments.name;
  if (!arguments.metadata.empty()) claims.metadata = arguments.metadata;
  claims.permissions.can_publish = !arguments.no_publish;
  claims.permissions.can_subscribe = !arguments.no_subscribe;
  for (const std::string& source : arguments.sources) {
    claims.permissions.can_publish_sources.push_back(*signaling::track_source_from_string(source));
  }
  claims.expires = now + *parse_span(arguments.time_to_live);
  std::printf("%s\n", arguments.signing.sign(claims).c_str());
  return ExitCode::kDone;
}

}  // namespace

void add_token_command(CLI::App& app, Command& run) {
  auto arguments = std::make_shared<TokenArguments>();
  CLI::App* command = app.add_subcommand("token", "Print a token that lets its bearer join a room");
  command->footer(
      "Example:\n"
      "  sluice token --key devkey --secret-file secret --room demo --identity ada --name Ada");
  arguments->signing.add_to(*command, true);
  command->add_option("--room", arguments->room, "The room; without it, any room");
  command->add_option("--identity", arguments->identity, "Who the bearer is for the application")
      ->required();
  command->add_option("--name", arguments->name, "The name that the others see");
  command->add_option("--metadata", arguments->metadata,
                      "The application's own data on the bearer");
  command->add_option("--ttl", arguments->time_to_live, "How long it is good: 90s, 15m, 6h, 7d")
      ->check(is_span())
      ->capture_default_str()
      ->type_name("TIME");
  auto* no_publish =
      command->add_flag("--no-publish", arguments->no_publish, "The bearer may not publish");
  command->add_flag("--no-subscribe", arguments->no_subscribe, "The bearer may not subscribe");
  command
      ->add_option("--source", arguments->sources,
                   "The bearer may publish this only (microphone, camera, screen or "
                   "screen_audio); may be given several times")
      ->check(CLI::IsMember({"microphone", "camera", "screen", "screen_audio"}))
      ->excludes(no_publish)
      ->type_name("SOURCE");
  command->callback([arguments, &run] { run = [arguments] { return print_token(*arguments); }; });
}

}  // namespace sluice::client
