#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <span>

#include "sfu/message_framing.h"
#include "sfu/websocket_codec.h"
#include "signaling/limits.h"

namespace sluice::sfu {

enum class IncomingKind : std::uint8_t {
  kNone,     ///< nothing whole is left; `missing` bytes must arrive before another call helps
  kControl,  ///< docs/protocol.md sections 3 and 4
  kMedia,    ///< docs/protocol.md section 5
  kPing,     ///< to be answered with a pong of the same payload
  kPong,     ///< nothing to do
  kClose,    ///< the client ends the session with `close_code`: answer, and read no further
};

/// What the reader found, and what the caller does with its buffer before the next call: drop
/// `consumed` bytes from the front, and keep exactly `remaining` bytes after them.
struct IncomingMessage {
  IncomingKind kind = IncomingKind::kNone;
  std::span<const std::byte> payload;  ///< borrows from the buffer, until the caller drops it
  std::size_t consumed = 0;
  std::size_t remaining = 0;
  std::size_t missing = 1;
  std::uint16_t close_code = websocket_close::kNoCode;
};

/// A client broke the framing: nothing behind it can be read.
struct FramingFault {
  enum class Answer : std::uint8_t {
    kTooLarge,    ///< the error `too_large`
    kBadFraming,  ///< the error `bad_framing`
    kCloseFrame,  ///< no error but a close frame with `close_code`: RFC 6455 section 7.1.7
  };
  Answer answer = Answer::kBadFraming;
  std::uint16_t close_code = websocket_close::kNoCode;
  const char* description = "";  ///< static
};

/// Cuts what a session's client sends into messages, in either framing.
///
/// The caller keeps one contiguous receive buffer of `buffer_bytes(limits)`, appends what arrives,
/// and calls `read` until it says kNone. Nothing is copied and nothing allocated.
/// Source: docs/protocol.md section 1.
class MessageReader {
 public:
  MessageReader(MessageFraming framing, const signaling::Limits& limits);

  /// What a receive buffer must be able to hold, whatever the framing.
  [[nodiscard]] static std::size_t buffer_bytes(const signaling::Limits& limits);

  /// Reads on. `received`: all bytes received and not yet dropped, oldest first; WebSocket payloads
  /// are unmasked in place. Not to be called after a fault nor after kClose.
  [[nodiscard]] std::expected<IncomingMessage, FramingFault> read(std::span<std::byte> received);

  [[nodiscard]] MessageFraming framing() const {
    return websocket_ ? MessageFraming::kWebSocket : MessageFraming::kRaw;
  }

 private:
  [[nodiscard]] std::expected<IncomingMessage, FramingFault> read_raw(
      std::span<const std::byte> received) const;
  [[nodiscard]] std::expected<IncomingMessage, FramingFault> read_websocket(
      std::span<std::byte> received);

  std::size_t control_bytes_;
  std::size_t media_bytes_;
  std::optional<WebSocketReader> websocket_;  ///< none: raw framing
};

}  // namespace sluice::sfu
