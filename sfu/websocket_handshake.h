#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

namespace sluice::sfu {

/// The one subprotocol: version 1 of docs/protocol.md.
inline constexpr std::string_view kWebSocketSubprotocol = "sluice.v1";

/// The header fields that decide about an upgrade, each as it came (several fields of one name are
/// joined with a comma), empty when missing.
struct WebSocketUpgrade {
  std::string_view connection;
  std::string_view upgrade;
  std::string_view key;        ///< Sec-WebSocket-Key
  std::string_view version;    ///< Sec-WebSocket-Version
  std::string_view protocols;  ///< Sec-WebSocket-Protocol
};

enum class HandshakeFault : std::uint8_t {
  kNotAnUpgrade,   ///< no `Upgrade: websocket` with `Connection: Upgrade` (426)
  kWrongVersion,   ///< a version other than 13 (426)
  kBadKey,         ///< not the base64 form of 16 bytes (400)
  kNoSubprotocol,  ///< `sluice.v1` is not offered (400)
};

/// What is wrong and what to do, for the page that answers.
[[nodiscard]] const char* describe(HandshakeFault fault);

/// Checks the fields of a GET request.
/// Returns the value of `Sec-WebSocket-Accept`.
/// Source: RFC 6455 section 4.2.
[[nodiscard]] std::expected<std::string, HandshakeFault> accept_websocket_upgrade(
    const WebSocketUpgrade& request);

}  // namespace sluice::sfu
