#include "sfu/setting_values.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <numeric>
#include <optional>
#include <utility>
#include <vector>

namespace sluice::sfu {
namespace {

struct Unit {
  std::string_view suffix;
  std::uint64_t milliseconds;
};
constexpr std::array<Unit, 4> kUnits = {{{"ms", 1}, {"s", 1000}, {"m", 60'000}, {"h", 3'600'000}}};

std::optional<std::uint64_t> whole_number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::string describe_duration(std::chrono::milliseconds duration) {
  const auto count = static_cast<std::uint64_t>(duration.count());
  for (auto unit = kUnits.rbegin(); unit != kUnits.rend(); ++unit) {
    if (count != 0 && count % unit->milliseconds == 0) {
      return std::to_string(count / unit->milliseconds) + std::string{unit->suffix};
    }
  }
  return "0";
}

// Insertions, deletions and replacements between two names.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({replaced, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row.back();
}

}  // namespace

std::expected<std::uint64_t, std::string> parse_number(std::string_view text, std::uint64_t min,
                                                       std::uint64_t max) {
  const auto value = whole_number(text);
  if (!value || *value < min || *value > max) {
    return std::unexpected{"must be a whole number from " + std::to_string(min) + " to " +
                           std::to_string(max)};
  }
  return *value;
}

std::expected<std::chrono::milliseconds, std::string> parse_duration(
    std::string_view text, std::chrono::milliseconds min, std::chrono::milliseconds max) {
  const auto fault = [&] {
    return std::unexpected{"must be a duration from " + describe_duration(min) + " to " +
                           describe_duration(max) + ", with its unit: 400ms, 30s, 5m or 1h"};
  };
  const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  const auto number = whole_number(text.substr(0, digits));
  const std::string_view suffix = text.substr(digits);
  const auto* unit = std::ranges::find(kUnits, suffix, &Unit::suffix);
  const bool bare_zero = number == 0U && suffix.empty();
  if (!number || (unit == kUnits.end() && !bare_zero)) return fault();

  const std::uint64_t factor = bare_zero ? 1 : unit->milliseconds;
  if (*number > static_cast<std::uint64_t>(max.count()) / factor) return fault();
  const std::chrono::milliseconds value{static_cast<std::int64_t>(*number * factor)};
  if (value < min) return fault();
  return value;
}

std::expected<std::string, std::string> parse_address(std::string_view text) {
  std::string address{text};
  std::array<unsigned char, sizeof(in6_addr)> bytes{};
  if (inet_pton(AF_INET, address.c_str(), bytes.data()) != 1 &&
      inet_pton(AF_INET6, address.c_str(), bytes.data()) != 1) {
    return std::unexpected{
        "must be an IP address (127.0.0.1 or ::1 for this machine only, 0.0.0.0 or :: for all "
        "interfaces)"};
  }
  return address;
}

bool is_loopback(const std::string& address) {
  in6_addr v6{};
  if (inet_pton(AF_INET6, address.c_str(), &v6) == 1) return IN6_IS_ADDR_LOOPBACK(&v6);
  in_addr v4{};
  return inet_pton(AF_INET, address.c_str(), &v4) == 1 && ntohl(v4.s_addr) >> 24 == 127;
}

bool is_any_address(const std::string& address) {
  in6_addr v6{};
  if (inet_pton(AF_INET6, address.c_str(), &v6) == 1) return IN6_IS_ADDR_UNSPECIFIED(&v6);
  in_addr v4{};
  return inet_pton(AF_INET, address.c_str(), &v4) == 1 && v4.s_addr == 0;
}

std::expected<bool, std::string> parse_switch(std::string_view text) {
  if (text == "true") return true;
  if (text == "false") return false;
  return std::unexpected{"must be true or false"};
}

std::string_view nearest_name(std::string_view name, std::span<const std::string_view> names) {
  // Two letters exchanged, or a third of them wrong, is still a slip; more is another word.
  std::size_t best = name.size() / 3 + 2;
  std::string_view nearest;
  for (const std::string_view candidate : names) {
    const std::size_t distance = edit_distance(name, candidate);
    if (distance < best) {
      best = distance;
      nearest = candidate;
    }
  }
  return nearest;
}

}  // namespace sluice::sfu
