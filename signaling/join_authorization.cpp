#include "signaling/join_authorization.h"

#include <algorithm>
#include <string>
#include <utility>

namespace sluice::signaling {

namespace {

std::unexpected<ProtocolError> unauthorized(std::string message) {
  return std::unexpected(protocol_error(ErrorCode::kUnauthorized, std::move(message)));
}

/// A token's names follow the rules of a message's: the other members rely on them.
bool fits_name(const std::string& name, const Limits& limits) {
  return name.size() <= limits.name_bytes && std::ranges::none_of(name, [](char c) {
           const auto byte = static_cast<unsigned char>(c);
           return byte < 0x20 || byte == 0x7F;
         });
}

}  // namespace

std::expected<AuthorizedJoin, ProtocolError> authorize_join(const Join& join,
                                                            const TokenVerifier* tokens,
                                                            const Limits& limits, WallTime now) {
  AuthorizedJoin authorized{.room = join.room,
                            .identity = join.identity,
                            .name = join.name.value_or(""),
                            .metadata = join.metadata.value_or(""),
                            .auto_subscribe = join.auto_subscribe,
                            .hidden = false,
                            .lanes = join.lanes,
                            .permissions = {}};
  if (tokens == nullptr) return authorized;

  if (!join.token) return unauthorized("this server needs a token to join");
  const auto claims = tokens->verify(*join.token, now);
  if (!claims) return unauthorized(std::string{describe(claims.error())});
  if (claims->room && *claims->room != join.room) {
    return unauthorized("the token is for another room");
  }
  if (!claims->identity.empty()) authorized.identity = claims->identity;
  if (claims->name) authorized.name = *claims->name;
  if (claims->metadata) authorized.metadata = *claims->metadata;
  if (!fits_name(authorized.identity.value_or(""), limits) || !fits_name(authorized.name, limits) ||
      authorized.metadata.size() > limits.metadata_bytes) {
    return unauthorized("the token's identity, name or metadata is over this server's limits");
  }
  authorized.permissions = claims->permissions;
  authorized.hidden = claims->hidden;
  // A track has a publisher whom everybody sees.
  if (authorized.hidden) authorized.permissions.can_publish = false;
  return authorized;
}

}  // namespace sluice::signaling
