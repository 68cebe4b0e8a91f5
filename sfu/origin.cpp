#include "sfu/origin.h"

#include <algorithm>
#include <cctype>
#include <optional>
#include <ranges>

namespace sluice::sfu {
namespace {

std::string lower(std::string_view text) {
  std::string result{text};
  std::ranges::transform(result, result.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return result;
}

// What follows the scheme and its `//`, lower-case, without the default port; nullopt when `origin`
// is not one of http or https.
std::optional<std::string> authority_of(std::string_view origin) {
  std::string text = lower(origin);
  for (const auto& [scheme, default_port] :
       {std::pair{std::string_view{"http://"}, std::string_view{":80"}},
        std::pair{std::string_view{"https://"}, std::string_view{":443"}}}) {
    if (!text.starts_with(scheme)) continue;
    text.erase(0, scheme.size());
    if (text.ends_with(default_port)) text.erase(text.size() - default_port.size());
    return text;
  }
  return std::nullopt;
}

}  // namespace

bool origin_allowed(std::string_view origin, std::string_view host,
                    const std::vector<std::string>& allowed_origins) {
  if (origin.empty()) return true;
  const auto listed = [&](const std::string& allowed) {
    return allowed == "*" || lower(allowed) == lower(origin);
  };
  if (std::ranges::any_of(allowed_origins, listed)) return true;

  // Host has no scheme: behind a proxy that ends TLS we would not know it. Leaving out the default
  // port of the origin's scheme on both sides makes the two comparable.
  const auto authority = authority_of(origin);
  if (!authority || authority->empty()) return false;
  const bool secure = lower(origin).starts_with("https://");
  return *authority == authority_of((secure ? "https://" : "http://") + std::string{host});
}

bool is_origin(std::string_view text) {
  if (text == "*") return true;
  const auto authority = authority_of(text);
  return authority && !authority->empty() &&
         authority->find_first_of("/?#@ \t") == std::string::npos;
}

}  // namespace sluice::sfu
