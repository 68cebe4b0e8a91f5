// sluice-score: the real sender and what others do, over the same links, beside what nobody could
// beat, as a table and as JSON.
//
//   scripts/score --help

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <numeric>
#include <regex>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/sim/clairvoyant.h"
#include "tests/sim/meeting.h"
#include "tests/sim/scenarios.h"
#include "tests/sim/score_cell.h"
#include "tests/sim/trace_file.h"

namespace sluice::sim {
namespace {

using namespace std::chrono_literals;

struct Policy {
  std::string name;
  bool low_water = false;
  bool short_timeouts = false;
  MakeSender make;
};

std::vector<Policy> policies() {
  const auto queue = [](QueueSender::Policy policy) {
    return [policy](TcpLink& link, const MeetingSettings& settings) {
      const auto largest = static_cast<std::uint8_t>(settings.publisher.encodings - 1);
      return std::make_unique<QueueSender>(link, policy, media::EncodingId{largest});
    };
  };
  return {
      {.name = "sluice",
       .short_timeouts = true,
       .make =
           [](TcpLink& link, const MeetingSettings& settings) {
             return std::make_unique<SluiceSender>(
                 link, SluiceSender::Settings{.encodings = settings.publisher.encodings});
           }},
      {.name = "priorities", .low_water = true, .make = queue(QueueSender::Policy::kPriority)},
      {.name = "to-keyframe", .make = queue(QueueSender::Policy::kDropToKeyframe)},
      {.name = "tail-drop", .make = queue(QueueSender::Policy::kTailDrop)},
      {.name = "fifo", .make = queue(QueueSender::Policy::kFifo)},
  };
}

struct Options {
  bool quick = false;
  int seeds = 0;  ///< 0: 1 if quick, 3 otherwise
  std::string json_file;
  std::string traces;
  std::string pattern;
  std::uint64_t seeds_only = 0;
};

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

/// What Sluice did over all scenarios.
struct Summary {
  std::vector<double> scores;
  std::uint64_t undecodable = 0;
  double simulated = 0, took = 0, bound_took = 0;  ///< seconds

