#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "signaling/error_code.h"
#include "signaling/goodbye_reason.h"

namespace sluice::client {

/// Why a connection ended.
struct CloseReason {
  enum class Kind : std::uint8_t {
    kLeft,           ///< we said goodbye
    kGoodbye,        ///< the server did; `goodbye` says why
    kRefused,        ///< a fatal error; `error` has its code
    kCannotConnect,  ///< there never was a connection
    kLost,           ///< the connection broke, fell silent or brought nonsense
  };
  Kind kind = Kind::kLost;
  std::string message;  ///< one sentence for people
  std::optional<signaling::ErrorCode> error;
  std::optional<signaling::GoodbyeReason> goodbye;
};

}  // namespace sluice::client
