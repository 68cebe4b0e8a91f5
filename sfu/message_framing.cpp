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

}  // namespace sluice::sfu
