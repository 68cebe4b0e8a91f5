// sluice-score-real: scenarios of the simulator beside the same over real TCP (scripts/score-real).

#include <CLI/CLI.hpp>
#include <cstdio>
#include <fstream>
#include <nlohmann/json.hpp>
#include <regex>
#include <string>
#include <vector>

#include "tests/real/real_meeting.h"
#include "tests/sim/clairvoyant.h"
#include "tests/sim/scenarios.h"

namespace sluice::real {
namespace {

/// What both worlds say of one scenario.
struct Figures {
  double score = 0;  ///< utility as a share of the clairvoyant bound's
  double audio_on_time_percent = 0, video_on_time_percent = 0;
  double video_share_of_optimum = 0;  ///< video on time as a share of the optimum's own
  double audio_p50 = 0, audio_p95 = 0, audio_p99 = 0;
  double video_p50 = 0, video_p95 = 0, video_p99 = 0;
  double freezes_per_minute = 0, freeze_seconds_per_minute = 0, audio_gaps_per_minute = 0;
  double undecodable = 0;
};

void to_json(nlohmann::json& json, const Figures& figures) {
  json = {
      {"score", figures.score},
      {"audio_on_time_percent", figures.audio_on_time_percent},
      {"video_share_of_optimum", figures.video_share_of_optimum},
      {"video_on_time_percent", figures.video_on_time_percent},
      {"audio_p50", figures.audio_p50},
      {"audio_p95", figures.audio_p95},
      {"audio_p99", figures.audio_p99},
      {"video_p50", figures.video_p50},
      {"video_p95", figures.video_p95},
      {"video_p99", figures.video_p99},
      {"freezes_per_minute", figures.freezes_per_minute},
      {"freeze_seconds_per_minute", figures.freeze_seconds_per_minute},
      {"audio_gaps_per_minute", figures.audio_gaps_per_minute},
      {"undecodable", figures.undecodable},
  };
}

double percent(std::uint64_t part, std::uint64_t whole) {
  return whole > 0 ? 100 * static_cast<double>(part) / static_cast<double>(whole) : 0;
}

Figures figures_of(const sim::ReceiverModel::Outcome& outcome, const sim::ClairvoyantBound& bound,
                   media::Duration length) {
  const double minutes = static_cast<double>(length.count()) / 60e6;
  const double video = percent(outcome.video_on_time, outcome.video_sent);
  return {.score = outcome.utility / bound.utility,
          .audio_on_time_percent = percent(outcome.audio_on_time, outcome.audio_sent),
          .video_on_time_percent = video,
          .video_share_of_optimum = bound.video_on_time > 0 ? video / 100 / bound.video_on_time : 0,
          .audio_p50 = sim::quantile_ms(outcome.audio_ages, 0.5),
          .audio_p95 = sim::quantile_ms(outcome.audio_ages, 0.95),
          .audio_p99 = sim::quantile_ms(outcome.audio_ages, 0.99),
          .video_p50 = sim::quantile_ms(outcome.video_ages, 0.5),
          .video_p95 = sim::quantile_ms(outcome.video_ages, 0.95),
          .video_p99 = sim::quantile_ms(outcome.video_ages, 0.99),
          .freezes_per_minute = static_cast<double>(outcome.freezes) / minutes,
          .freeze_seconds_per_minute = outcome.freeze_seconds / minutes,
          .audio_gaps_per_minute = static_cast<double>(outcome.audio_gaps) / minutes,
          .undecodable = static_cast<double>(outcome.undecodable)};
}

void print_header() {
  std::printf("%-35s %-9s | %5s | %5s %5s %6s | %-16s | %-16s | %5s %5s | %4s | %5s\n", "scenario",
              "over", "score", "audio", "video", "of the", "audio age ms", "video age ms", "frz",
              "frz s", "gaps", "undec");
  std::printf("%-35s %-9s | %5s | %5s %5s %6s | %-16s | %-16s | %5s %5s | %4s |\n", "", "", "",
              "on t%", "on t%", "best's", "p50 / p95 / p99", "p50 / p95 / p99", "/min", "/min",
              "/min");
}

void print(const std::string& scenario, const std::string& over, const Figures& figures) {
  std::printf(
      "%-35s %-9s | %5.2f | %5.1f %5.1f %6.2f | %4.0f %5.0f %5.0f | %4.0f %5.0f %5.0f | "
      "%5.1f %5.1f | %4.1f | %5.0f\n",
      scenario.c_str(), over.c_str(), figures.score, figures.audio_on_time_percent,
      figures.video_on_time_percent, figures.video_share_of_optimum, figures.audio_p50,
      figures.audio_p95, figures.audio_p99, figures.video_p50, figures.video_p95, figures.video_p99,
      figures.freezes_per_minute, figures.freeze_seconds_per_minute, figures.audio_gaps_per_minute,
      figures.undecodable);
  std::fflush(stdout);
}

struct Arguments {
  std::vector<std::string> congestion_controls{"auto", "cubic", "bbr"};
  std::string scenario = ".";
  int seconds = 60;
  std::uint64_t seed = 1;
  bool lanes = false;
  std::string json_file;
};

int run(const Arguments& arguments) {
  const std::regex wanted{arguments.scenario};
  const media::Duration length = std::chrono::seconds{arguments.seconds};
  nlohmann::json cells = nlohmann::json::array();
  const auto note = [&](const std::string& scenario, const std::string& over,
                        const Figures& figures) {
    print(scenario, over, figures);
    nlohmann::json cell = figures;
    cell["scenario"] = scenario;
    cell["over"] = over;
    cells.push_back(std::move(cell));
  };
  print_header();
  int failed = 0;
  for (const sim::Scenario& scenario : sim::basic_scenarios()) {
    if (!std::regex_search(scenario.name, wanted)) continue;
    // The emulator has no reader that holds back.
    sim::MeetingSettings settings = scenario.make(arguments.seed);
    if (settings.link.read_bits_per_second > 0) continue;
    settings.length = length;
    const sim::ClairvoyantBound bound = sim::clairvoyant_bound(settings);
    sim::MeetingSettings simulated = settings;
    // As the server sets it on its sockets.
    simulated.link.timeout_most = std::chrono::seconds{1};
    const auto model =
        sim::run_meeting(simulated, [](sim::TcpLink& link, const sim::MeetingSettings& meeting) {
          return std::make_unique<sim::SluiceSender>(
              link, sim::SluiceSender::Settings{.encodings = meeting.publisher.encodings});
        });
    note(scenario.name, "simulator", figures_of(model.outcome, bound, length));
    for (const std::string& control : arguments.congestion_controls) {
      const auto real = run_real_meeting(settings, control);
      if (!real) {
        std::fprintf(stderr, "%s over %s: %s\n", scenario.name.c_str(), control.c_str(),
                     real.error().c_str());
        ++failed;
        continue;
      }
      note(scenario.name, control, figures_of(real->meeting.outcome, bound, length));
      if (!arguments.lanes) continue;
      const auto lanes = run_real_meeting(settings, control, true);
      if (!lanes) {
        std::fprintf(stderr, "%s over %s with a lane: %s\n", scenario.name.c_str(), control.c_str(),
                     lanes.error().c_str());
        ++failed;
        continue;
      }
      note(scenario.name, control + "+lane", figures_of(lanes->meeting.outcome, bound, length));
      if (lanes->lanes_opened != 1) {
        std::printf("%-35s the lane was opened %llu times\n", "",
                    static_cast<unsigned long long>(lanes->lanes_opened));
      }
    }
  }
  if (!arguments.json_file.empty()) {
    std::ofstream file{arguments.json_file};
    file << nlohmann::json{{"seconds", arguments.seconds},
                           {"seed", arguments.seed},
                           {"cells", std::move(cells)}}
                .dump(2)
         << '\n'
         << std::flush;
    if (!file) {
      std::fprintf(stderr, "--json %s: cannot be written\n", arguments.json_file.c_str());
      ++failed;
    }
  }
  return failed == 0 ? 0 : 1;
}

}  // namespace
}  // namespace sluice::real

int main(int argc, char** argv) {
  sluice::real::Arguments arguments;
  CLI::App app{
      "Plays scenarios of the simulator over real TCP too: the real server, the kernel's "
      "congestion\n"
      "control and an emulated link, and prints both side by side. Takes real time. Needs root.",
      "scripts/score-real"};
  app.add_option("--scenario", arguments.scenario, "Only those whose name matches")
      ->type_name("REGEX");
  app.add_option("--congestion-control", arguments.congestion_controls, "The server's setting")
      ->delimiter(',')
      ->capture_default_str();
  app.add_option("--seconds", arguments.seconds, "Length of each meeting")
      ->check(CLI::Range(5, 600))
      ->capture_default_str();
  app.add_flag("--lanes", arguments.lanes, "Each also with a lane for the sound");
  app.add_option("--seed", arguments.seed, "Of frame sizes and losses")->capture_default_str();
  app.add_option("--json", arguments.json_file, "Every cell, for programs")->type_name("FILE");
  CLI11_PARSE(app, argc, argv);
  return sluice::real::run(arguments);
}
