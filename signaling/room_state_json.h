#pragma once

#include <nlohmann/json.hpp>

#include "signaling/json_reader.h"
#include "signaling/participant_info.h"
#include "signaling/track_info.h"

namespace sluice::signaling {

// Tracks and participants between JSON and our types, the same in every message.

[[nodiscard]] TrackHandle read_handle(ObjectReader& reader, const char* name);
[[nodiscard]] TrackId read_track_id(ObjectReader& reader);
[[nodiscard]] ParticipantId read_participant_id(ObjectReader& reader);

[[nodiscard]] TrackDescription read_track_description(ObjectReader& reader);
[[nodiscard]] TrackInfo read_track_info(ObjectReader reader);
[[nodiscard]] ParticipantInfo read_participant_info(ObjectReader& reader);

void write(const TrackDescription& description, nlohmann::ordered_json& json);
void write(const TrackInfo& track, nlohmann::ordered_json& json);
void write(const ParticipantInfo& participant, nlohmann::ordered_json& json);

}  // namespace sluice::signaling
