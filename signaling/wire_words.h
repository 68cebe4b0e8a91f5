#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

namespace sluice::signaling {

/// The spelling of an enumerator that counts from 0, out of its enum's list of words.
template <typename Enum, std::size_t Count>
[[nodiscard]] constexpr std::string_view word_of(const std::array<std::string_view, Count>& words,
                                                 Enum value) {
  const auto index = static_cast<std::size_t>(value);
  return index < Count ? words[index] : std::string_view{};
}

/// The enumerator with this spelling, if there is one.
template <typename Enum, std::size_t Count>
[[nodiscard]] constexpr std::optional<Enum> value_of(
    const std::array<std::string_view, Count>& words, std::string_view text) {
  for (std::size_t index = 0; index < Count; ++index) {
    if (words[index] == text) return static_cast<Enum>(index);
  }
  return std::nullopt;
}

}  // namespace sluice::signaling
