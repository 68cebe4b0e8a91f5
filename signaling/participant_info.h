#pragma once

#include <string>
#include <vector>

#include "signaling/ids.h"
#include "signaling/track_info.h"

namespace sluice::signaling {

/// A participant as the others see it.
struct ParticipantInfo {
  ParticipantId participant;
  std::string identity;  ///< who this is for the application; unique in a room
  std::string name;      ///< for people; may be empty
  std::string metadata;  ///< the application's own; the server does not look inside
  std::vector<TrackInfo> tracks;

  friend bool operator==(const ParticipantInfo&, const ParticipantInfo&) = default;
};

}  // namespace sluice::signaling