  [[nodiscard]] double mean() const {
    return std::accumulate(scores.begin(), scores.end(), 0.0) / static_cast<double>(scores.size());
  }
  [[nodiscard]] double worst() const { return *std::ranges::min_element(scores); }
};

MeetingSettings as(const Policy& policy, MeetingSettings settings) {
  if (policy.low_water) settings.link.notsent_low_water = 16 * 1024;
  if (policy.short_timeouts) settings.link.timeout_most = 1s;
  return settings;
}

void score(const Scenario& scenario, int seeds, Summary& summary, nlohmann::json& cells) {
  std::vector<ClairvoyantBound> bounds;
  const auto bounding = std::chrono::steady_clock::now();
  for (int seed = 1; seed <= seeds; ++seed) {
    bounds.push_back(clairvoyant_bound(scenario.make(static_cast<std::uint64_t>(seed))));
  }
  summary.bound_took += seconds_since(bounding);
  for (const Policy& policy : policies()) {
    ScoreCell cell;
    const auto start = std::chrono::steady_clock::now();
    double simulated = 0;
    for (int seed = 1; seed <= seeds; ++seed) {
      const auto settings = as(policy, scenario.make(static_cast<std::uint64_t>(seed)));
      cell.add(run_meeting(settings, policy.make).outcome,
               bounds[static_cast<std::size_t>(seed - 1)], settings.length);
      simulated += static_cast<double>(settings.length.count()) / 1e6;
    }
    nlohmann::json figures = cell.json();
    std::puts(table_line(scenario.name, policy.name, figures).c_str());
    std::fflush(stdout);
    if (policy.name == "sluice") {
      summary.scores.push_back(cell.score());
      summary.undecodable += cell.undecodable();
      summary.simulated += simulated;
      summary.took += seconds_since(start);
    }
    figures["scenario"] = scenario.name;
    figures["policy"] = policy.name;
    cells.push_back(std::move(figures));
  }
}

int run(const Options& options) {
  const int seeds = options.seeds > 0 ? options.seeds : options.quick ? 1 : 3;
  std::vector<Scenario> scenarios = generated_scenarios();
  if (!options.traces.empty()) {
    std::vector<std::string> skipped;
    std::ranges::move(trace_scenarios(options.traces, skipped), std::back_inserter(scenarios));
    for (const std::string& reason : skipped) std::cerr << "not scored: " << reason << '\n';
  }
  if (!options.pattern.empty()) {
    const std::regex pattern{options.pattern};
    std::erase_if(scenarios,
                  [&](const Scenario& each) { return !std::regex_search(each.name, pattern); });
  }
  if (scenarios.empty()) throw std::runtime_error("--scenario: no scenario matches");
  Summary summary;
  nlohmann::json cells = nlohmann::json::array();
  std::puts(table_head().c_str());
  for (const Scenario& scenario : scenarios) score(scenario, seeds, summary, cells);
  std::printf(
      "\nsluice, %zu scenarios, %d seed%s each: mean %.3f, worst %.3f, undecodable %llu\n"
      "simulated %.0f s of sluice in %.1f s: %.0f x real time; bounds took %.1f s\n",
      summary.scores.size(), seeds, seeds == 1 ? "" : "s", summary.mean(), summary.worst(),
      static_cast<unsigned long long>(summary.undecodable), summary.simulated, summary.took,
      summary.simulated / summary.took, summary.bound_took);
  if (options.json_file.empty()) return 0;
  std::ofstream out{options.json_file};
  out << nlohmann::json{{"seeds", seeds},
                        {"cells", std::move(cells)},
                        {"summary",
                         {{"mean", summary.mean()},
                          {"worst", summary.worst()},
                          {"undecodable", summary.undecodable},
                          {"times_real_time", summary.simulated / summary.took}}}}
             .dump(2)
      << '\n';
  if (!out.good()) throw std::runtime_error("--json " + options.json_file + ": cannot be written");
  return 0;
}

/// Looks for a frame that cannot be decoded in many meetings of any kind.
int run_seeds(std::uint64_t count) {
  const auto start = std::chrono::steady_clock::now();
  const Policy sluice = policies().front();
  double simulated = 0;
  std::uint64_t undecodable = 0, shown = 0;
  for (std::uint64_t seed = 1; seed <= count; ++seed) {
    const MeetingSettings settings = as(sluice, arbitrary_meeting(seed));
    const auto outcome = run_meeting(settings, sluice.make).outcome;
    simulated += static_cast<double>(settings.length.count()) / 1e6;
    undecodable += outcome.undecodable;
    shown += outcome.video_shown;
    if (outcome.undecodable > 0) {
      std::printf("seed %llu: %llu undecodable\n", static_cast<unsigned long long>(seed),
                  static_cast<unsigned long long>(outcome.undecodable));
    }
    if (seed % 10'000 == 0) {
      std::printf("%llu seeds\n", static_cast<unsigned long long>(seed));
      std::fflush(stdout);
    }
  }
  std::printf("%llu seeds, %llu pictures shown, %llu undecodable; %.0f x real time\n",
              static_cast<unsigned long long>(count), static_cast<unsigned long long>(shown),
              static_cast<unsigned long long>(undecodable), simulated / seconds_since(start));
  return undecodable == 0 ? 0 : 1;
}

}  // namespace
}  // namespace sluice::sim

int main(int argc, char** argv) {
  sluice::sim::Options options;
  CLI::App app{
      "Scores the delivery engine in the simulator beside what others do and what nobody "
      "could beat.",
      "scripts/score"};
  app.add_flag("--quick", options.quick, "one seed of each scenario");
  app.add_option("--json", options.json_file, "write every figure to this file");
  app.add_option("--traces", options.traces, "score the network traces below this folder as well")
      ->check(CLI::ExistingDirectory);
  app.add_option("--seeds", options.seeds, "meetings of each scenario")->check(CLI::Range(1, 1000));
  app.add_option("--scenario", options.pattern,
                 "only scenarios whose name matches this regular expression");
  app.add_option("--seeds-only", options.seeds_only,
                 "instead: so many arbitrary meetings, looking for frames that do not decode")
      ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{100'000'000}));
  CLI11_PARSE(app, argc, argv);
  try {
    return options.seeds_only > 0 ? sluice::sim::run_seeds(options.seeds_only)
                                  : sluice::sim::run(options);
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
}
