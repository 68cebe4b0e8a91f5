#include "signaling/message_json.h"

namespace sluice::signaling {

namespace {

constexpr std::size_t kRequiredMax = 64;

/// What a peer sent may end in a log or on a screen: short, and ASCII only.
std::string in_quotes(std::string_view text) {
  constexpr std::size_t kShown = 32;
  std::string result = "\"";
  for (const char c : text.substr(0, kShown)) result += c >= 0x20 && c < 0x7F ? c : '?';
  return result + (text.size() > kShown ? "...\"" : "\"");
}

}  // namespace

std::expected<TypedObject, ProtocolError> parse_typed_object(std::string_view text,
                                                             std::size_t bytes_max) {
  if (text.size() > bytes_max) {
    return std::unexpected(protocol_error(
        ErrorCode::kTooLarge, "a control message has at most " + std::to_string(bytes_max) +
                                  " bytes, this one " + std::to_string(text.size())));
  }
  auto object = parse_json_object(text);
  if (!object) {
    return std::unexpected(
        protocol_error(ErrorCode::kBadMessage, "a control message is one JSON object in UTF-8"));
  }
  const auto type = object->find("type");
  if (type == object->end() || !type->is_string()) {
    return std::unexpected(
        protocol_error(ErrorCode::kBadMessage, "a control message has a string member type"));
  }
  std::string word = type->get<std::string>();
  return TypedObject{.object = *std::move(object), .type = std::move(word)};
}

std::optional<ProtocolError> check_required(ObjectReader& reader, const nlohmann::json& object,
                                            std::string_view type) {
  if (!object.contains("required")) return std::nullopt;
  std::optional<ProtocolError> error;
  ObjectReader list{object, error};
  for (const std::string& name : list.texts("required", kRequiredMax, {})) {
    if (name == "type" || name == "required" || reader.knows(name)) continue;
    if (error) break;
    ProtocolError unknown = protocol_error(
        ErrorCode::kUnknownRequired,
        "this version does not know the member " + in_quotes(name) + " of " + std::string{type});
    // Without a common understanding of `hello` there is nothing to go on with.
    unknown.fatal = type == "hello";
    return unknown;
  }
  return error;
}

std::optional<std::uint64_t> readable_id(const nlohmann::json& object) {
  std::optional<ProtocolError> ignored;
  ObjectReader reader{object, ignored};
  const auto id = reader.optional_integer<std::uint64_t>("id", 0, kJsonIntegerMax);
  return ignored ? std::nullopt : id;
}

ProtocolError unknown_type(const std::string& type) {
  return protocol_error(ErrorCode::kUnknownType,
                        "this version does not know the type " + in_quotes(type));
}

std::string to_text(const nlohmann::ordered_json& json) {
  return json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

}  // namespace sluice::signaling
