#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace sluice::sfu {

/// True when a page of `origin` (the value of the Origin header; empty when it was missing) may
/// open a WebSocket on `host` (the value of the Host header).
///
/// Allowed are: programs that are not browsers, and so send no Origin; pages of the same host and
/// port; the origins listed, compared without regard to case; with `*` in the list, every origin.
/// Without this check any page on the web could join, through its visitor's browser, a server that
/// only the visitor can reach. Source: RFC 6455 section 10.2.
[[nodiscard]] bool origin_allowed(std::string_view origin, std::string_view host,
                                  const std::vector<std::string>& allowed_origins);

/// True for `scheme://host` or `scheme://host:port` with http or https, without a path, and for
/// `*`.
[[nodiscard]] bool is_origin(std::string_view text);

}  // namespace sluice::sfu
