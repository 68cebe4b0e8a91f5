#pragma once

#include <compare>
#include <cstdint>
#include <string>

namespace sluice::signaling {

/// One connection, on whichever shard it lives; the server gives them out and never twice.
enum class SessionId : std::uint64_t {};

/// One life of a room: a room that was removed and made again under its name has another.
enum class RoomId : std::uint64_t {};

/// The 16-bit name of a track in media messages, 1 to 65535; distinct in one room.
enum class TrackHandle : std::uint16_t {};

/// A participant on the wire, `PA_...`; made by the server.
struct ParticipantId {
  std::string value;
  friend auto operator<=>(const ParticipantId&, const ParticipantId&) = default;
};

/// A track on the wire, `TR_...`; made by the server.
struct TrackId {
  std::string value;
  friend auto operator<=>(const TrackId&, const TrackId&) = default;
};

}  // namespace sluice::signaling
