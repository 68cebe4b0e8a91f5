#include "signaling/token.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <utility>

#include "signaling/base64url.h"
#include "signaling/json_reader.h"

namespace sluice::signaling {

namespace {

using nlohmann::json;

// LiveKit's names of sources, in the order of our enumerators.
constexpr std::array<std::string_view, kTrackSources.size()> kSourceClaims{
    "microphone", "camera", "screen_share", "screen_share_audio"};

// 9999-12-31: beyond it a date is a mistake, and arithmetic on it could overflow.
constexpr double kDateMax = 253402300799.0;

/// HMAC with SHA-256 (RFC 2104), 32 bytes; nothing when OpenSSL refuses to make it.
std::optional<std::string> sign(std::string_view message, std::string_view secret) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  const auto* const made = HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()),
                                reinterpret_cast<const unsigned char*>(message.data()),
                                message.size(), digest.data(), &size);
  if (made == nullptr) return std::nullopt;
  return std::string{reinterpret_cast<const char*>(digest.data()), size};
}

bool equal_in_constant_time(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

/// The three parts of a token, still encoded; `signed_text` is header and payload.
struct Parts {
  std::string_view header, payload, signature, signed_text;
};

std::optional<Parts> split(std::string_view token) {
  const std::size_t first = token.find('.');
  if (first == std::string_view::npos) return std::nullopt;
  const std::size_t second = token.find('.', first + 1);
  if (second == std::string_view::npos) return std::nullopt;
  if (token.find('.', second + 1) != std::string_view::npos) return std::nullopt;
  return Parts{.header = token.substr(0, first),
               .payload = token.substr(first + 1, second - first - 1),
               .signature = token.substr(second + 1),
               .signed_text = token.substr(0, second)};
}

std::optional<json> decode_object(std::string_view part) {
  const auto bytes = base64url_decode(part);
  return bytes ? parse_json_object(*bytes) : std::nullopt;
}

/// Reads claims of an object; a claim that is there with another type makes the token bad.
class ClaimReader {
 public:
  ClaimReader(const json& object, bool& bad) : object_(object), bad_(bad) {}

  std::optional<std::string> text(const char* name) {
    const json* value = find(name);
    if (value == nullptr) return std::nullopt;
    if (value->is_string()) return value->get<std::string>();
    bad_ = true;
    return std::nullopt;
  }
  bool flag(const char* name, bool otherwise) {
    const json* value = find(name);
    if (value == nullptr) return otherwise;
    if (value->is_boolean()) return value->get<bool>();
    bad_ = true;
    return false;
  }
  /// A NumericDate (RFC 7519 section 2), rounded down.
  std::optional<std::chrono::sys_seconds> date(const char* name) {
    const json* value = find(name);
    if (value == nullptr) return std::nullopt;
    const double seconds = value->is_number() ? value->get<double>() : -1.0;
    if (seconds >= 0.0 && seconds <= kDateMax) {
      return std::chrono::sys_seconds{
          std::chrono::seconds{static_cast<std::int64_t>(std::floor(seconds))}};
    }
    bad_ = true;
    return std::nullopt;
  }
  std::vector<TrackSource> sources(const char* name) {
    std::vector<TrackSource> result;
    const json* value = find(name);
    if (value == nullptr) return result;
    if (!value->is_array()) {
      bad_ = true;
      return result;
    }
    for (const json& entry : *value) {
      const auto source = source_of(entry);
      if (!source) bad_ = true;
      if (source && std::ranges::find(result, *source) == result.end()) result.push_back(*source);
    }
    return result;
  }
  const json* find(const char* name) const {
    const auto found = object_.find(name);
    return found == object_.end() || found->is_null() ? nullptr : &*found;
  }

 private:
  static std::optional<TrackSource> source_of(const json& entry) {
    if (!entry.is_string()) return std::nullopt;
    const auto& word = entry.get_ref<const std::string&>();
    for (const TrackSource source : kTrackSources) {
      if (kSourceClaims[static_cast<std::size_t>(source)] == word) return source;
    }
    return std::nullopt;
  }

  const json& object_;
  bool& bad_;
};

std::expected<TokenClaims, TokenError> read_claims(const json& payload, WallTime now) {
  bool bad = false;
  ClaimReader reader{payload, bad};
  TokenClaims claims;
  claims.not_before = reader.date("nbf");
  const auto expires = reader.date("exp");
  if (bad) return std::unexpected(TokenError::kBadClaim);
  // In seconds: the nanoseconds of a system clock overflow after the year 2262, tokens need not.
  const auto now_seconds = std::chrono::floor<std::chrono::seconds>(now);
  if (!expires || now_seconds >= *expires + kTokenLeeway) {
    return std::unexpected(TokenError::kExpired);
  }
  if (claims.not_before && now_seconds + kTokenLeeway < *claims.not_before) {
    return std::unexpected(TokenError::kNotYetValid);
  }
  claims.expires = *expires;
  claims.identity = reader.text("sub").value_or("");
  claims.name = reader.text("name");
  claims.metadata = reader.text("metadata");

  const json* video = reader.find("video");
  if (video == nullptr) return std::unexpected(TokenError::kNoRoomJoin);
  if (!video->is_object()) return std::unexpected(TokenError::kBadClaim);
  ClaimReader grant{*video, bad};
  claims.room_join = grant.flag("roomJoin", false);
  claims.room = grant.text("room");
  if (claims.room && claims.room->empty()) claims.room.reset();
  claims.permissions.can_publish = grant.flag("canPublish", true);
  claims.permissions.can_subscribe = grant.flag("canSubscribe", true);
  claims.permissions.can_publish_sources = grant.sources("canPublishSources");
  claims.room_admin = grant.flag("roomAdmin", false);
  claims.hidden = grant.flag("hidden", false);
  if (bad) return std::unexpected(TokenError::kBadClaim);
  if (!claims.room_join) return std::unexpected(TokenError::kNoRoomJoin);
  return claims;
}

}  // namespace

