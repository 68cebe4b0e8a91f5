#include "signaling/error_code.h"

#include "signaling/wire_words.h"

namespace sluice::signaling {

namespace {

constexpr std::array<std::string_view, kErrorCodes.size()> kWords{
    "bad_framing",      "too_large",           "bad_message",    "invalid_field", "unknown_type",
    "unknown_required", "unsupported_version", "out_of_order",   "not_joined",    "already_joined",
    "unauthorized",     "not_permitted",       "room_full",      "server_full",   "limit_reached",
    "unknown_track",    "bad_media",           "not_your_track", "rate_limited",  "timeout",
    "internal",
};

}  // namespace

std::string_view to_string(ErrorCode code) { return word_of(kWords, code); }

std::optional<ErrorCode> error_code_from_string(std::string_view text) {
  return value_of<ErrorCode>(kWords, text);
}

bool is_fatal(ErrorCode code) {
  switch (code) {
    case ErrorCode::kBadFraming:
    case ErrorCode::kTooLarge:
    case ErrorCode::kBadMessage:
    case ErrorCode::kUnsupportedVersion:
    case ErrorCode::kOutOfOrder:
    case ErrorCode::kUnauthorized:
    case ErrorCode::kRoomFull:
    case ErrorCode::kServerFull:
    case ErrorCode::kBadMedia:
    case ErrorCode::kNotYourTrack:
    case ErrorCode::kTimeout:
    case ErrorCode::kInternal:
      return true;
    case ErrorCode::kInvalidField:
    case ErrorCode::kUnknownType:
    case ErrorCode::kUnknownRequired:
    case ErrorCode::kNotJoined:
    case ErrorCode::kAlreadyJoined:
    case ErrorCode::kNotPermitted:
    case ErrorCode::kLimitReached:
    case ErrorCode::kUnknownTrack:
    case ErrorCode::kRateLimited:
      return false;
  }
  return true;
}

}  // namespace sluice::signaling
