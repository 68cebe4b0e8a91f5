#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "signaling/client_message.h"
#include "signaling/goodbye_reason.h"
#include "signaling/permissions.h"

namespace sluice::signaling {

/// A join whose token was checked: what the session may be in which room.
struct AuthorizedJoin {
  std::string room;
  std::optional<std::string> identity;  ///< absent: the room makes one
  std::string name;
  std::string metadata;
  bool auto_subscribe = true;
  bool hidden = false;
  bool lanes = false;  ///< wants the key of a lane
  Permissions permissions;

  friend bool operator==(const AuthorizedJoin&, const AuthorizedJoin&) = default;
};

/// The session is gone, or wants to be.
struct Leave {
  GoodbyeReason reason{};
  friend bool operator==(const Leave&, const Leave&) = default;
};

/// What a session asks of the room layer; a value that may travel to another shard.
///
/// Commands of one session must arrive in the order in which they were made.
struct RoomCommand {
  std::optional<std::uint64_t> id;  ///< of the message; the reply names it
  std::variant<AuthorizedJoin, Attach, Leave, Publish, Unpublish, Subscribe, Unsubscribe,
               KeyframeRequest, Mute>
      request;

  friend bool operator==(const RoomCommand&, const RoomCommand&) = default;
};

}  // namespace sluice::signaling