std::string_view describe(TokenError error) {
  switch (error) {
    case TokenError::kMalformed:
      return "the token is not a JSON Web Token";
    case TokenError::kWrongAlgorithm:
      return "the token is not signed with HS256";
    case TokenError::kUnknownKey:
      return "the token's issuer is not a key of this server";
    case TokenError::kBadSignature:
      return "the token's signature is wrong";
    case TokenError::kExpired:
      return "the token has expired or says no time of expiry";
    case TokenError::kNotYetValid:
      return "the token is not valid yet";
    case TokenError::kBadClaim:
      return "a claim of the token has the wrong type or an unknown value";
    case TokenError::kNoRoomJoin:
      return "the token does not grant roomJoin";
  }
  return "the token is refused";
}

TokenVerifier::TokenVerifier(TokenKeys keys) : keys_(std::move(keys)) {
  // Anybody can sign with an empty secret.
  std::erase_if(keys_, [](const auto& entry) { return entry.second.empty(); });
}

std::expected<TokenClaims, TokenError> TokenVerifier::verify(std::string_view token,
                                                             WallTime now) const {
  if (token.size() > kTokenBytesMax) return std::unexpected(TokenError::kMalformed);
  const auto parts = split(token);
  if (!parts) return std::unexpected(TokenError::kMalformed);
  const auto header = decode_object(parts->header);
  const auto payload = decode_object(parts->payload);
  const auto signature = base64url_decode(parts->signature);
  if (!header || !payload || !signature) return std::unexpected(TokenError::kMalformed);

  bool bad = false;
  // Only what we sign ourselves: a token must not choose how it is checked.
  if (ClaimReader{*header, bad}.text("alg") != "HS256") {
    return std::unexpected(TokenError::kWrongAlgorithm);
  }
  // RFC 7515 section 4.1.11: extensions that we do not know must not be ignored.
  if (header->contains("crit")) return std::unexpected(TokenError::kMalformed);
  const auto issuer = ClaimReader{*payload, bad}.text("iss");
  const auto key = keys_.find(issuer.value_or(""));
  if (!issuer || key == keys_.end()) return std::unexpected(TokenError::kUnknownKey);
  // What cannot be checked is refused: an empty signature must not be equal to none.
  const auto expected = sign(parts->signed_text, key->second);
  if (!expected || !equal_in_constant_time(*signature, *expected)) {
    return std::unexpected(TokenError::kBadSignature);
  }
  return read_claims(*payload, now);
}

std::string make_token(const TokenClaims& claims, std::string_view key, std::string_view secret) {
  using OrderedJson = nlohmann::ordered_json;
  OrderedJson video;
  video["roomJoin"] = claims.room_join;
  if (claims.room) video["room"] = *claims.room;
  video["canPublish"] = claims.permissions.can_publish;
  video["canSubscribe"] = claims.permissions.can_subscribe;
  if (!claims.permissions.can_publish_sources.empty()) {
    auto& sources = video["canPublishSources"] = OrderedJson::array();
    for (const TrackSource source : claims.permissions.can_publish_sources) {
      sources.push_back(kSourceClaims[static_cast<std::size_t>(source)]);
    }
  }
  if (claims.room_admin) video["roomAdmin"] = true;
  if (claims.hidden) video["hidden"] = true;

  OrderedJson payload;
  payload["iss"] = key;
  if (!claims.identity.empty()) payload["sub"] = claims.identity;
  if (claims.not_before) payload["nbf"] = claims.not_before->time_since_epoch().count();
  payload["exp"] = claims.expires.time_since_epoch().count();
  if (claims.name) payload["name"] = *claims.name;
  if (claims.metadata) payload["metadata"] = *claims.metadata;
  payload["video"] = std::move(video);

  const std::string text =
      base64url_encode(R"({"alg":"HS256","typ":"JWT"})") + "." +
      base64url_encode(payload.dump(-1, ' ', false, OrderedJson::error_handler_t::replace));
  const auto signature = sign(text, secret);
  if (!signature) throw std::runtime_error("OpenSSL does not give HMAC with SHA-256");
  return text + "." + base64url_encode(*signature);
}

}  // namespace sluice::signaling
