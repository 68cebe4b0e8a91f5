#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

namespace sluice::client {

enum class UrlScheme : std::uint8_t { kTcp, kTls, kWs, kWss };

/// Where a Sluice server is, and how to talk to it (docs/protocol.md section 1).
struct ServerUrl {
  UrlScheme scheme = UrlScheme::kTcp;
  std::string host;  ///< a name or an address, IPv6 without its brackets
  std::uint16_t port = 0;
  std::string target;  ///< what a WebSocket asks for, path and query; empty for tcp and tls

  [[nodiscard]] bool encrypted() const {
    return scheme == UrlScheme::kTls || scheme == UrlScheme::kWss;
  }
  [[nodiscard]] bool websocket() const {
    return scheme == UrlScheme::kWs || scheme == UrlScheme::kWss;
  }
  /// `host:port` as an HTTP Host header has it.
  [[nodiscard]] std::string authority() const;
  [[nodiscard]] std::string to_string() const;

  friend bool operator==(const ServerUrl&, const ServerUrl&) = default;
};

/// Reads `tcp://host:port`, `tls://host:port`, `ws://host:port/ws` or `wss://host:port/ws`.
///
/// `http` and `https`, the address of the meeting page, mean `ws` and `wss`. Without a port: 8080
/// for tcp and ws, 443 for tls and wss. Without a path a WebSocket asks for `/ws`.
/// The error is one sentence for people.
[[nodiscard]] std::expected<ServerUrl, std::string> parse_server_url(std::string_view text);

}  // namespace sluice::client
