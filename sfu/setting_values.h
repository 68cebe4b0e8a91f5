#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <string_view>

namespace sluice::sfu {

// How the text of a setting becomes a value. Errors are what stands behind the colon of a fault:
// `must be 1 to 65535`.

/// A whole number in decimal, from `min` to `max`.
[[nodiscard]] std::expected<std::uint64_t, std::string> parse_number(std::string_view text,
                                                                     std::uint64_t min,
                                                                     std::uint64_t max);

/// A whole number with a unit: `400ms`, `30s`, `5m`, `1h`. Only 0 may stand without: what a bare
/// number means, each reader would guess differently.
[[nodiscard]] std::expected<std::chrono::milliseconds, std::string> parse_duration(
    std::string_view text, std::chrono::milliseconds min, std::chrono::milliseconds max);

/// `text` unchanged when it is an IPv4 or IPv6 address.
[[nodiscard]] std::expected<std::string, std::string> parse_address(std::string_view text);

/// True for 127.0.0.0/8 and ::1: only programs on this machine get there.
[[nodiscard]] bool is_loopback(const std::string& address);

/// True for 0.0.0.0 and ::, all interfaces at once.
[[nodiscard]] bool is_any_address(const std::string& address);

/// A switch: `true` or `false`.
[[nodiscard]] std::expected<bool, std::string> parse_switch(std::string_view text);

/// The one of `names` that a person who typed `name` probably meant; empty when none is near.
[[nodiscard]] std::string_view nearest_name(std::string_view name,
                                            std::span<const std::string_view> names);

}  // namespace sluice::sfu
