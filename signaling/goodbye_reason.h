#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace sluice::signaling {

/// Why a connection or a participant ends. Source: docs/protocol.md section 4.11.
enum class GoodbyeReason : std::uint8_t {
  kLeft,
  kDuplicateIdentity,
  kRemoved,
  kRoomClosed,
  kServerShutdown,
  kConnectionLost,
  kError,
  kTooSlow,
};

inline constexpr std::array kGoodbyeReasons{
    GoodbyeReason::kLeft,       GoodbyeReason::kDuplicateIdentity, GoodbyeReason::kRemoved,
    GoodbyeReason::kRoomClosed, GoodbyeReason::kServerShutdown,    GoodbyeReason::kConnectionLost,
    GoodbyeReason::kError,      GoodbyeReason::kTooSlow,
};

[[nodiscard]] std::string_view to_string(GoodbyeReason reason);
[[nodiscard]] std::optional<GoodbyeReason> goodbye_reason_from_string(std::string_view text);

}  // namespace sluice::signaling
