#include <CLI/CLI.hpp>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "client/command/commands.h"
#include "client/flight/flight_log.h"
#include "client/flight/flight_story.h"
#include "client/flight/flight_text.h"
#include "client/http_get.h"
#include "signaling/json_reader.h"

namespace sluice::client {
namespace {

struct ExplainArguments {
  std::string source;
  std::optional<std::uint32_t> frame;
  std::optional<unsigned> track;
  std::optional<double> at_s;
  std::string save;
  bool json = false;
};

bool is_url(const std::string& source) { return source.find("://") != std::string::npos; }

/// `http://host:port` and `http://host:port/` mean the list of sessions.
std::string with_path(std::string url) {
  const std::size_t slash = url.find('/', url.find("://") + 3);
  if (slash == std::string::npos) return url + "/flight";
  if (slash + 1 == url.size()) return url + "flight";
  return url;
}

std::expected<std::string, std::string> read_file(const std::string& path) {
  std::ifstream file{path, std::ios::binary | std::ios::ate};
  if (!file) return std::unexpected{path + ": cannot be read"};
  const auto size = static_cast<std::streamoff>(file.tellg());
  if (size < 0 || static_cast<std::uint64_t>(size) > kFlightLogBytesMax) {
    return std::unexpected{path + ": is larger than 256 MiB, or no file"};
  }
  std::string text(static_cast<std::size_t>(size), '\0');
  file.seekg(0);
  if (!file.read(text.data(), size)) return std::unexpected{path + ": cannot be read"};
  return text;
}

std::uint64_t left_out_of(const nlohmann::json& kind) {
  std::uint64_t count = 0;
  for (const auto& each : kind.at("left_out")) count += each.get<std::uint64_t>();
  return count;
}

/// The answer of `/flight`, as a table. Throws nlohmann's errors on what is none.
void print_sessions(const nlohmann::json& list) {
  std::printf("%-20s %-10s %14s %9s %18s %18s\n", "session", "now", "last trouble", "tracks",
              "video sent/left out", "audio sent/left out");
  for (const auto& each : list.at("sessions")) {
    const auto frames = [](const nlohmann::json& kind) {
      return std::to_string(kind.at("frames_sent").get<std::uint64_t>()) + "/" +
             std::to_string(left_out_of(kind));
    };
    std::string last = "none";
    if (each.contains("last_record_ago_ms")) {
      std::array<char, 32> text{};
      std::snprintf(text.data(), text.size(), "%.1f s ago",
                    each.at("last_record_ago_ms").get<double>() / 1000);
      last = text.data();
    }
    std::printf("%-20s %-10s %14s %9llu %19s %19s\n", each.at("session").get<std::string>().c_str(),
                each.at("congested").get<bool>() ? "congested" : "well", last.c_str(),
                static_cast<unsigned long long>(each.at("subscriptions").get<std::uint64_t>()),
                frames(each.at("video")).c_str(), frames(each.at("audio")).c_str());
  }
}

/// True when `text` was a list of sessions, and is told.
bool told_sessions(const std::string& text, bool json) {
  const auto list = signaling::parse_json_object(text);
  if (!list || list->value("format", "") != "sluice-flight-sessions") return false;
  if (json) {
    std::printf("%s", text.c_str());
  } else {
    print_sessions(*list);
  }
  return true;
}

ExitCode fail(const std::string& what) {
  std::fprintf(stderr, "sluice: %s\n", what.c_str());
  return ExitCode::kFailed;
}

ExitCode explain(const ExplainArguments& arguments) {
  const auto text = is_url(arguments.source)
                        ? http_get(with_path(arguments.source), kFlightLogBytesMax)
                        : read_file(arguments.source);
  if (!text) return fail(text.error());
  if (!arguments.save.empty()) {
    std::ofstream file{arguments.save, std::ios::binary};
    if (!(file << *text << std::flush)) return fail(arguments.save + ": cannot be written");
  }
  if (told_sessions(*text, arguments.json)) return ExitCode::kDone;
  const auto log = parse_flight_log(*text);
  if (!log) return fail(arguments.source + ": " + log.error());
  const FlightStory story = tell(*log);
  std::string told;
  if (arguments.frame) {
    told = frame_text(story, *arguments.frame, arguments.track);
    if (told.empty()) {
      return fail("frame " + std::to_string(*arguments.frame) + " is not in this log");
    }
  } else if (arguments.at_s) {
    told = moment_text(story, *arguments.at_s * 1000);
    if (told.empty()) return fail("nothing was offered until then");
  } else if (arguments.json) {
    told = story_json(story).dump(2) + "\n";
  } else {
    told = summary_text(story) + "\n" + timeline_text(story);
  }
  std::fwrite(told.data(), 1, told.size(), stdout);
  return ExitCode::kDone;
}

}  // namespace

void add_explain_command(CLI::App& app, Command& run) {
  auto arguments = std::make_shared<ExplainArguments>();
  CLI::App* command = app.add_subcommand(
      "explain", "Tell what a server remembers of a session: what was left out, when and why");
  command->footer(
      "Examples:\n"
      "  sluice explain http://127.0.0.1:9464                 lists the sessions\n"
      "  sluice explain http://127.0.0.1:9464/flight/17       what happened to session 17\n"
      "  sluice explain --save 17.jsonl http://127.0.0.1:9464/flight/17\n"
      "  sluice explain --at 12.4 17.jsonl                    every track at 12.4 s");
  command
      ->add_option("source", arguments->source,
                   "A saved flight log, or an address on the server's admin port")
      ->required()
      ->type_name("FILE|URL");
  auto* frame = command->add_option("--frame", arguments->frame,
                                    "All that is known of the frames with this number");
  command->add_option("--track", arguments->track, "Only of the track with this handle")
      ->needs(frame);
  auto* at = command->add_option("--at", arguments->at_s, "Every track and the link at this second")
                 ->excludes(frame)
                 ->type_name("SECONDS");
  command->add_option("--save", arguments->save, "Keep what the server said in this file as well")
      ->type_name("FILE");
  command->add_flag("--json", arguments->json, "Summary and timeline as JSON")
      ->excludes(frame)
      ->excludes(at);
  command->callback([arguments, &run] { run = [arguments] { return explain(*arguments); }; });
}

}  // namespace sluice::client
