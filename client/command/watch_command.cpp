#include <unistd.h>

#include <CLI/CLI.hpp>
#include <boost/asio/io_context.hpp>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "client/clock.h"
#include "client/command/arguments.h"
#include "client/command/commands.h"
#include "client/command/session_run.h"
#include "client/terminal_picture.h"
#include "client/watch_session.h"

namespace sluice::client {
namespace {

struct WatchArguments {
  ConnectionArguments connection;
  std::string participant;
  SessionArguments session;
  std::string output;
  bool terminal = false;
  std::optional<std::string> read_rate;
  bool same_clock = false;
  std::string frame_log;
};

nlohmann::ordered_json age_json(const std::optional<AgeSampler::Summary>& age) {
  if (!age) return nullptr;
  return {{"p50", age->p50_ms}, {"p95", age->p95_ms}, {"p99", age->p99_ms}, {"max", age->max_ms}};
}

void print_json(const WatchFigures& figures) {
  nlohmann::ordered_json json;
  json["participant"] = {{"identity", figures.participant}, {"name", figures.name}};
  json["video"] = {{"frames", figures.video_frames},
                   {"bytes", figures.video_bytes},
                   {"decoded", figures.decoded},
                   {"shown", figures.shown},
                   {"late", figures.late},
                   {"undecodable", figures.undecodable},
                   {"decode_errors", figures.decode_errors},
                   {"fps", figures.shown_per_second},
                   {"first_picture_ms", nullptr},
                   {"freezes", figures.freezes},
                   {"frozen_ms", figures.frozen_ms},
                   {"width", figures.width},
                   {"height", figures.height},
                   {"switches", figures.switches},
                   {"age_ms", age_json(figures.video_age)},
                   {"shown_age_ms", age_json(figures.shown_age)}};
  if (figures.first_picture_ms) json["video"]["first_picture_ms"] = *figures.first_picture_ms;
  json["audio"] = {{"frames", figures.audio_frames},
                   {"bytes", figures.audio_bytes},
                   {"gaps", figures.audio_gaps},
                   {"played", figures.audio_played},
                   {"concealed", figures.audio_concealed},
                   {"level_dbov", nullptr},
                   {"age_ms", age_json(figures.audio_age)},
                   {"heard_age_ms", age_json(figures.heard_age)}};
  if (figures.audio_level_dbov) json["audio"]["level_dbov"] = *figures.audio_level_dbov;
  json["barcode"] = nullptr;
  if (figures.last_barcode) {
    json["barcode"] = {{"read", figures.barcodes},
                       {"sender", figures.last_barcode->sender},
                       {"last_frame", figures.last_barcode->frame}};
  }
  json["abandoned_by_server"] = figures.connection.frames_abandoned_by_server;
  json["media_bytes_received"] = figures.connection.media_bytes_received;
  json["lane"] = {{"opened", figures.connection.lanes_opened},
                  {"frames", figures.connection.lane_frames_received}};
  json["rtt_ms"] = nullptr;
  if (figures.connection.round_trip) {
    json["rtt_ms"] = static_cast<double>(figures.connection.round_trip->count()) / 1000.0;
  }
  std::printf("%s\n", json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace).c_str());
}

void print_age(const char* what, const std::optional<AgeSampler::Summary>& age, bool same_clock) {
  if (!age) return;
  std::fprintf(stderr, "%s: p50 %.0f, p95 %.0f, p99 %.0f ms%s\n", what, age->p50_ms, age->p95_ms,
               age->p99_ms, same_clock ? "" : " behind the fastest");
}

void print_summary(const WatchFigures& figures, bool same_clock) {
  const auto number = [](std::uint64_t value) { return static_cast<unsigned long long>(value); };
  if (figures.participant.empty()) {
    std::fprintf(stderr, "nobody published in this room\n");
    return;
  }
  std::fprintf(stderr,
               "video: %llu frames, %.1f kB, %llu shown at %.1f a second, %llu late, "
               "%llu undecodable, %llu freezes\n",
               number(figures.video_frames), static_cast<double>(figures.video_bytes) / 1000.0,
               number(figures.shown), figures.shown_per_second, number(figures.late),
               number(figures.undecodable), number(figures.freezes));
  if (figures.first_picture_ms) {
    std::fprintf(stderr, "first picture after %.0f ms\n", *figures.first_picture_ms);
  }
  print_age("video age on arrival", figures.video_age, same_clock);
  print_age("video age when shown", figures.shown_age, same_clock);
  std::fprintf(stderr, "audio: %llu frames, %.1f kB, %llu gaps\n", number(figures.audio_frames),
               static_cast<double>(figures.audio_bytes) / 1000.0, number(figures.audio_gaps));
  print_age("audio age on arrival", figures.audio_age, same_clock);
  print_age("audio age when heard", figures.heard_age, same_clock);
}

std::string progress(const WatchFigures& figures) {
  if (figures.participant.empty()) return "waiting for somebody to publish";
  char text[160];
  std::snprintf(text, sizeof text,
                "shown %llu pictures of %dx%d, %.1f a second; heard %llu frames of sound",
                static_cast<unsigned long long>(figures.shown), figures.width, figures.height,
                figures.shown_per_second, static_cast<unsigned long long>(figures.audio_played));
  return text;
}

/// Draws at most 20 pictures a second: more is only work for the terminal.
class TerminalScreen {
 public:
  TerminalScreen() { put("\x1b[?25l\x1b[2J"); }
  ~TerminalScreen() { put("\x1b[0m\x1b[?25h\n"); }
  TerminalScreen(const TerminalScreen&) = delete;
  TerminalScreen& operator=(const TerminalScreen&) = delete;

