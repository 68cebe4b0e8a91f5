#include "signaling/json_reader.h"

#include <algorithm>
#include <utility>

namespace sluice::signaling {

namespace {

const nlohmann::json& empty_object() {
  static const nlohmann::json kEmpty = nlohmann::json::object();
  return kEmpty;
}

/// Whether arrays and objects nest deeper than allowed.
///
/// Up to the first error the strings found here are those that the parser will find, so bad JSON
/// cannot hide depth from this scan: the parser stops at that error too.
bool too_deep(std::string_view text) {
  std::size_t depth = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\') {
        ++i;
      } else if (c == '"') {
        in_string = false;
      }
    } else if (c == '"') {
      in_string = true;
    } else if (c == '{' || c == '[') {
      if (++depth > kJsonDepthMax) return true;
    } else if ((c == '}' || c == ']') && depth > 0) {
      --depth;
    }
  }
  return false;
}

// U+0080 to U+009F too: a terminal takes U+009B for the beginning of a command.
bool has_control_characters(std::string_view utf8) {
  for (std::size_t i = 0; i < utf8.size(); ++i) {
    const auto byte = static_cast<unsigned char>(utf8[i]);
    if (byte < 0x20 || byte == 0x7F) return true;
    if (byte == 0xC2 && i + 1 < utf8.size() && static_cast<unsigned char>(utf8[i + 1]) < 0xA0) {
      return true;
    }
  }
  return false;
}

bool follows(std::string_view text, ObjectReader::Text rule) {
  switch (rule) {
    case ObjectReader::Text::kAny:
      return true;
    case ObjectReader::Text::kNoControl:
      return !has_control_characters(text);
    case ObjectReader::Text::kPrintableAscii:
      return std::ranges::all_of(text, [](char c) { return c >= 0x20 && c < 0x7F; });
  }
  return false;
}

std::string range_message(std::uint64_t min, std::uint64_t max) {
  return "must be an integer from " + std::to_string(min) + " to " + std::to_string(max);
}

std::optional<std::uint64_t> integer_in(const nlohmann::json& value, std::uint64_t min,
                                        std::uint64_t max) {
  // The parser makes every integer without a minus sign an unsigned one.
  if (!value.is_number_unsigned()) return std::nullopt;
  const auto number = value.get<std::uint64_t>();
  if (number < min || number > max) return std::nullopt;
  return number;
}

}  // namespace

std::optional<nlohmann::json> parse_json_object(std::string_view text) {
  if (too_deep(text)) return std::nullopt;
  // Without exceptions the parser returns a discarded value; it checks UTF-8 in strings and takes
  // nothing but ASCII outside them.
  nlohmann::json value = nlohmann::json::parse(text, nullptr, false);
  if (!value.is_object()) return std::nullopt;
  return value;
}

ObjectReader::ObjectReader(const nlohmann::json& object, std::optional<ProtocolError>& error,
                           std::string path)
    : object_(object), error_(error), path_(std::move(path)) {}

std::string ObjectReader::text(const char* name, const TextRule& rule) {
  const nlohmann::json* value = find_required(name);
  return value == nullptr ? std::string{} : check_text(name, *value, rule);
}

std::optional<std::string> ObjectReader::optional_text(const char* name, const TextRule& rule) {
  const nlohmann::json* value = find(name);
  if (value == nullptr) return std::nullopt;
  return check_text(name, *value, rule);
}

bool ObjectReader::boolean(const char* name) {
  const nlohmann::json* value = find_required(name);
  if (value == nullptr) return false;
  if (!value->is_boolean()) {
    fail(name, "must be true or false");
    return false;
  }
  return value->get<bool>();
}

bool ObjectReader::boolean_or(const char* name, bool otherwise) {
  return has(name) ? boolean(name) : otherwise;
}

