#include "tests/sim/score_cell.h"

#include <cstdio>
#include <nlohmann/json.hpp>

#include "tests/sim/meeting.h"

namespace sluice::sim {
namespace {

double percent(double part, double whole) { return whole > 0 ? 100 * part / whole : 0; }

double percent(std::uint64_t part, std::uint64_t whole) {
  return percent(static_cast<double>(part), static_cast<double>(whole));
}

}  // namespace

void ScoreCell::add(const ReceiverModel::Outcome& outcome, const ClairvoyantBound& bound,
                    Duration length) {
  ++runs_;
  minutes_ += static_cast<double>(length.count()) / 60e6;
  bound_.utility += bound.utility;
  bound_.audio_on_time += bound.audio_on_time;
  bound_.video_on_time += bound.video_on_time;
  sum_.audio_sent += outcome.audio_sent;
  sum_.audio_on_time += outcome.audio_on_time;
  sum_.video_sent += outcome.video_sent;
  sum_.video_on_time += outcome.video_on_time;
  sum_.undecodable += outcome.undecodable;
  sum_.utility += outcome.utility;
  sum_.utility_offered += outcome.utility_offered;
  sum_.freeze_seconds += outcome.freeze_seconds;
  sum_.freezes += outcome.freezes;
  sum_.switches += outcome.switches;
  sum_.audio_gaps += outcome.audio_gaps;
  sum_.bytes_received += outcome.bytes_received;
  sum_.bytes_shown += outcome.bytes_shown;
  sum_.audio_ages.insert(sum_.audio_ages.end(), outcome.audio_ages.begin(),
                         outcome.audio_ages.end());
  sum_.video_ages.insert(sum_.video_ages.end(), outcome.video_ages.begin(),
                         outcome.video_ages.end());
}

nlohmann::json ScoreCell::json() const {
  const auto a_minute = [this](std::uint64_t count) {
    return static_cast<double>(count) / minutes_;
  };
  return {
      {"score", score()},
      {"utility", sum_.utility / runs_},
      {"bound_utility", bound_.utility / runs_},
      {"offered_utility", sum_.utility_offered / runs_},
      {"audio_on_time_percent", percent(sum_.audio_on_time, sum_.audio_sent)},
      {"video_on_time_percent", percent(sum_.video_on_time, sum_.video_sent)},
      {"bound_audio_on_time_percent", 100 * bound_.audio_on_time / runs_},
      {"bound_video_on_time_percent", 100 * bound_.video_on_time / runs_},
      {"audio_age_ms_p50", quantile_ms(sum_.audio_ages, 0.5)},
      {"audio_age_ms_p95", quantile_ms(sum_.audio_ages, 0.95)},
      {"audio_age_ms_p99", quantile_ms(sum_.audio_ages, 0.99)},
      {"video_age_ms_p50", quantile_ms(sum_.video_ages, 0.5)},
      {"video_age_ms_p95", quantile_ms(sum_.video_ages, 0.95)},
      {"video_age_ms_p99", quantile_ms(sum_.video_ages, 0.99)},
      {"freezes_per_minute", a_minute(sum_.freezes)},
      {"freeze_seconds_per_minute", sum_.freeze_seconds / minutes_},
      {"switches_per_minute", a_minute(sum_.switches)},
      {"audio_gaps_per_minute", a_minute(sum_.audio_gaps)},
      {"wasted_percent", percent(sum_.bytes_received - sum_.bytes_shown, sum_.bytes_received)},
      {"undecodable", sum_.undecodable},
  };
}

std::string table_head() {
  char text[512];
  std::snprintf(
      text, sizeof text,
      "%-36s %-11s | %6s | %-11s | %-11s | %-17s | %-17s | %5s %5s %5s | %5s | %5s | %5s\n"
      "%-36s %-11s | %6s | %-11s | %-11s | %-17s | %-17s | %5s %5s %5s | %5s | %5s | %5s",
      "scenario", "policy", "score", "audio/bound", "video/bound", "audio age ms", "video age ms",
      "frz", "frz s", "swit", "gaps", "waste", "undec", "", "", "", "on time %", "on time %",
      "p50 / p95 / p99", "p50 / p95 / p99", "/min", "/min", "/min", "/min", "%", "");
  return text;
}

std::string table_line(const std::string& scenario, const std::string& policy,
                       const nlohmann::json& cell) {
  const auto value = [&](const char* name) { return cell.at(name).get<double>(); };
  char text[512];
  std::snprintf(text, sizeof text,
                "%-36.36s %-11s | %6.3f | %5.1f/%5.1f | %5.1f/%5.1f | %5.0f %5.0f %5.0f | "
                "%5.0f %5.0f %5.0f | %5.1f %5.1f %5.1f | %5.1f | %5.1f | %5.0f",
                scenario.c_str(), policy.c_str(), value("score"), value("audio_on_time_percent"),
                value("bound_audio_on_time_percent"), value("video_on_time_percent"),
                value("bound_video_on_time_percent"), value("audio_age_ms_p50"),
                value("audio_age_ms_p95"), value("audio_age_ms_p99"), value("video_age_ms_p50"),
                value("video_age_ms_p95"), value("video_age_ms_p99"), value("freezes_per_minute"),
                value("freeze_seconds_per_minute"), value("switches_per_minute"),
                value("audio_gaps_per_minute"), value("wasted_percent"), value("undecodable"));
  return text;
}

}  // namespace sluice::sim
