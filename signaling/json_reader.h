#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "signaling/protocol_error.h"

namespace sluice::signaling {

/// Deeper JSON is refused before it is parsed; our deepest message has a depth of six
/// (`joined`: participants, a participant, tracks, a track, encodings, an encoding).
inline constexpr std::size_t kJsonDepthMax = 12;

/// The greatest integer that every JSON implementation keeps exactly: 2^53 - 1.
inline constexpr std::uint64_t kJsonIntegerMax = (std::uint64_t{1} << 53U) - 1;

/// Parses one JSON object; never throws, whatever the bytes.
///
/// Nothing when `text` is not UTF-8, not JSON, not an object, or deeper than `kJsonDepthMax`.
[[nodiscard]] std::optional<nlohmann::json> parse_json_object(std::string_view text);

/// Reads the members of one JSON object and remembers the first thing that is wrong.
///
/// A read that fails returns a harmless value, so a caller reads everything and looks at `error()`
/// once. Names that were asked for are the names that this version knows: `required` is held
/// against them.
class ObjectReader {
 public:
  /// Both outlive the reader. `path` leads error messages to members of nested objects.
  ObjectReader(const nlohmann::json& object, std::optional<ProtocolError>& error,
               std::string path = {});

  enum class Text : std::uint8_t {
    kAny,        ///< any Unicode
    kNoControl,  ///< no control characters: names are shown, logged and compared
    kPrintableAscii,
  };
  struct TextRule {
    std::size_t bytes_min = 0;
    std::size_t bytes_max = std::numeric_limits<std::size_t>::max();
    Text text = Text::kAny;
  };

  [[nodiscard]] std::string text(const char* name, const TextRule& rule);
  [[nodiscard]] std::optional<std::string> optional_text(const char* name, const TextRule& rule);

  /// An integer of `Integer`'s type within `min` and `max`.
  template <typename Integer>
  [[nodiscard]] Integer integer(const char* name, std::uint64_t min, std::uint64_t max) {
    static_assert(std::numeric_limits<Integer>::is_integer);
    return static_cast<Integer>(read_integer(name, min, max));
  }
  template <typename Integer>
  [[nodiscard]] std::optional<Integer> optional_integer(const char* name, std::uint64_t min,
                                                        std::uint64_t max) {
    if (!has(name)) return std::nullopt;
    return integer<Integer>(name, min, max);
  }

  [[nodiscard]] bool boolean(const char* name);
  [[nodiscard]] bool boolean_or(const char* name, bool otherwise);

  /// A member that must be an object, and a reader for it; an empty object when it is not there.
  [[nodiscard]] ObjectReader object(const char* name);

  /// A word of a fixed vocabulary; `from_string` returns an optional.
  template <typename FromString>
  [[nodiscard]] auto word(const char* name, FromString from_string) {
    const std::string spelled = text(name, {});
    const auto value = from_string(spelled);
    if (!value) fail(name, "is none of the words that this version knows");
    return value.value_or(typename decltype(value)::value_type{});
  }

  /// Calls `read` with a reader for each object of the array `name`, at most `count_max`.
  template <typename Read>
  void objects(const char* name, std::size_t count_max, Read read) {
    const nlohmann::json* list = array(name, count_max);
    if (list == nullptr) return;
    for (std::size_t i = 0; i < list->size() && !error_; ++i) {
      ObjectReader reader = element(name, *list, i);
      if (!error_) read(reader);
    }
  }

  /// The strings of the array `name`; each follows `rule`.
  [[nodiscard]] std::vector<std::string> texts(const char* name, std::size_t count_max,
                                               const TextRule& rule);
  /// The integers of the array `name`.
  [[nodiscard]] std::vector<std::uint32_t> integers(const char* name, std::size_t count_max);

  /// Whether the member is there; the name counts as known.
  [[nodiscard]] bool has(const char* name);
  /// Whether `name` was asked for.
  [[nodiscard]] bool knows(std::string_view name) const;

  /// Records `kInvalidField` for the member, unless something was wrong before.
  void fail(const char* name, std::string_view what);

 private:
  [[nodiscard]] const nlohmann::json* find(const char* name);
  [[nodiscard]] const nlohmann::json* find_required(const char* name);
  [[nodiscard]] std::uint64_t read_integer(const char* name, std::uint64_t min, std::uint64_t max);
  [[nodiscard]] const nlohmann::json* array(const char* name, std::size_t count_max);
  [[nodiscard]] ObjectReader element(const char* name, const nlohmann::json& list,
                                     std::size_t index);
  [[nodiscard]] std::string check_text(const char* name, const nlohmann::json& value,
                                       const TextRule& rule);

  const nlohmann::json& object_;
  std::optional<ProtocolError>& error_;
  std::string path_;
  std::vector<std::string_view> known_;
};

}  // namespace sluice::signaling
