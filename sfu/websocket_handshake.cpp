#include "sfu/websocket_handshake.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <cctype>

#include "media/invariant.h"

namespace sluice::sfu {
namespace {

constexpr std::string_view kKeySuffix = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

bool equals_ignoring_case(std::string_view a, std::string_view b) {
  return std::ranges::equal(
      a, b, [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
}

// Calls `matches` with each element of a comma-separated list until one does.
template <typename Matches>
bool any_in_list(std::string_view list, Matches matches) {
  while (true) {
    const std::size_t comma = list.find(',');
    std::string_view element = list.substr(0, comma);
    while (!element.empty() && (element.front() == ' ' || element.front() == '\t')) {
      element.remove_prefix(1);
    }
    while (!element.empty() && (element.back() == ' ' || element.back() == '\t')) {
      element.remove_suffix(1);
    }
    if (matches(element)) return true;
    if (comma == std::string_view::npos) return false;
    list.remove_prefix(comma + 1);
  }
}

// 16 bytes are 22 characters of base64 and two of padding; the last character carries 4 zero bits.
bool is_key(std::string_view key) {
  constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  return key.size() == 24 && key.ends_with("==") &&
         key.substr(0, 22).find_first_not_of(kAlphabet) == std::string_view::npos &&
         std::string_view{"AQgw"}.contains(key[21]);
}

}  // namespace

const char* describe(HandshakeFault fault) {
  switch (fault) {
    case HandshakeFault::kNotAnUpgrade:
      return "This address speaks WebSocket: send Connection: Upgrade and Upgrade: websocket. A "
             "reverse proxy in between must pass both on.";
    case HandshakeFault::kWrongVersion:
      return "This server speaks version 13 of WebSocket (RFC 6455).";
    case HandshakeFault::kBadKey:
      return "Sec-WebSocket-Key must be the base64 form of 16 random bytes.";
    case HandshakeFault::kNoSubprotocol:
      return "This server speaks the subprotocol sluice.v1: offer it in Sec-WebSocket-Protocol.";
  }
  return "unknown";
}

std::expected<std::string, HandshakeFault> accept_websocket_upgrade(
    const WebSocketUpgrade& request) {
  const auto is = [](std::string_view word) {
    return [word](std::string_view element) { return equals_ignoring_case(element, word); };
  };
  if (!any_in_list(request.connection, is("upgrade")) ||
      !any_in_list(request.upgrade, is("websocket"))) {
    return std::unexpected{HandshakeFault::kNotAnUpgrade};
  }
  if (request.version != "13") return std::unexpected{HandshakeFault::kWrongVersion};
  if (!is_key(request.key)) return std::unexpected{HandshakeFault::kBadKey};
  if (!any_in_list(request.protocols,
                   [](std::string_view name) { return name == kWebSocketSubprotocol; })) {
    return std::unexpected{HandshakeFault::kNoSubprotocol};
  }

  std::string salted{request.key};
  salted += kKeySuffix;
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int digest_bytes = 0;
  const int digested =
      EVP_Digest(salted.data(), salted.size(), digest.data(), &digest_bytes, EVP_sha1(), nullptr);
  invariant(digested == 1 && digest_bytes == 20, "OpenSSL provides SHA-1");
  // 20 bytes are 28 characters; EVP_EncodeBlock ends them with a zero.
  std::array<unsigned char, 29> encoded{};
  EVP_EncodeBlock(encoded.data(), digest.data(), static_cast<int>(digest_bytes));
  return std::string{encoded.begin(), encoded.end() - 1};
}

}  // namespace sluice::sfu