ObjectReader ObjectReader::object(const char* name) {
  const nlohmann::json* value = find_required(name);
  if (value != nullptr && !value->is_object()) {
    fail(name, "must be an object");
    value = nullptr;
  }
  return {value == nullptr ? empty_object() : *value, error_, path_ + name + "."};
}

std::vector<std::string> ObjectReader::texts(const char* name, std::size_t count_max,
                                             const TextRule& rule) {
  std::vector<std::string> result;
  const nlohmann::json* list = array(name, count_max);
  if (list == nullptr) return result;
  result.reserve(list->size());
  for (const nlohmann::json& value : *list) result.push_back(check_text(name, value, rule));
  return result;
}

std::vector<std::uint32_t> ObjectReader::integers(const char* name, std::size_t count_max) {
  std::vector<std::uint32_t> result;
  const nlohmann::json* list = array(name, count_max);
  if (list == nullptr) return result;
  result.reserve(list->size());
  constexpr std::uint64_t kMax = std::numeric_limits<std::uint32_t>::max();
  for (const nlohmann::json& value : *list) {
    const auto number = integer_in(value, 0, kMax);
    if (!number) {
      fail(name, "must hold integers from 0 to 4294967295");
      return result;
    }
    result.push_back(static_cast<std::uint32_t>(*number));
  }
  return result;
}

bool ObjectReader::has(const char* name) { return find(name) != nullptr; }

bool ObjectReader::knows(std::string_view name) const {
  return std::ranges::find(known_, name) != known_.end();
}

void ObjectReader::fail(const char* name, std::string_view what) {
  if (error_) return;
  error_ = protocol_error(ErrorCode::kInvalidField, path_ + name + " " + std::string{what});
}

const nlohmann::json* ObjectReader::find(const char* name) {
  if (!knows(name)) known_.emplace_back(name);
  const auto found = object_.find(name);
  return found == object_.end() ? nullptr : &*found;
}

const nlohmann::json* ObjectReader::find_required(const char* name) {
  const nlohmann::json* value = find(name);
  if (value == nullptr) fail(name, "is missing");
  return value;
}

std::uint64_t ObjectReader::read_integer(const char* name, std::uint64_t min, std::uint64_t max) {
  const nlohmann::json* value = find_required(name);
  if (value == nullptr) return min;
  const auto number = integer_in(*value, min, max);
  if (!number) fail(name, range_message(min, max));
  return number.value_or(min);
}

const nlohmann::json* ObjectReader::array(const char* name, std::size_t count_max) {
  const nlohmann::json* value = find_required(name);
  if (value == nullptr) return nullptr;
  if (!value->is_array() || value->size() > count_max) {
    fail(name, "must be an array of at most " + std::to_string(count_max));
    return nullptr;
  }
  return value;
}

ObjectReader ObjectReader::element(const char* name, const nlohmann::json& list,
                                   std::size_t index) {
  const nlohmann::json& value = list[index];
  if (!value.is_object()) fail(name, "must hold objects");
  return {value.is_object() ? value : empty_object(), error_,
          path_ + name + "[" + std::to_string(index) + "]."};
}

std::string ObjectReader::check_text(const char* name, const nlohmann::json& value,
                                     const TextRule& rule) {
  if (!value.is_string()) {
    fail(name, "must be a string");
    return {};
  }
  const auto& text = value.get_ref<const std::string&>();
  if (text.size() < rule.bytes_min) {
    fail(name, rule.bytes_min == 1
                   ? "must not be empty"
                   : "must have at least " + std::to_string(rule.bytes_min) + " bytes");
  } else if (text.size() > rule.bytes_max) {
    fail(name, "must have at most " + std::to_string(rule.bytes_max) + " bytes");
  } else if (!follows(text, rule.text)) {
    fail(name, rule.text == Text::kNoControl ? "must not hold control characters"
                                             : "must be printable ASCII");
  } else {
    return text;
  }
  return {};
}

}  // namespace sluice::signaling
