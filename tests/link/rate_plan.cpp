#include "tests/link/rate_plan.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <optional>
#include <span>
#include <utility>

#include "tests/link/rate_trace.h"

namespace sluice::link {
namespace {

using Piece = sim::Capacity::Piece;

/// A rate without steps lasts longer than any test.
constexpr Duration kAllDay = std::chrono::hours{24};
constexpr double kRateMost = 10e9;

struct Unit {
  std::string_view name;
  double factor;
};

/// A number of at least 0 and one of the units behind it.
std::optional<double> parse_quantity(std::string_view text, std::span<const Unit> units) {
  double value = 0;
  const char* const begin = text.data();
  const char* const end = begin + text.size();
  const auto [stop, error] = std::from_chars(begin, end, value, std::chars_format::fixed);
  if (error != std::errc{} || !(value >= 0)) return std::nullopt;
  const std::string_view name{stop, static_cast<std::size_t>(end - stop)};
  const auto unit = std::ranges::find(units, name, &Unit::name);
  if (unit == units.end()) return std::nullopt;
  return value * unit->factor;
}

std::unexpected<std::string> refuse(std::string_view text, const char* what) {
  return std::unexpected("'" + std::string{text} + "' is no " + what);
}

}  // namespace

std::expected<Duration, std::string> parse_duration(std::string_view text) {
  constexpr std::array<Unit, 3> kUnits{{{"us", 1}, {"ms", 1e3}, {"s", 1e6}}};
  const auto value = parse_quantity(text, kUnits);
  if (!value || *value > 1e12) return refuse(text, "time such as 40ms, 2.5s or 300us");
  return Duration{std::llround(*value)};
}

std::expected<double, std::string> parse_rate(std::string_view text) {
  constexpr std::array<Unit, 4> kUnits{{{"bit", 1}, {"kbit", 1e3}, {"mbit", 1e6}, {"gbit", 1e9}}};
  const auto value = parse_quantity(text, kUnits);
  if (!value || *value > kRateMost) return refuse(text, "rate such as 600kbit or 2.5mbit");
  return *value;
}

std::expected<RatePlan, std::string> parse_rate_plan(const std::string& text) {
  constexpr std::string_view kTrace = "trace:";
  if (text.starts_with(kTrace)) return read_rate_trace(text.substr(kTrace.size()));
  RatePlan plan;
  std::string_view rest = text;
  while (true) {
    const std::size_t comma = rest.find(',');
    const std::string_view step = rest.substr(0, comma);
    const std::size_t colon = step.find(':');
    const auto rate = parse_rate(step.substr(0, colon));
    if (!rate) return std::unexpected(rate.error());
    Duration length = kAllDay;
    if (colon != std::string_view::npos) {
      const auto given = parse_duration(step.substr(colon + 1));
      if (!given) return std::unexpected(given.error());
      length = *given;
      if (length <= Duration::zero()) return refuse(step, "step with a length");
    } else if (comma != std::string_view::npos) {
      return refuse(step, "step: only the last may be without a length (RATE:TIME)");
    }
    plan.push_back({.length = length, .bits_per_second = *rate});
    if (comma == std::string_view::npos) break;
    rest.remove_prefix(comma + 1);
  }
  if (mean_rate(plan) <= 0) return refuse(text, "link: nothing ever passes");
  return plan;
}

double mean_rate(const RatePlan& plan) {
  double bits = 0;
  double length = 0;
  for (const Piece& piece : plan) {
    bits += piece.bits_per_second * static_cast<double>(piece.length.count());
    length += static_cast<double>(piece.length.count());
  }
  return bits / length;
}

std::expected<RatePlan, std::string> with_outage(const RatePlan& plan, Duration at,
                                                 Duration length) {
  RatePlan cut;
  const auto add = [&](Duration from, Duration to, double rate) {
    if (to > from) cut.push_back({.length = to - from, .bits_per_second = rate});
  };
  const Duration back = at + length;
  Duration from{};
  for (const Piece& piece : plan) {
    const Duration to = from + piece.length;
    add(from, std::min(to, at), piece.bits_per_second);
    add(std::max(from, at), std::min(to, back), 0);
    add(std::max(from, back), to, piece.bits_per_second);
    from = to;
  }
  if (back > from) return std::unexpected(std::string{"an outage after the end of the rate"});
  if (mean_rate(cut) <= 0) return std::unexpected(std::string{"an outage that leaves nothing"});
  return cut;
}

}  // namespace sluice::link
