#pragma once

#include <cstddef>
#include <expected>
#include <string>
#include <string_view>

namespace sluice::client {

/// Fetches `http://host[:port]/path`, without TLS: for the admin address of a server, which has
/// none.
///
/// Waits 10 s at most. The error is one sentence: no connection, another status than 200 with what
/// the server said, or more than `bytes_max`.
[[nodiscard]] std::expected<std::string, std::string> http_get(std::string_view url,
                                                               std::size_t bytes_max);

}  // namespace sluice::client
