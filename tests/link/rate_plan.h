#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "tests/sim/capacity.h"

namespace sluice::link {

using media::Duration;

/// A link's rate over time, piece after piece, again from the start at the end.
using RatePlan = std::vector<sim::Capacity::Piece>;

/// `40ms`, `2.5s`, `300us`. Errors: one sentence for people.
[[nodiscard]] std::expected<Duration, std::string> parse_duration(std::string_view text);

/// `600kbit`, `2.5mbit`, `9000bit`: bits a second, 0 too.
[[nodiscard]] std::expected<double, std::string> parse_rate(std::string_view text);

/// `600kbit`, or steps as `3mbit:20s,400kbit:20s`, or `trace:FILE` (`read_rate_trace`).
[[nodiscard]] std::expected<RatePlan, std::string> parse_rate_plan(const std::string& text);

/// Bits a second over the whole plan.
[[nodiscard]] double mean_rate(const RatePlan& plan);

/// The plan with nothing passing from `at` on for `length`; both must lie within the plan.
[[nodiscard]] std::expected<RatePlan, std::string> with_outage(const RatePlan& plan, Duration at,
                                                               Duration length);

}  // namespace sluice::link
