#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include "client/flight/flight_story.h"

namespace sluice::client {

// A flight story for a terminal of 100 columns. Times are seconds from the log's begin.

/// Whose log it is, what it holds, what happened: the congestions with what they cost.
[[nodiscard]] std::string summary_text(const FlightStory& story);
/// A row for each second in which something did not go at once; the others in one line together.
[[nodiscard]] std::string timeline_text(const FlightStory& story);
/// All that is known of the frames with this number; of one track when it is given.
[[nodiscard]] std::string frame_text(const FlightStory& story, std::uint32_t number,
                                     std::optional<unsigned> track);
/// The link at a moment, and for each track the last frame offered until then.
[[nodiscard]] std::string moment_text(const FlightStory& story, double at_ms);
/// The same as the summary and the timeline, for programs.
[[nodiscard]] nlohmann::ordered_json story_json(const FlightStory& story);

/// `camera 3`: how the texts call a track.
[[nodiscard]] std::string name_of(const FlightLog::Track& track);

}  // namespace sluice::client
