#include "signaling/track_state.h"

#include <array>

#include "signaling/wire_words.h"

namespace sluice::signaling {

namespace {

constexpr std::array<std::string_view, 2> kStates{"paused", "live"};
constexpr std::array<std::string_view, 3> kReasons{"bandwidth", "muted", "hidden"};

}  // namespace

std::string_view to_string(TrackState state) { return word_of(kStates, state); }
std::string_view to_string(TrackStateReason reason) { return word_of(kReasons, reason); }

std::optional<TrackState> track_state_from_string(std::string_view text) {
  return value_of<TrackState>(kStates, text);
}

std::optional<TrackStateReason> track_state_reason_from_string(std::string_view text) {
  return value_of<TrackStateReason>(kReasons, text);
}

}  // namespace sluice::signaling
