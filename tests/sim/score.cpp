// sluice-score: the real sender and what others do, over the same links, beside what nobody could
// beat, as a table and as JSON.
//
//   scripts/score [--quick] [--json FILE] [--seeds N] [--scenario PATTERN]

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>
#include <regex>
#include <string>
#include <vector>

#include "tests/sim/clairvoyant.h"
#include "tests/sim/scenarios.h"

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

double percent(double part, double whole) { return whole > 0 ? 100 * part / whole : 0; }

/// One cell: the mean over the seeds, ages over all of them together.
struct Cell {
  ReceiverModel::Outcome sum;
  ClairvoyantBound bound_sum;
  int runs = 0;

  void add(const ReceiverModel::Outcome& one, const ClairvoyantBound& bound) {
    ++runs;
    bound_sum.utility += bound.utility;
    bound_sum.audio_on_time += bound.audio_on_time;
    bound_sum.video_on_time += bound.video_on_time;
    sum.switches += one.switches;
    sum.audio_sent += one.audio_sent;
    sum.audio_on_time += one.audio_on_time;
    sum.video_sent += one.video_sent;
    sum.video_on_time += one.video_on_time;
    sum.undecodable += one.undecodable;
    sum.utility += one.utility;
    sum.utility_offered += one.utility_offered;
    sum.freeze_seconds += one.freeze_seconds;
    sum.freezes += one.freezes;
    sum.audio_gaps += one.audio_gaps;
    sum.bytes_received += one.bytes_received;
    sum.bytes_shown += one.bytes_shown;
    sum.audio_ages.insert(sum.audio_ages.end(), one.audio_ages.begin(), one.audio_ages.end());
    sum.video_ages.insert(sum.video_ages.end(), one.video_ages.begin(), one.video_ages.end());
  }

  [[nodiscard]] nlohmann::json json() const {
    const auto each = [this](double value) { return value / runs; };
    const auto wasted = static_cast<double>(sum.bytes_received - sum.bytes_shown);
    return {
        {"score", sum.utility / bound_sum.utility},
        {"utility", each(sum.utility)},
        {"bound_utility", each(bound_sum.utility)},
        {"utility_percent", percent(sum.utility, sum.utility_offered)},
        {"bound_audio_on_time_percent", each(100 * bound_sum.audio_on_time)},
        {"bound_video_on_time_percent", each(100 * bound_sum.video_on_time)},
        {"audio_on_time_percent",
         percent(static_cast<double>(sum.audio_on_time), static_cast<double>(sum.audio_sent))},
        {"video_on_time_percent",
         percent(static_cast<double>(sum.video_on_time), static_cast<double>(sum.video_sent))},
        {"audio_age_ms_p50", quantile_ms(sum.audio_ages, 0.5)},
        {"audio_age_ms_p95", quantile_ms(sum.audio_ages, 0.95)},
        {"audio_age_ms_p99", quantile_ms(sum.audio_ages, 0.99)},
        {"video_age_ms_p50", quantile_ms(sum.video_ages, 0.5)},
        {"video_age_ms_p95", quantile_ms(sum.video_ages, 0.95)},
        {"video_age_ms_p99", quantile_ms(sum.video_ages, 0.99)},
        {"freezes_per_minute", each(static_cast<double>(sum.freezes))},
        {"freeze_seconds_per_minute", each(sum.freeze_seconds)},
        {"switches_per_minute", each(static_cast<double>(sum.switches))},
        {"audio_gaps_per_minute", each(static_cast<double>(sum.audio_gaps))},
        {"wasted_percent", percent(wasted, static_cast<double>(sum.bytes_received))},
        {"undecodable", sum.undecodable},
    };
  }
};

void print_header() {
  std::printf(
      "%-35s %-11s | %5s | %5s %5s | %5s %5s | %-16s | %-16s | %5s %5s %4s | %4s | %5s | %5s\n",
      "scenario", "policy", "score", "audio", "video", "bound", "bound", "audio age ms",
      "video age ms", "frz", "frz s", "swi", "gaps", "waste", "undec");
  std::printf(
      "%-35s %-11s | %5s | %5s %5s | %5s %5s | %-16s | %-16s | %5s %5s %4s | %4s | %5s | %5s\n", "",
      "", "", "on t%", "on t%", "aud %", "vid %", "p50 / p95 / p99", "p50 / p95 / p99", "/min",
      "/min", "/min", "/min", "%", "");
}

