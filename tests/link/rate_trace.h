#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "tests/link/rate_plan.h"

namespace sluice::link {

/// Reads a recorded link: what it could carry over time.
///
/// Two forms, told apart by the first line:
///   mahimahi     one integer a line: the millisecond at which one packet of 1500 bytes may leave;
///   a
///                line repeated means as many packets. The recording ends with its last line.
///   two columns  seconds and Mbit/s, separated by blanks, a tab or a comma: the rate holds from
///   the
///                line before until this one's time, which need not begin at zero.
/// Empty lines and lines that begin with `#` are passed over.
/// Errors: one sentence for people, with the number of the line.
[[nodiscard]] std::expected<RatePlan, std::string> parse_rate_trace(std::string_view text);

/// The same of a file; the sentence names it.
[[nodiscard]] std::expected<RatePlan, std::string> read_rate_trace(const std::string& path);

}  // namespace sluice::link
