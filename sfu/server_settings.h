#pragma once

#include <chrono>
#include <cstddef>
#include <optional>

#include "sfu/http_responder.h"
#include "sfu/socket_facts.h"
#include "sfu/tls_context.h"
#include "signaling/room_limits.h"
#include "signaling/session_protocol.h"
#include "signaling/token.h"

namespace sluice::sfu {

/// How old a frame may get on its way, where a subscriber does not choose.
struct LatencyBudgets {
  std::chrono::milliseconds audio{200};
  std::chrono::milliseconds camera{400};
  std::chrono::milliseconds screen{1000};
};

/// What all connections of a server go by, made once from the configuration and the files it names.
/// Immutable while the server runs, so all shards read it.
struct ServerSettings {
  signaling::SessionSettings session;
  signaling::RoomLimits rooms;
  std::optional<signaling::TokenVerifier> tokens;  ///< absent: everyone may join every room
  HttpSettings http;
  std::optional<TlsContext> tls;  ///< absent: TLS is refused
  TcpSettings tcp;
  LatencyBudgets latency;
  std::size_t connections_max = 5000;  ///< with a session; page loads are not counted
  std::chrono::milliseconds flight_recorder{60'000};  ///< zero: off
};

}  // namespace sluice::sfu
