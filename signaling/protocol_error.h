#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "signaling/error_code.h"

namespace sluice::signaling {

/// What a peer did wrong, as a value: all that an `error` message needs.
struct ProtocolError {
  ErrorCode code{};
  std::string message;  ///< for people; names the member or the track; never holds a secret
  bool fatal = false;
  std::optional<std::uint64_t> reply_to;  ///< the `id` of the request, when it could be read

  friend bool operator==(const ProtocolError&, const ProtocolError&) = default;
};

/// An error that is fatal exactly when its code always is.
[[nodiscard]] ProtocolError protocol_error(ErrorCode code, std::string message,
                                           std::optional<std::uint64_t> reply_to = std::nullopt);

}  // namespace sluice::signaling
