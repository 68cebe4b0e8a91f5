#pragma once

#include <array>
#include <cstddef>
#include <expected>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "signaling/json_reader.h"
#include "signaling/message.h"
#include "signaling/protocol_error.h"

namespace sluice::signaling {

// What the parsers of both directions share. Source: docs/protocol.md section 3.

/// One `type` and how its body is read.
template <typename Body, typename... Context>
struct MessageType {
  std::string_view type;
  Body (*read)(ObjectReader& reader, const Context&... context);
};

/// A parsed object and its `type`.
struct TypedObject {
  nlohmann::json object;
  std::string type;
};

/// Parses `text` as far as its `type`. Errors: kTooLarge, kBadMessage.
[[nodiscard]] std::expected<TypedObject, ProtocolError> parse_typed_object(std::string_view text,
                                                                           std::size_t bytes_max);

/// The error when `required` names a member that `reader` was never asked for.
[[nodiscard]] std::optional<ProtocolError> check_required(ObjectReader& reader,
                                                          const nlohmann::json& object,
                                                          std::string_view type);

/// `id`, when it can be read: even a bad message may be answered by name.
[[nodiscard]] std::optional<std::uint64_t> readable_id(const nlohmann::json& object);

/// The error for a `type` that is in no table.
[[nodiscard]] ProtocolError unknown_type(const std::string& type);

/// Reads a whole message by the table of its direction.
template <typename Body, typename... Context>
[[nodiscard]] std::expected<Message<Body>, ProtocolError> parse_message(
    std::string_view text, std::size_t bytes_max,
    std::span<const MessageType<Body, Context...>> types, const Context&... context) {
  auto typed = parse_typed_object(text, bytes_max);
  if (!typed) return std::unexpected(typed.error());
  const auto id = readable_id(typed->object);
  const auto failed = [&id](ProtocolError error) {
    error.reply_to = id;
    return std::unexpected(std::move(error));
  };
  for (const auto& entry : types) {
    if (entry.type != typed->type) continue;
    std::optional<ProtocolError> error;
    ObjectReader reader{typed->object, error};
    Message<Body> message{};
    message.id = reader.optional_integer<std::uint64_t>("id", 0, kJsonIntegerMax);
    message.reply_to = reader.optional_integer<std::uint64_t>("reply_to", 0, kJsonIntegerMax);
    message.body = entry.read(reader, context...);
    // An unknown required member may change what the others mean, so it is reported first.
    if (auto unknown = check_required(reader, typed->object, entry.type)) {
      return failed(*std::move(unknown));
    }
    if (error) return failed(*std::move(error));
    return message;
  }
  return failed(unknown_type(typed->type));
}

/// An object that begins with `type`, `id` and `reply_to`.
template <typename Body>
[[nodiscard]] nlohmann::ordered_json begin_object(const Message<Body>& message,
                                                  std::string_view type) {
  nlohmann::ordered_json json;
  json["type"] = type;
  if (message.id) json["id"] = *message.id;
  if (message.reply_to) json["reply_to"] = *message.reply_to;
  return json;
}

/// One line; never throws on strings that are not UTF-8.
[[nodiscard]] std::string to_text(const nlohmann::ordered_json& json);

}  // namespace sluice::signaling