void print(const std::string& scenario, const std::string& policy, const nlohmann::json& cell) {
  const auto value = [&](const char* name) { return cell.at(name).get<double>(); };
  std::printf(
      "%-35s %-11s | %5.3f | %5.1f %5.1f | %5.1f %5.1f | %4.0f %5.0f %5.0f | %4.0f %5.0f %5.0f | "
      "%5.1f %5.1f %4.1f | %4.1f | %5.1f | %5.0f\n",
      scenario.c_str(), policy.c_str(), value("score"), value("audio_on_time_percent"),
      value("video_on_time_percent"), value("bound_audio_on_time_percent"),
      value("bound_video_on_time_percent"), value("audio_age_ms_p50"), value("audio_age_ms_p95"),
      value("audio_age_ms_p99"), value("video_age_ms_p50"), value("video_age_ms_p95"),
      value("video_age_ms_p99"), value("freezes_per_minute"), value("freeze_seconds_per_minute"),
      value("switches_per_minute"), value("audio_gaps_per_minute"), value("wasted_percent"),
      value("undecodable"));
  std::fflush(stdout);
}

struct Options {
  int seeds = 5;
  std::string json_file;
  std::regex pattern{"."};
};

int run(const Options& options) {
  nlohmann::json cells = nlohmann::json::array();
  double sum = 0, worst = 1;
  std::uint64_t undecodable = 0;
  int scored = 0;
  print_header();
  for (const Scenario& scenario : scenarios()) {
    if (!std::regex_search(scenario.name, options.pattern)) continue;
    std::vector<ClairvoyantBound> bounds;
    for (const Policy& policy : policies()) {
      Cell cell;
      for (int seed = 1; seed <= options.seeds; ++seed) {
        MeetingSettings settings = scenario.settings;
        settings.link.seed = settings.publisher.seed = static_cast<std::uint64_t>(seed);
        if (static_cast<int>(bounds.size()) < seed) {
          bounds.push_back(clairvoyant_bound(settings));
        }
        if (policy.low_water) settings.link.notsent_low_water = 16 * 1024;
        if (policy.short_timeouts) settings.link.timeout_most = 1s;
        cell.add(run_meeting(settings, policy.make).outcome,
                 bounds[static_cast<std::size_t>(seed - 1)]);
      }
      nlohmann::json figures = cell.json();
      print(scenario.name, policy.name, figures);
      if (policy.name == "sluice") {
        const auto score = figures.at("score").get<double>();
        sum += score;
        worst = std::min(worst, score);
        undecodable += figures.at("undecodable").get<std::uint64_t>();
        ++scored;
      }
      figures["scenario"] = scenario.name;
      figures["policy"] = policy.name;
      cells.push_back(std::move(figures));
    }
  }
  if (scored == 0) {
    std::cerr << "--scenario: no scenario matches\n";
    return 1;
  }
  const double mean = sum / scored;
  std::printf("\nsluice over %d scenarios: mean %.3f, worst %.3f, undecodable %llu\n", scored, mean,
              worst, static_cast<unsigned long long>(undecodable));
  if (options.json_file.empty()) return 0;
  std::ofstream out{options.json_file};
  out << nlohmann::json{{"seeds", options.seeds},
                        {"cells", std::move(cells)},
                        {"summary",
                         {{"mean", mean}, {"worst", worst}, {"undecodable", undecodable}}}}
             .dump(2)
      << '\n';
  if (out.good()) return 0;
  std::cerr << "--json " << options.json_file << ": cannot be written\n";
  return 1;
}

}  // namespace
}  // namespace sluice::sim

int main(int argc, char** argv) {
  sluice::sim::Options options;
  for (int index = 1; index < argc; ++index) {
    const std::string argument = argv[index];
    const bool has_value = index + 1 < argc;
    if (argument == "--quick") {
      options.seeds = 1;
    } else if (argument == "--json" && has_value) {
      options.json_file = argv[++index];
    } else if (argument == "--seeds" && has_value) {
      options.seeds = std::atoi(argv[++index]);
    } else if (argument == "--scenario" && has_value) {
      options.pattern = argv[++index];
    } else {
      std::cerr
          << "usage: scripts/score [--quick] [--json FILE] [--seeds N] [--scenario PATTERN]\n";
      return 2;
    }
  }
  if (options.seeds < 1 || options.seeds > 1000) {
    std::cerr << "--seeds: must be 1 to 1000\n";
    return 2;
  }
  return sluice::sim::run(options);
}
