#include "tests/link/rate_trace.h"

#include <cmath>
#include <fstream>
#include <optional>
#include <sstream>
#include <utility>
#include <vector>

namespace sluice::link {
namespace {

using media::Duration;
using Piece = sim::Capacity::Piece;

constexpr double kOpportunityBits = 1500 * 8;

struct Line {
  int number = 0;
  double first = 0;
  std::optional<double> second;
};

std::unexpected<std::string> refuse(int number, const std::string& why) {
  return std::unexpected("line " + std::to_string(number) + ": " + why);
}

std::expected<std::vector<Line>, std::string> lines_of(std::string_view text) {
  std::vector<Line> lines;
  std::istringstream input{std::string{text}};
  std::string content;
  for (int number = 1; std::getline(input, content); ++number) {
    for (char& letter : content) {
      if (letter == ',' || letter == '\t' || letter == '\r') letter = ' ';
    }
    std::istringstream fields{content};
    std::string field;
    if (!(fields >> field) || field.front() == '#') continue;
    Line line{.number = number};
    std::istringstream numbers{content};
    if (!(numbers >> line.first) || !std::isfinite(line.first)) {
      return refuse(number, "'" + field + "' is no number");
    }
    if (double second = 0; numbers >> second) line.second = second;
    numbers.clear();
    if (numbers >> field) return refuse(number, "'" + field + "' is not understood");
    lines.push_back(line);
  }
  if (lines.empty()) return std::unexpected(std::string{"it is empty"});
  return lines;
}

std::expected<RatePlan, std::string> opportunities(const std::vector<Line>& lines) {
  RatePlan pieces;
  const Duration step = std::chrono::milliseconds{1};
  Duration end{};
  for (const Line& line : lines) {
    if (line.second) return refuse(line.number, "has two columns, others one");
    if (line.first < 0 || line.first != std::floor(line.first) || line.first > 1e9) {
      return refuse(line.number, "is no millisecond");
    }
    // What leaves at millisecond 5 is transmitted in the one that ends there.
    const Duration at =
        std::max(step, Duration{std::chrono::milliseconds{std::llround(line.first)}});
    if (at < end) return refuse(line.number, "goes back in time");
    if (at > end) {
      if (at - step > end) pieces.push_back({.length = at - step - end, .bits_per_second = 0});
      pieces.push_back({.length = step, .bits_per_second = 0});
      end = at;
    }
    pieces.back().bits_per_second += kOpportunityBits * 1000;
  }
  return pieces;
}

std::expected<RatePlan, std::string> rates(const std::vector<Line>& lines) {
  if (lines.size() < 2) return std::unexpected(std::string{"it has only one line"});
  RatePlan pieces;
  // The first line's rate holds as long as the second's.
  double before = 2 * lines[0].first - lines[1].first;
  for (const Line& line : lines) {
    if (!line.second) return refuse(line.number, "has one column, others two");
    if (*line.second < 0 || *line.second > 1e6) return refuse(line.number, "is no rate in Mbit/s");
    const Duration length{std::llround((line.first - before) * 1e6)};
    if (length <= Duration::zero()) return refuse(line.number, "goes back in time");
    pieces.push_back({.length = length, .bits_per_second = *line.second * 1e6});
    before = line.first;
  }
  return pieces;
}

}  // namespace

std::expected<RatePlan, std::string> parse_rate_trace(std::string_view text) {
  auto lines = lines_of(text);
  if (!lines) return std::unexpected(std::move(lines.error()));
  auto plan = lines->front().second ? rates(*lines) : opportunities(*lines);
  if (plan && mean_rate(*plan) <= 0) return std::unexpected(std::string{"nothing ever passes"});
  return plan;
}

std::expected<RatePlan, std::string> read_rate_trace(const std::string& path) {
  std::ifstream file{path, std::ios::binary};
  std::ostringstream text;
  if (!file || !(text << file.rdbuf())) return std::unexpected(path + ": cannot be read");
  auto plan = parse_rate_trace(text.str());
  if (!plan) return std::unexpected(path + ": " + plan.error());
  return plan;
}

}  // namespace sluice::link
