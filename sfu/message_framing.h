#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "sfu/websocket_codec.h"

namespace sluice::sfu {

/// What stands before each message on the way to a client.
enum class MessageFraming : std::uint8_t { kRaw, kWebSocket };

enum class MessageKind : std::uint8_t { kControl, kMedia };

/// The longest that `write_message_prefix` writes.
inline constexpr std::size_t kMessagePrefixBytesMax = kWebSocketHeaderBytesMax;

/// Writes what stands before a message of `length` bytes; returns the bytes written.
/// Source: docs/protocol.md sections 1.1 and 1.2.
std::size_t write_message_prefix(MessageFraming framing, MessageKind kind, std::size_t length,
                                 std::span<std::byte, kMessagePrefixBytesMax> out);

}  // namespace sluice::sfu
