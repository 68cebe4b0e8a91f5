// sluice-replay: what really happened to one subscriber, beside what today's engine and others
// would have made of it.
//
//   scripts/explain-replay --help

#include <CLI/CLI.hpp>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "tests/sim/meeting.h"
#include "tests/sim/recorded_meeting.h"

namespace sluice::sim {
namespace {

using Json = nlohmann::ordered_json;

struct Row {
  std::string name;
  ReplayOutcome outcome;
};

double percent(std::uint64_t part, std::uint64_t whole) {
  return whole == 0 ? 100 : 100.0 * static_cast<double>(part) / static_cast<double>(whole);
}

std::vector<Row> outcomes(const RecordedMeeting& meeting) {
  std::vector<Row> rows{{.name = "recorded", .outcome = as_recorded(meeting)}};
  RecordedMeeting today = meeting;
  today.link.timeout_most = std::chrono::seconds{1};
  rows.push_back(
      {.name = "sluice",
       .outcome = replay(today, false, [](TcpLink& link, const RecordedMeeting& recorded) {
         SluiceSender::Settings settings;
         for (const RecordedMeeting::Track& track : recorded.tracks) {
           settings.tracks.push_back({.handle = track.handle,
                                      .settings = {.kind = track.kind,
                                                   .latency_budget = track.latency_budget,
                                                   .priority = track.priority},
                                      .encodings = track.encodings});
         }
         return std::make_unique<SluiceSender>(link, settings);
       })});
  using Policy = QueueSender::Policy;
  for (const auto& [name, policy] :
       {std::pair{"priorities", Policy::kPriority},
        std::pair{"to-keyframe", Policy::kDropToKeyframe},
        std::pair{"tail-drop", Policy::kTailDrop}, std::pair{"fifo", Policy::kFifo}}) {
    RecordedMeeting theirs = meeting;
    if (policy == Policy::kPriority) theirs.link.notsent_low_water = 16 * 1024;
    rows.push_back(
        {.name = name,
         .outcome = replay(theirs, true, [policy](TcpLink& link, const RecordedMeeting&) {
           return std::make_unique<QueueSender>(link, policy);
         })});
  }
  return rows;
}

Json to_json(const Row& row) {
  const ReplayOutcome& outcome = row.outcome;
  return {{"policy", row.name},
          {"pictures_on_time_percent", percent(outcome.pictures_on_time, outcome.pictures_offered)},
          {"picture_age_p50_ms", quantile_ms(outcome.picture_ages, 0.5)},
          {"picture_age_p95_ms", quantile_ms(outcome.picture_ages, 0.95)},
          {"freezes", outcome.freezes},
          {"freeze_seconds", outcome.freeze_seconds},
          {"switches", outcome.switches},
          {"sound_on_time_percent", percent(outcome.sounds_on_time, outcome.sounds_offered)},
          {"sound_gaps", outcome.sound_gaps},
          {"sound_age_p50_ms", quantile_ms(outcome.sound_ages, 0.5)},
          {"sound_age_p99_ms", quantile_ms(outcome.sound_ages, 0.99)},
          {"payload_bytes", outcome.bytes}};
}

void print_head(const RecordedMeeting& meeting) {
  std::printf("%.1f s, %zu tracks, %.0f kbit/s offered in the best encodings; round trip %.0f ms\n",
              static_cast<double>(meeting.length.count()) / 1e6, meeting.tracks.size(),
              meeting.offered_bits_per_second / 1000,
              static_cast<double>(meeting.link.round_trip.count()) / 1000);
  if (meeting.congested_bits_per_second > 0) {
    std::printf("congested for %.0f %% of the time, at %.0f kbit/s on average\n",
                100 * meeting.congested_share, meeting.congested_bits_per_second / 1000);
  }
  if (meeting.congested_share < 1) {
    std::printf(
        "When nothing waited, the link's rate is not known: it is taken for twice the offer "
        "or more.\n");
  }
  std::printf("\n%-12s | %-31s | %-23s | %s\n", "", "pictures", "sound", "bytes");
  std::printf("%-12s | %7s %6s %6s %9s | %7s %4s %5s %4s | %s\n", "policy", "on time", "p50 ms",
              "p95 ms", "frozen s", "on time", "gaps", "p50", "p99", "kB");
}

void print(const Row& row) {
  const ReplayOutcome& outcome = row.outcome;
  std::printf("%-12s | %5.1f %% %6.0f %6.0f %4llu %4.1f | %5.1f %% %4llu %5.0f %4.0f | %llu\n",
              row.name.c_str(), percent(outcome.pictures_on_time, outcome.pictures_offered),
              quantile_ms(outcome.picture_ages, 0.5), quantile_ms(outcome.picture_ages, 0.95),
              static_cast<unsigned long long>(outcome.freezes), outcome.freeze_seconds,
              percent(outcome.sounds_on_time, outcome.sounds_offered),
              static_cast<unsigned long long>(outcome.sound_gaps),
              quantile_ms(outcome.sound_ages, 0.5), quantile_ms(outcome.sound_ages, 0.99),
              static_cast<unsigned long long>(outcome.bytes / 1000));
}

int run(const std::string& file, bool json) {
  std::ifstream in{file, std::ios::binary};
  const std::string text{std::istreambuf_iterator<char>{in}, {}};
  const auto log = client::parse_flight_log(text);
  if (!log) throw std::runtime_error(file + ": " + log.error());
  const RecordedMeeting meeting = recorded_meeting(client::tell(*log));
  const std::vector<Row> rows = outcomes(meeting);
  if (json) {
    Json all{{"length_s", static_cast<double>(meeting.length.count()) / 1e6},
             {"offered_bps", meeting.offered_bits_per_second},
             {"congested_share", meeting.congested_share},
             {"congested_bps", meeting.congested_bits_per_second},
             {"policies", Json::array()}};
    for (const Row& row : rows) all["policies"].push_back(to_json(row));
    std::printf("%s\n", all.dump(2).c_str());
    return 0;
  }
  print_head(meeting);
  for (const Row& row : rows) print(row);
  return 0;
}

}  // namespace
}  // namespace sluice::sim

int main(int argc, char** argv) {
  CLI::App app{
      "Replays a flight log (sluice explain --save FILE) in the simulator: what really happened, "
      "and "
      "what today's engine and other policies make of the same frames over the same link.\n"
      "Limits: a link that was not congested has only shown the least that it carries; ages are "
      "from "
      "capture as far as the server can tell; what lies behind the receiver's socket is not known; "
      "keyframes that the real subscriber asked for are there for the others too.",
      "scripts/explain-replay"};
  std::string file;
  bool json = false;
  app.add_option("file", file, "the flight log")->required()->check(CLI::ExistingFile);
  app.add_flag("--json", json, "every figure as JSON");
  CLI11_PARSE(app, argc, argv);
  try {
    return sluice::sim::run(file, json);
  } catch (const std::exception& error) {
    std::cerr << "explain-replay: " << error.what() << '\n';
    return 1;
  }
}
