#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "signaling/client_message.h"
#include "signaling/error_code.h"
#include "signaling/room_command.h"
#include "signaling/room_effect.h"

namespace sluice::signaling {

/// Send this control message on this connection.
struct SendControl {
  ControlText text;
  /// The code when the message is an `error`, so that it can be counted.
  std::optional<ErrorCode> error;
};

/// Why a connection is closed; decides what its transport says.
enum class CloseReason : std::uint8_t {
  kGoodbye,         ///< either side said goodbye
  kServerShutdown,  ///< we said goodbye because the server stops
  kError,           ///< a fatal error was sent
  kTooLarge,        ///< the fatal error `too_large` was sent
};

/// The WebSocket close code. Source: docs/protocol.md section 1.2.
[[nodiscard]] std::uint16_t websocket_close_code(CloseReason reason);

/// Close this connection once what was sent before is written. Always the last action.
struct CloseConnection {
  CloseReason reason{};
};

/// The client answered this ping, which may be one of the media side's own.
struct PingAnswered {
  std::uint64_t id = 0;
};

/// What a connection must do next, in order. A `RoomCommand` goes to the room's shard, a
/// `ClientReport` and a `PingAnswered` to the media side.
using SessionAction =
    std::variant<SendControl, RoomCommand, ClientReport, PingAnswered, CloseConnection>;

}  // namespace sluice::signaling
