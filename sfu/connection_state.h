#pragma once

#include <cstdint>

namespace sluice::sfu {

/// The life of one accepted connection.
enum class ConnectionState : std::uint8_t {
  kSniffing,      ///< waits for the first byte, which tells TLS from the rest
  kTlsHandshake,  ///< the first byte was that of a ClientHello
  kOpening,       ///< waits for the first byte that tells raw framing from HTTP
  kHttp,          ///< answers requests
  kRawMagic,      ///< reads the magic of raw framing
  kRaw,           ///< a session over raw framing
  kWebSocket,     ///< a session over WebSocket
  kDraining,      ///< writes the last that there is to say
  kLingering,     ///< has said all and waits for the peer to close
  kClosed,        ///< the descriptor is closed
};

[[nodiscard]] const char* name_of(ConnectionState state);

/// True for the transitions that a connection may make; all others are faults of ours.
[[nodiscard]] bool may_follow(ConnectionState next, ConnectionState current);

/// A session lives in this state.
[[nodiscard]] constexpr bool has_session(ConnectionState state) {
  return state == ConnectionState::kRaw || state == ConnectionState::kWebSocket;
}

}  // namespace sluice::sfu
