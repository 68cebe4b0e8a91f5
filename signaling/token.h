#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "signaling/permissions.h"

namespace sluice::signaling {

using WallTime = std::chrono::system_clock::time_point;

/// What a token says of its bearer.
///
/// Shape: the claims that LiveKit's users know. `sub` is the identity; `name` and `metadata` are
/// its own; `video` holds `roomJoin`, `room`, `canPublish`, `canSubscribe`, `canPublishSources`,
/// `roomAdmin` and `hidden`. Claims that are not listed here are ignored.
struct TokenClaims {
  std::string identity;             ///< empty: the server makes one
  std::optional<std::string> room;  ///< absent: any room
  std::optional<std::string> name;
  std::optional<std::string> metadata;
  Permissions permissions;  ///< `canPublish` and `canSubscribe` are true where the token is silent
  bool room_join = false;
  /// May administer rooms. No message of protocol version 1 asks for it.
  bool room_admin = false;
  /// The others do not see this participant, and it publishes nothing.
  bool hidden = false;
  std::optional<std::chrono::sys_seconds> not_before;
  std::chrono::sys_seconds expires{};

  friend bool operator==(const TokenClaims&, const TokenClaims&) = default;
};

enum class TokenError : std::uint8_t {
  kMalformed,       ///< not three parts of base64url, or not the JSON objects of a token
  kWrongAlgorithm,  ///< anything but HS256
  kUnknownKey,      ///< `iss` names no key of this server
  kBadSignature,    ///< not signed with that key's secret
  kExpired,         ///< `exp` is past, or missing
  kNotYetValid,     ///< `nbf` is to come
  kBadClaim,        ///< a claim of the wrong type, or an unknown source
  kNoRoomJoin,      ///< `video.roomJoin` is not true
};

/// One sentence for people; never holds the token or a secret.
[[nodiscard]] std::string_view describe(TokenError error);

/// API key to secret.
using TokenKeys = std::map<std::string, std::string, std::less<>>;

/// Checks HS256 JSON Web Tokens (RFC 7519, RFC 7515 appendix A.1) against a set of keys.
///
/// Clocks of issuers differ: `nbf` and `exp` have a leeway of `kTokenLeeway`.
class TokenVerifier {
 public:
  explicit TokenVerifier(TokenKeys keys);

  /// The claims of `token` at `now`, when it allows joining a room.
  [[nodiscard]] std::expected<TokenClaims, TokenError> verify(std::string_view token,
                                                              WallTime now) const;

 private:
  TokenKeys keys_;
};

inline constexpr std::chrono::seconds kTokenLeeway{10};

/// Tokens longer than this are malformed: a token fits in a control message with room to spare.
inline constexpr std::size_t kTokenBytesMax = 16384;

/// A signed token. `key` is the API key that becomes `iss`; `secret` signs.
/// Strings that are not UTF-8 have their bad bytes replaced by U+FFFD.
/// Throws std::runtime_error where OpenSSL has no SHA-256 to sign with.
[[nodiscard]] std::string make_token(const TokenClaims& claims, std::string_view key,
                                     std::string_view secret);

}  // namespace sluice::signaling
