#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace sluice::signaling {

/// The stable codes of an `error` message. Source: docs/protocol.md section 3.
enum class ErrorCode : std::uint8_t {
  kBadFraming,
  kTooLarge,
  kBadMessage,
  kInvalidField,
  kUnknownType,
  kUnknownRequired,
  kUnsupportedVersion,
  kOutOfOrder,
  kNotJoined,
  kAlreadyJoined,
  kUnauthorized,
  kNotPermitted,
  kRoomFull,
  kServerFull,
  kLimitReached,
  kUnknownTrack,
  kBadMedia,
  kNotYourTrack,
  kRateLimited,
  kTimeout,
  kInternal,
};

inline constexpr std::array kErrorCodes{
    ErrorCode::kBadFraming,         ErrorCode::kTooLarge,     ErrorCode::kBadMessage,
    ErrorCode::kInvalidField,       ErrorCode::kUnknownType,  ErrorCode::kUnknownRequired,
    ErrorCode::kUnsupportedVersion, ErrorCode::kOutOfOrder,   ErrorCode::kNotJoined,
    ErrorCode::kAlreadyJoined,      ErrorCode::kUnauthorized, ErrorCode::kNotPermitted,
    ErrorCode::kRoomFull,           ErrorCode::kServerFull,   ErrorCode::kLimitReached,
    ErrorCode::kUnknownTrack,       ErrorCode::kBadMedia,     ErrorCode::kNotYourTrack,
    ErrorCode::kRateLimited,        ErrorCode::kTimeout,      ErrorCode::kInternal,
};

/// The code as the wire spells it, e.g. `bad_framing`.
[[nodiscard]] std::string_view to_string(ErrorCode code);
[[nodiscard]] std::optional<ErrorCode> error_code_from_string(std::string_view text);

/// True when the connection always ends with this error. `kUnknownRequired` (in `hello`) and
/// `kRateLimited` (when it goes on) are not fatal by themselves and may be made so.
[[nodiscard]] bool is_fatal(ErrorCode code);

}  // namespace sluice::signaling
