#include "tests/sim/trace_file.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>
#include <sstream>

namespace sluice::sim {
namespace {

using namespace std::chrono_literals;
using Pieces = std::vector<Capacity::Piece>;
using Result = std::expected<Pieces, std::string>;

constexpr Duration kBin = 100ms;
constexpr std::size_t kWindowBins = 600;
constexpr std::size_t kStepBins = 100;

std::optional<double> number(const std::string& text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || !std::isfinite(value)) return {};
  return value;
}

std::vector<std::string> split(const std::string& line, const char* separators) {
  std::vector<std::string> fields;
  std::size_t from = 0;
  while (from < line.size()) {
    const std::size_t end = std::min(line.find_first_of(separators, from), line.size());
    fields.push_back(line.substr(from, end - from));
    from = end + 1;
  }
  return fields;
}

Duration seconds(double value) { return Duration{std::llround(value * 1e6)}; }

Result read_alphartc(const std::string& text) {
  const auto json = nlohmann::json::parse(text, nullptr, false);
  if (json.is_discarded()) return std::unexpected("not JSON");
  const nlohmann::json::json_pointer path{"/uplink/trace_pattern"};
  if (!json.contains(path)) return std::unexpected("no uplink.trace_pattern");
  Pieces pieces;
  for (const auto& entry : json.at(path)) {
    const double length = entry.value("duration", 0.0) / 1000;
    const double rate = entry.value("capacity", -1.0) * 1000;
    if (seconds(length) <= Duration::zero() || rate < 0) return std::unexpected("a bad entry");
    pieces.push_back({.length = seconds(length), .bits_per_second = rate});
  }
  return pieces;
}

Result read_ucc(const std::vector<std::string>& lines) {
  const auto header = split(lines.front(), ",");
  const auto column = std::ranges::find(header, "DL_bitrate") - header.begin();
  Pieces pieces;
  for (std::size_t line = 1; line < lines.size(); ++line) {
    const auto fields = split(lines[line], ",");
    const auto rate = fields.size() > static_cast<std::size_t>(column)
                          ? number(fields[static_cast<std::size_t>(column)])
                          : std::nullopt;
    if (!rate || *rate < 0)
      return std::unexpected("no DL_bitrate in line " + std::to_string(line + 1));
    pieces.push_back({.length = 1s, .bits_per_second = *rate * 1000});
  }
  return pieces;
}

Result read_mets(const std::vector<std::string>& lines) {
  Pieces pieces;
  for (const std::string& line : lines) {
    const auto fields = split(line, ",");
    const auto rate = fields.size() == 2 ? number(fields[0]) : std::nullopt;
    const double unit = fields.back() == "Mbits/sec" ? 1e6 : fields.back() == "Kbits/sec" ? 1e3 : 0;
    if (!rate || *rate < 0 || unit == 0) return std::unexpected("a bad line: " + line);
    pieces.push_back({.length = 1s, .bits_per_second = *rate * unit});
  }
  return pieces;
}

Result read_mahimahi(const std::vector<std::string>& lines) {
  std::vector<double> bits;
  for (const std::string& line : lines) {
    const auto at = number(line);
    if (!at || *at < 0 || *at > 1e8) return std::unexpected("a bad line: " + line);
    const auto bin = static_cast<std::size_t>(*at / 100);
    if (bin >= bits.size()) bits.resize(bin + 1);
    bits[bin] += 1500 * 8;
  }
  Pieces pieces;
  for (const double each : bits) pieces.push_back({.length = kBin, .bits_per_second = each * 10});
  return pieces;
}

Result read_columns(const std::vector<std::string>& lines) {
  Pieces pieces;
  std::optional<double> before;
  for (const std::string& line : lines) {
    const auto fields = split(line, " \t");
    const auto at = fields.size() == 2 ? number(fields[0]) : std::nullopt;
    const auto rate = at ? number(fields[1]) : std::nullopt;
    if (!rate || *rate < 0) return std::unexpected("a bad line: " + line);
    if (before) {
      const Duration length = seconds(*at - *before);
      if (length <= Duration::zero()) return std::unexpected("time does not rise: " + line);
      pieces.push_back({.length = length, .bits_per_second = *rate * 1e6});
    }
    before = at;
  }
  return pieces;
}

}  // namespace