  void show(const media::I420Image& picture) {
    const media::Time moment = now();
    if (moment - last_ < std::chrono::milliseconds{50}) return;
    last_ = moment;
    const TerminalSize size = terminal_size(STDOUT_FILENO);
    if (size.columns != size_.columns || size.rows != size_.rows) put("\x1b[2J");
    size_ = size;
    put(terminal_picture(picture, size));
  }

 private:
  static void put(const std::string& text) {
    std::fwrite(text.data(), 1, text.size(), stdout);
    std::fflush(stdout);
  }
  media::Time last_{};
  TerminalSize size_;
};

ExitCode watch(const WatchArguments& arguments) {
  WatchOptions options{.transport = arguments.connection.transport(),
                       .join = arguments.connection.join(),
                       .participant = arguments.participant,
                       .same_clock = arguments.same_clock};
  if (arguments.read_rate) options.transport.read_rate_bps = *parse_bitrate(*arguments.read_rate);
  WatchSession::Outputs outputs;
  if (!arguments.frame_log.empty()) {
    auto opened = FrameLog::open(arguments.frame_log);
    if (!opened) throw CLI::ValidationError("--frame-log", opened.error());
    outputs.log = *std::move(opened);
  }
  if (!arguments.output.empty()) {
    auto opened = open_recorder(arguments.output);
    if (!opened) throw CLI::ValidationError("--output", opened.error());
    outputs.recorder = *std::move(opened);
  }
  std::optional<TerminalScreen> screen;
  if (arguments.terminal) {
    screen.emplace();
    outputs.show = [&](const media::I420Image& picture) { screen->show(picture); };
  }

  boost::asio::io_context io{1};
  auto session = std::make_shared<WatchSession>(io.get_executor(), options, std::move(outputs));
  ProgressLine line;
  const SessionEnd end = run_session(io, *session, arguments.session.duration(), [&] {
    if (!screen) line.show(progress(session->figures()));
  });
  line.end();
  screen.reset();
  if (!end.failure.empty()) std::fprintf(stderr, "sluice watch: %s\n", end.failure.c_str());
  if (arguments.session.json()) {
    print_json(session->figures());
  } else if (end.failure.empty()) {
    print_summary(session->figures(), arguments.same_clock);
  }
  return end.code;
}

}  // namespace

void add_watch_command(CLI::App& app, Command& run) {
  auto arguments = std::make_shared<WatchArguments>();
  CLI::App* command =
      app.add_subcommand("watch", "Receive a participant of a room, show or record it");
  command->footer(
      "Examples:\n"
      "  sluice watch tcp://localhost:8080 --room demo --terminal\n"
      "  sluice watch wss://meet.example --room demo --participant ada --output ada.webm");
  arguments->connection.add_to(*command, "Watcher");
  command->add_option("--participant", arguments->participant,
                      "Identity or name of whom to watch; without it the first who publishes");
  command
      ->add_option("--output", arguments->output,
                   "Record to FILE.webm (video and sound), FILE.ivf (video as it came) or "
                   "FILE.y4m (decoded pictures)")
      ->type_name("FILE");
  auto* json = arguments->session.add_to(*command);
  command->add_flag("--same-clock", arguments->same_clock,
                    "The publisher is a `sluice publish` on this machine: print true ages");
  command
      ->add_option("--frame-log", arguments->frame_log,
                   "Write a line of JSON for each frame that arrived, was shown or was played, "
                   "with its age")
      ->type_name("FILE");
  command->add_flag("--terminal", arguments->terminal, "Draw the pictures in this terminal")
      ->excludes(json);
  command
      ->add_option("--read-rate", arguments->read_rate,
                   "Read no faster than this, to try what a slow link does: 300k")
      ->check(is_bitrate())
      ->type_name("BITS/S");
  command->callback([arguments, &run] { run = [arguments] { return watch(*arguments); }; });
}

}  // namespace sluice::client
