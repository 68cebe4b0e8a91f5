#pragma once

#include <expected>
#include <filesystem>
#include <string>
#include <vector>

#include "tests/sim/scenarios.h"

namespace sluice::sim {

/// Reads a public network trace, whichever of these it is by its content:
///   mahimahi       one integer a line: the millisecond at which 1500 bytes may pass;
///   two columns    seconds and Mbit/s, the rate holding until that moment; any time base;
///   NYU METS       `value,Mbits/sec` or `value,Kbits/sec`, one a second;
///   UCC 5G         CSV with a column DL_bitrate in kbit/s, one a second;
///   AlphaRTC       JSON, uplink.trace_pattern of capacity (kbit/s) and duration (ms).
/// Errors: what is wrong, for a message.
[[nodiscard]] std::expected<std::vector<Capacity::Piece>, std::string> read_trace(
    const std::string& text);

/// The most variable 60 s (standard deviation by mean, over 100 ms) that begin at a multiple of
/// 10 s and have a mean of 0.3 to 6 Mbit/s; if there are none, those of the lowest mean above.
/// Errors: the trace is shorter than 60 s, or slower than 0.3 Mbit/s throughout.
[[nodiscard]] std::expected<std::vector<Capacity::Piece>, std::string> test_window(
    const std::vector<Capacity::Piece>& pieces);

/// A scenario for each trace below `folder`, in order of their paths. What is no trace is named in
/// `skipped` with the reason.
[[nodiscard]] std::vector<Scenario> trace_scenarios(const std::filesystem::path& folder,
                                                    std::vector<std::string>& skipped);

}  // namespace sluice::sim
