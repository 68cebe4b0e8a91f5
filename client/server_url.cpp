#include "client/server_url.h"

#include <algorithm>
#include <charconv>
#include <optional>

namespace sluice::client {
namespace {

std::optional<UrlScheme> scheme_of(std::string_view name) {
  if (name == "tcp") return UrlScheme::kTcp;
  if (name == "tls") return UrlScheme::kTls;
  if (name == "ws" || name == "http") return UrlScheme::kWs;
  if (name == "wss" || name == "https") return UrlScheme::kWss;
  return std::nullopt;
}

std::optional<std::uint16_t> port_of(std::string_view text) {
  std::uint16_t port = 0;
  const char* const begin = text.data();
  const char* const end = begin + text.size();
  const auto [stop, error] = std::from_chars(begin, end, port);
  if (error != std::errc{} || stop != end || port == 0) return std::nullopt;
  return port;
}

// Nothing here may break out of the request line or the Host header that it becomes part of.
bool printable(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c > ' ' && c < 0x7F; });
}

struct Authority {
  std::string_view host;
  std::string_view port;
};

std::optional<Authority> split_authority(std::string_view text) {
  Authority parts;
  std::string_view rest;
  if (text.starts_with('[')) {
    const std::size_t end = text.find(']');
    if (end == std::string_view::npos) return std::nullopt;
    parts.host = text.substr(1, end - 1);
    rest = text.substr(end + 1);
  } else {
    const std::size_t colon = text.find(':');
    parts.host = text.substr(0, colon);
    rest = colon == std::string_view::npos ? std::string_view{} : text.substr(colon);
  }
  if (rest.empty()) return parts;
  if (!rest.starts_with(':') || rest.size() == 1) return std::nullopt;
  parts.port = rest.substr(1);
  return parts;
}

}  // namespace

std::string ServerUrl::authority() const {
  const bool ipv6 = host.find(':') != std::string::npos;
  return (ipv6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

std::string ServerUrl::to_string() const {
  constexpr const char* kNames[] = {"tcp", "tls", "ws", "wss"};
  return std::string{kNames[static_cast<std::size_t>(scheme)]} + "://" + authority() + target;
}

std::expected<ServerUrl, std::string> parse_server_url(std::string_view text) {
  const auto refuse = [&](std::string why) { return std::unexpected(std::move(why)); };
  if (!printable(text)) return refuse("the address holds a space or an unprintable character");
  const std::size_t separator = text.find("://");
  if (separator == std::string_view::npos) {
    return refuse("'" + std::string{text} + "' has no scheme; write for example tcp://" +
                  (text.empty() ? "localhost:8080" : std::string{text}));
  }
  const auto scheme = scheme_of(text.substr(0, separator));
  if (!scheme) {
    return refuse("'" + std::string{text.substr(0, separator)} +
                  "' is not one of the schemes tcp, tls, ws and wss");
  }
  ServerUrl url{.scheme = *scheme, .host = {}, .target = {}};
  const std::string_view rest = text.substr(separator + 3);
  const std::size_t authority_end = std::min(rest.find_first_of("/?#"), rest.size());
  const std::string_view target = rest.substr(authority_end, rest.find('#') - authority_end);

  const auto authority = split_authority(rest.substr(0, authority_end));
  if (!authority) return refuse("the address needs host:port behind '://'");
  if (authority->host.empty()) return refuse("the address has no host");
  if (authority->host.find_first_of("@[]") != std::string_view::npos) {
    return refuse("the address holds a user name, which no Sluice server asks for");
  }
  url.host = authority->host;
  url.port = url.encrypted() ? 443 : 8080;
  if (!authority->port.empty()) {
    const auto port = port_of(authority->port);
    if (!port) {
      return refuse("the port '" + std::string{authority->port} + "' is not 1 to 65535");
    }
    url.port = *port;
  }

  if (!url.websocket()) {
    if (!target.empty() && target != "/") {
      return refuse("a tcp or tls address ends behind the port");
    }
    return url;
  }
  const bool bare = target.empty() || target == "/";
  url.target = bare ? "/ws" : (target.starts_with('/') ? "" : "/") + std::string{target};
  return url;
}

}  // namespace sluice::client
