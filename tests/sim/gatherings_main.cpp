// sluice-gatherings: a subscriber of several publishers on a slow link, as a table.
//
//   build/release/bin/sluice-gatherings --help

#include <CLI/CLI.hpp>
#include <cstdio>
#include <string>
#include <vector>

#include "tests/sim/gathering_families.h"
#include "tests/sim/meeting.h"

namespace sluice::sim {
namespace {

struct Options {
  std::vector<int> cameras{2, 4, 6, 9};
  std::vector<int> encodings{1, 3};
  std::vector<double> kilobits{150, 300, 600, 1000, 2000, 3000};
  std::string link = "steady";
  int seeds = 3;
  bool screen = false;
  bool speaker = false;
  bool pauses = false;
  bool each = false;
};

void print_members(const GatheringSettings& settings, const GatheringResult& result) {
  for (std::size_t index = 0; index < result.members.size(); ++index) {
    const auto& member = result.members[index];
    std::printf(
        "    member %zu, priority %d: live %.0f %% of the time, then %.0f %% shown, frozen "
        "%.1f s, %zu turns:",
        index, settings.members[index].priority, 100 * (1 - member.paused_seconds / result.seconds),
        100 * member.shown_while_live, member.frozen_seconds, member.paused_and_resumed.size());
    for (const Time turn : member.paused_and_resumed) {
      std::printf(" %.1f", static_cast<double>(turn.time_since_epoch().count()) / 1e6);
    }
    std::puts("");
  }
}

void run(const Options& options) {
  const GatheringLink link = options.link == "step"    ? GatheringLink::kStep
                             : options.link == "stall" ? GatheringLink::kStall
                                                       : GatheringLink::kSteady;
  std::puts(
      "| cameras x encodings | kbit/s | live | shown of live % | frozen s/min each | pauses/min | "
      "most important shown % | sound on time % | sound p99 ms | picture p95 ms | undecodable |\n"
      "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |");
  for (const int encodings : options.encodings) {
    for (const int cameras : options.cameras) {
      for (const double kilobits : options.kilobits) {
        const GatheringShape shape{.cameras = cameras,
                                   .encodings = encodings,
                                   .screen = options.screen,
                                   .speaker = options.speaker,
                                   .everybody_talks = !options.pauses};
        GatheringFigures figures;
        for (int seed = 1; seed <= options.seeds; ++seed) {
          const auto settings =
              gathering(shape, link, kilobits * 1e3, static_cast<std::uint64_t>(seed));
          const auto result = run_gathering(settings);
          figures.add(settings, result);
          if (options.each) print_members(settings, result);
        }
        std::printf(
            "| %d x %d%s | %.0f | %.1f of %d | %.0f | %.1f | %.1f | %.0f | %.1f | %.0f | "
            "%.0f | %llu |\n",
            cameras, encodings, options.screen ? " and a screen" : "", kilobits,
            figures.live_cameras / figures.runs, figures.members / figures.runs,
            100 * figures.shown_while_live / figures.runs,
            figures.frozen_seconds / figures.minutes / figures.members * figures.runs,
            figures.pauses / figures.minutes, 100 * figures.shown_first / figures.runs,
            figures.sounds == 0 ? 100.0
                                : 100 * static_cast<double>(figures.sounds_on_time) /
                                      static_cast<double>(figures.sounds),
            quantile_ms(figures.sound_ages, 0.99), quantile_ms(figures.picture_ages, 0.95),
            static_cast<unsigned long long>(figures.undecodable));
        std::fflush(stdout);
      }
    }
  }
}

}  // namespace
}  // namespace sluice::sim

int main(int argc, char** argv) {
  sluice::sim::Options options;
  CLI::App app{"A subscriber of several cameras and microphones behind one slow link, simulated.",
               "sluice-gatherings"};
  app.add_option("--cameras", options.cameras, "how many cameras; several: each in turn");
  app.add_option("--encodings", options.encodings, "of each camera, 1 to 3")
      ->check(CLI::Range(1, 3));
  app.add_option("--kilobits", options.kilobits, "the link's rate, kbit/s")
      ->check(CLI::PositiveNumber);
  app.add_option("--link", options.link, "what the link does")
      ->check(CLI::IsMember({"steady", "step", "stall"}));
  app.add_option("--seeds", options.seeds, "meetings for each line")->check(CLI::Range(1, 1000));
  app.add_flag("--screen", options.screen, "a shared screen besides");
  app.add_flag("--speaker", options.speaker, "the last camera has priority 255, not 128");
  app.add_flag("--pauses", options.pauses, "speech has pauses, in which nothing is sent");
  app.add_flag("--each", options.each, "and how each member went");
  CLI11_PARSE(app, argc, argv);
  sluice::sim::run(options);
  return 0;
}
