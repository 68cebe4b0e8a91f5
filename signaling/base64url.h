#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace sluice::signaling {

/// Base64 for URLs, without padding. Source: RFC 4648 section 5, RFC 7515 section 2.
[[nodiscard]] std::string base64url_encode(std::string_view bytes);

/// Nothing for a character outside the alphabet (padding too), an impossible length, or bits left
/// over that are not 0: every text has one spelling.
[[nodiscard]] std::optional<std::string> base64url_decode(std::string_view text);

}  // namespace sluice::signaling
