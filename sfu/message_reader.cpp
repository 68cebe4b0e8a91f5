#include "sfu/message_reader.h"

#include "media/raw_framing.h"

namespace sluice::sfu {
namespace {

using Answer = FramingFault::Answer;

WebSocketLimits websocket_limits(const signaling::Limits& limits) {
  return {.text_bytes = limits.control_bytes, .binary_bytes = limits.chunk_bytes};
}

IncomingKind kind_of(WebSocketEventKind kind) {
  switch (kind) {
    case WebSocketEventKind::kNeedMore:
      return IncomingKind::kNone;
    case WebSocketEventKind::kText:
      return IncomingKind::kControl;
    case WebSocketEventKind::kBinary:
      return IncomingKind::kMedia;
    case WebSocketEventKind::kPing:
      return IncomingKind::kPing;
    case WebSocketEventKind::kPong:
      return IncomingKind::kPong;
    case WebSocketEventKind::kClose:
      return IncomingKind::kClose;
  }
  return IncomingKind::kNone;
}

}  // namespace

MessageReader::MessageReader(MessageFraming framing, const signaling::Limits& limits)
    : control_bytes_{limits.control_bytes}, media_bytes_{limits.chunk_bytes} {
  if (framing == MessageFraming::kWebSocket) websocket_.emplace(websocket_limits(limits));
}

std::size_t MessageReader::buffer_bytes(const signaling::Limits& limits) {
  // A WebSocket message has the longer framing around it.
  return WebSocketReader::buffer_bytes(websocket_limits(limits));
}

std::expected<IncomingMessage, FramingFault> MessageReader::read(std::span<std::byte> received) {
  return websocket_ ? read_websocket(received) : read_raw(received);
}

std::expected<IncomingMessage, FramingFault> MessageReader::read_raw(
    std::span<const std::byte> received) const {
  const auto message = media::read_raw_message(
      received, {.control_bytes = control_bytes_, .media_bytes = media_bytes_});
  if (!message) {
    const bool too_large = message.error() == media::RawError::kTooLarge;
    return std::unexpected{
        FramingFault{.answer = too_large ? Answer::kTooLarge : Answer::kBadFraming,
                     .description = media::describe(message.error())}};
  }
  if (!message->whole()) {
    return IncomingMessage{.remaining = received.size(), .missing = message->missing};
  }
  const bool control = message->kind == media::RawKind::kControl;
  return IncomingMessage{.kind = control ? IncomingKind::kControl : IncomingKind::kMedia,
                         .payload = message->body,
                         .consumed = message->consumed,
                         .remaining = received.size() - message->consumed};
}

std::expected<IncomingMessage, FramingFault> MessageReader::read_websocket(
    std::span<std::byte> received) {
  const auto event = websocket_->read(received);
  if (!event) {
    const bool too_large = event.error() == WebSocketFault::kTooLarge;
    return std::unexpected{
        FramingFault{.answer = too_large ? Answer::kTooLarge : Answer::kCloseFrame,
                     .close_code = close_code(event.error()),
                     .description = describe(event.error())}};
  }
  const bool need_more = event->kind == WebSocketEventKind::kNeedMore;
  return IncomingMessage{.kind = kind_of(event->kind),
                         .payload = event->payload,
                         .consumed = event->consumed,
                         .remaining = event->remaining,
                         .missing = need_more ? event->missing : 1,
                         .close_code = event->close_code};
}

}  // namespace sluice::sfu