Result read_trace(const std::string& text) {
  if (text.starts_with("{")) return read_alphartc(text);
  std::vector<std::string> lines;
  std::istringstream in{text};
  for (std::string line; std::getline(in, line);) {
    if (!line.empty() && line.back() == '\r') line.pop_back();
    if (!line.empty()) lines.push_back(std::move(line));
  }
  if (lines.empty()) return std::unexpected("empty");
  const std::string& first = lines.front();
  const auto header = split(first, ",");
  if (std::ranges::find(header, "DL_bitrate") != header.end()) return read_ucc(lines);
  if (first.ends_with("bits/sec")) return read_mets(lines);
  if (number(first)) return read_mahimahi(lines);
  const auto fields = split(first, " \t");
  if (fields.size() == 2 && number(fields[0]) && number(fields[1])) return read_columns(lines);
  return std::unexpected("no format that is known here");
}

Result test_window(const Pieces& pieces) {
  if (pieces.empty()) return std::unexpected("no capacity in it");
  const Capacity capacity{pieces};
  const auto bins = static_cast<std::size_t>(capacity.length() / kBin);
  std::vector<double> rates;
  for (std::size_t bin = 0; bin < bins; ++bin) {
    const Time from{static_cast<Duration::rep>(bin) * kBin};
    rates.push_back(capacity.bytes_between(from, from + kBin) * 8 * 10);
  }
  if (bins < kWindowBins) return std::unexpected("shorter than 60 s");
  std::optional<std::size_t> chosen;
  double most = -1;
  std::optional<std::size_t> slowest;
  double least = 0;
  for (std::size_t start = 0; start + kWindowBins <= bins; start += kStepBins) {
    double sum = 0, squares = 0;
    for (std::size_t bin = start; bin < start + kWindowBins; ++bin) {
      sum += rates[bin];
      squares += rates[bin] * rates[bin];
    }
    const double mean = sum / kWindowBins;
    if (mean < 3e5) continue;
    if (!slowest || mean < least) {
      slowest = start;
      least = mean;
    }
    if (mean > 6e6) continue;
    const double variation = std::sqrt(std::max(0.0, squares / kWindowBins - mean * mean)) / mean;
    if (variation > most) {
      most = variation;
      chosen = start;
    }
  }
  if (!chosen) chosen = slowest;
  if (!chosen) return std::unexpected("slower than 0.3 Mbit/s throughout");
  Pieces window;
  for (std::size_t bin = *chosen; bin < *chosen + kWindowBins; ++bin) {
    window.push_back({.length = kBin, .bits_per_second = rates[bin]});
  }
  return window;
}

std::vector<Scenario> trace_scenarios(const std::filesystem::path& folder,
                                      std::vector<std::string>& skipped) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator{folder}) {
    if (entry.is_regular_file()) files.push_back(entry.path());
  }
  std::ranges::sort(files);
  std::vector<Scenario> scenarios;
  for (const auto& file : files) {
    std::ifstream in{file, std::ios::binary};
    std::ostringstream text;
    text << in.rdbuf();
    const std::string name = std::filesystem::relative(file, folder).string();
    Result window = read_trace(text.str());
    if (window) window = test_window(*window);
    if (!window) {
      skipped.push_back(name + ": " + window.error());
      continue;
    }
    scenarios.push_back({name, [pieces = *window](std::uint64_t seed) {
                           MeetingSettings settings;
                           settings.link.capacity = Capacity{pieces};
                           settings.link.round_trip = 40ms;
                           settings.link.queue_bytes = 500'000;
                           settings.link.seed = settings.publisher.seed = seed;
                           settings.publisher.video_bits_per_second = 1.5e6;
                           settings.publisher.encodings = 3;
                           return settings;
                         }});
  }
  return scenarios;
}

}  // namespace sluice::sim
