#pragma once

#include <optional>
#include <vector>

#include "signaling/server_message.h"

namespace sluice::client {

/// The room as the server told it last: kept by reading every message of the server.
///
/// What a message says of participants or tracks that are not known is left aside: no order of
/// messages breaks it.
class KnownRoom {
 public:
  /// What one message changed, so that whoever receives or sends these tracks can follow.
  struct TrackChanges {
    std::vector<signaling::TrackInfo> published;    ///< by the others
    std::vector<signaling::TrackInfo> ended;        ///< of the others
    std::vector<signaling::TrackInfo> own_started;  ///< our own; the server takes their frames
    std::vector<signaling::TrackInfo> own_ended;
  };
  TrackChanges learn(const signaling::ServerMessage& message);

  /// Nothing before `Joined`; then with everything that came since. `participant` is ourselves.
  [[nodiscard]] const std::optional<signaling::Joined>& room() const { return room_; }

 private:
  [[nodiscard]] signaling::ParticipantInfo* find(const signaling::ParticipantId& id);

  std::optional<signaling::Joined> room_;
};

}  // namespace sluice::client
