#pragma once

#include <expected>

#include "signaling/client_message.h"
#include "signaling/limits.h"
#include "signaling/protocol_error.h"
#include "signaling/room_command.h"
#include "signaling/token.h"

namespace sluice::signaling {

/// What a `join` may be, by its token.
///
/// Without `tokens` the server is open and the join says it all. With them a token is needed, and
/// what the token says of room, identity, name and metadata goes before what the message says.
/// Errors: kUnauthorized, with a message that tells why and never holds the token.
[[nodiscard]] std::expected<AuthorizedJoin, ProtocolError> authorize_join(
    const Join& join, const TokenVerifier* tokens, const Limits& limits, WallTime now);

}  // namespace sluice::signaling
