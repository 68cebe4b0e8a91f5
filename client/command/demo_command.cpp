#include <CLI/CLI.hpp>
#include <array>
#include <boost/asio/io_context.hpp>
#include <cctype>
#include <cstdio>
#include <vector>

#include "client/command/arguments.h"
#include "client/command/commands.h"
#include "client/command/run.h"
#include "client/command/signing_arguments.h"
#include "client/demo_participant.h"

namespace sluice::client {
namespace {

constexpr std::array<const char*, 8> kNames{"Ada",  "Bruno", "Chidi", "Dora",
                                            "Emre", "Fatou", "Goro",  "Hana"};

struct DemoArguments {
  std::string url;
  std::string room = "demo";
  int participants = 3;
  std::string size = "480x270";
  int frames_per_second = 20;
  bool insecure = false;
  SigningArguments signing;
};

DemoParticipant::Options participant_options(const DemoArguments& arguments, std::size_t index) {
  const std::string name = kNames[index];
  DemoParticipant::Options options{.transport = {.url = *parse_server_url(arguments.url),
                                                 .user_agent = "sluice/" SLUICE_VERSION,
                                                 .verify_certificate = !arguments.insecure},
                                   .room = arguments.room,
                                   .name = name,
                                   .identity = "demo-" + name,
                                   .picture = *parse_size(arguments.size)};
  options.picture.frames_per_second = arguments.frames_per_second;
  if (arguments.signing.given()) {
    options.token = [&arguments, identity = options.identity] {
      signaling::TokenClaims claims{
          .identity = identity, .room = arguments.room, .room_join = true};
      claims.expires =
          std::chrono::time_point_cast<std::chrono::seconds>(std::chrono::system_clock::now()) +
          std::chrono::minutes{5};
      return arguments.signing.sign(claims);
    };
  }
  return options;
}

ExitCode demo(const DemoArguments& arguments) {
  boost::asio::io_context io{1};
  std::vector<std::unique_ptr<DemoParticipant>> participants;
  for (int i = 0; i < arguments.participants; ++i) {
    participants.push_back(std::make_unique<DemoParticipant>(
        io.get_executor(), participant_options(arguments, static_cast<std::size_t>(i)),
        [](const std::string& line) { std::fprintf(stderr, "%s\n", line.c_str()); }));
    participants.back()->start();
  }
  std::size_t left = participants.size();
  run_until_done(io, std::nullopt,
                 {.stop =
                      [&] {
                        for (const auto& participant : participants) {
                          participant->stop([&] {
                            if (--left == 0) io.stop();
                          });
                        }
                      },
                  .second = [] {}});
  return ExitCode::kDone;
}

}  // namespace

void add_demo_command(CLI::App& app, Command& run) {
  auto arguments = std::make_shared<DemoArguments>();
  CLI::App* command = app.add_subcommand(
      "demo",
      "Seat a few drawn participants in a room until stopped, so that a visitor has company");
  command
      ->add_option(
          "url", arguments->url,
          "The server: tcp://HOST:PORT, tls://HOST:PORT, ws://HOST:PORT or wss://HOST:PORT")
      ->required()
      ->check(is_server_url())
      ->type_name("URL");
  command->add_option("--room", arguments->room, "The room to sit in")->capture_default_str();
  command->add_option("--participants", arguments->participants, "How many of them")
      ->check(CLI::Range(1, static_cast<int>(kNames.size())))
      ->capture_default_str()
      ->type_name("N");
  command->add_option("--size", arguments->size, "Width and height of their pictures")
      ->check(is_size())
      ->capture_default_str()
      ->type_name("WxH");
  command->add_option("--fps", arguments->frames_per_second, "Pictures a second")
      ->check(CLI::Range(1, 60))
      ->capture_default_str()
      ->type_name("N");
  command->add_flag("--insecure", arguments->insecure,
                    "Accept any TLS certificate, a self-signed one too");
  arguments->signing.add_to(*command, false);
  command->callback([arguments, &run] { run = [arguments] { return demo(*arguments); }; });
}

}  // namespace sluice::client
