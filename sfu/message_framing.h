#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "media/chunk_header.h"
#include "sfu/websocket_codec.h"

namespace sluice::sfu {

/// What stands before each message on the way to a client.
enum class MessageFraming : std::uint8_t { kRaw, kWebSocket };

enum class MessageKind : std::uint8_t { kControl, kMedia };

/// The longest that `write_message_prefix` writes.
inline constexpr std::size_t kMessagePrefixBytesMax = kWebSocketHeaderBytesMax;

/// The longest that `write_media_head` writes.
inline constexpr std::size_t kMediaHeadBytesMax =
    kMessagePrefixBytesMax + media::kChunkHeaderBytesMax;

/// Writes what stands before a message of `length` bytes; returns the bytes written.
/// Source: docs/protocol.md sections 1.1 and 1.2.
std::size_t write_message_prefix(MessageFraming framing, MessageKind kind, std::size_t length,
                                 std::span<std::byte, kMessagePrefixBytesMax> out);

/// Bytes of `write_message_prefix`.
[[nodiscard]] std::size_t message_prefix_bytes(MessageFraming framing, std::size_t length);

/// Writes what stands before `payload_bytes` of a frame, prefix and chunk header; returns the bytes
/// written.
std::size_t write_media_head(MessageFraming framing, const media::ChunkHeader& header,
                             std::size_t payload_bytes,
                             std::span<std::byte, kMediaHeadBytesMax> out);

}  // namespace sluice::sfu
