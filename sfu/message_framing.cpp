#include "sfu/message_framing.h"

#include "media/raw_framing.h"

namespace sluice::sfu {

std::size_t write_message_prefix(MessageFraming framing, MessageKind kind, std::size_t length,
                                 std::span<std::byte, kMessagePrefixBytesMax> out) {
  const bool control = kind == MessageKind::kControl;
  if (framing == MessageFraming::kRaw) {
    media::write_raw_prefix(control ? media::RawKind::kControl : media::RawKind::kMedia, length,
                            out.first<media::kRawPrefixBytes>());
    return media::kRawPrefixBytes;
  }
  return write_websocket_header(control ? WebSocketOpcode::kText : WebSocketOpcode::kBinary, length,
                                out);
}

std::size_t message_prefix_bytes(MessageFraming framing, std::size_t length) {
  std::array<std::byte, kMessagePrefixBytesMax> prefix;
  return write_message_prefix(framing, MessageKind::kMedia, length, prefix);
}

std::size_t write_media_head(MessageFraming framing, const media::ChunkHeader& header,
                             std::size_t payload_bytes,
                             std::span<std::byte, kMediaHeadBytesMax> out) {
  const std::size_t header_bytes = media::chunk_header_size(header);
  const std::size_t prefix_bytes =
      write_message_prefix(framing, MessageKind::kMedia, header_bytes + payload_bytes,
                           out.first<kMessagePrefixBytesMax>());
  media::write_chunk_header(header, out.subspan(prefix_bytes));
  return prefix_bytes + header_bytes;
}

}  // namespace sluice::sfu
