#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <span>
#include <string_view>

namespace sluice::sfu {

/// The greatest sizes of a message, over all its fragments. Defaults: docs/protocol.md 2.
struct WebSocketLimits {
  std::size_t text_bytes = 65536;
  std::size_t binary_bytes = 65536;
};

/// The close codes that Sluice sends (docs/protocol.md 1.2; RFC 6455 section 7.4.1).
namespace websocket_close {
inline constexpr std::uint16_t kNormal = 1000;
inline constexpr std::uint16_t kGoingAway = 1001;
inline constexpr std::uint16_t kProtocolError = 1002;
inline constexpr std::uint16_t kNoCode = 1005;  // never on the wire: "the frame had no code"
inline constexpr std::uint16_t kNotUtf8 = 1007;
inline constexpr std::uint16_t kPolicyViolation = 1008;
inline constexpr std::uint16_t kTooLarge = 1009;
}  // namespace websocket_close

/// A breach by the client. The connection ends with `close_code(fault)`.
enum class WebSocketFault : std::uint8_t {
  kReservedBits,            ///< RSV1 to RSV3: no extension was negotiated
  kReservedOpcode,          ///< 3 to 7 or 11 to 15
  kUnmasked,                ///< a client must mask every frame
  kLongControl,             ///< a control frame of more than 125 bytes
  kFragmentedControl,       ///< a control frame without FIN
  kUnexpectedContinuation,  ///< a continuation without a message to continue
  kInterruptedMessage,      ///< a new message inside a fragmented one
  kBadLength,               ///< a length not in its shortest form, or of 2^63 and more
  kTooLarge,                ///< the message is over its limit; found at the frame header
  kBadClose,                ///< a close frame with one byte, a code that must not be sent, or a
                            ///< reason that is not UTF-8
  kNotUtf8,                 ///< a text message that is not UTF-8
};

[[nodiscard]] const char* describe(WebSocketFault fault);
[[nodiscard]] std::uint16_t close_code(WebSocketFault fault);

enum class WebSocketEventKind : std::uint8_t {
  kNeedMore,  ///< nothing whole is left; `missing` bytes must arrive before another call helps
  kText,
  kBinary,
  kPing,   ///< to be answered with a pong of the same payload
  kPong,   ///< nothing to do
  kClose,  ///< `close_code` and, in `payload`, the reason: answer with a close, read no further
};

/// What the reader found, and what the caller does with its buffer before the next call: drop
/// `consumed` bytes from the front, and keep exactly `remaining` bytes after them.
///
/// (`remaining` is less than what was there when the headers between two fragments were squeezed
/// out, so that a message of any number of fragments fits a buffer of bounded size.)
struct WebSocketEvent {
  WebSocketEventKind kind = WebSocketEventKind::kNeedMore;
  /// The unmasked message; borrows from `received`, until the caller drops or overwrites it.
  std::span<std::byte> payload;
  std::size_t consumed = 0;
  std::size_t remaining = 0;
  std::size_t missing = 0;
  std::uint16_t close_code = websocket_close::kNoCode;
};

/// Reads what a client sends after the handshake, without I/O and without copying whole messages.
///
/// The caller keeps one contiguous receive buffer, appends what arrives, and calls `read` until it
/// says kNeedMore. Payloads are unmasked in place, as far as they are there; fragments are moved
/// together, each byte at most once. Control frames between fragments come out at once.
///
/// Bound: a buffer of `buffer_bytes(limits)` can always take what is `missing`.
/// Source: RFC 6455 section 5.
class WebSocketReader {
 public:
  explicit WebSocketReader(const WebSocketLimits& limits) : limits_{limits} {}

  /// The size of a receive buffer that suffices for every message within `limits`: a header before
  /// the message, and one control frame or header behind it.
  [[nodiscard]] static constexpr std::size_t buffer_bytes(const WebSocketLimits& limits) {
    const std::size_t message =
        limits.text_bytes > limits.binary_bytes ? limits.text_bytes : limits.binary_bytes;
    return kHeaderBytesMax + message + kHeaderBytesMax + kControlBytesMax;
  }

  /// Reads on. `received`: all bytes received and not yet dropped, oldest first.
  /// Errors: a breach of the protocol; the reader must not be used after one, nor after kClose.
  [[nodiscard]] std::expected<WebSocketEvent, WebSocketFault> read(std::span<std::byte> received);

 private:
  // A client's header: 2 bytes, 8 of length, 4 of mask.
  static constexpr std::size_t kHeaderBytesMax = 14;
  static constexpr std::size_t kControlBytesMax = 125;

  struct FrameHeader;
  enum class Opcode : std::uint8_t;

  [[nodiscard]] static std::expected<FrameHeader, WebSocketFault> parse_header(
      std::span<const std::byte> bytes);
  [[nodiscard]] std::expected<void, WebSocketFault> begin_data_frame(const FrameHeader& header);
  [[nodiscard]] std::expected<WebSocketEvent, WebSocketFault> finish_message(
      std::span<std::byte> received);
  [[nodiscard]] std::expected<WebSocketEvent, WebSocketFault> read_control(
      const FrameHeader& header, std::span<std::byte> received);
  [[nodiscard]] WebSocketEvent need_more(std::span<std::byte> received, std::size_t missing);
  void take_payload(std::span<std::byte> received);

  WebSocketLimits limits_;

  // Offsets in the caller's buffer. Between two messages all three are 0; inside one, its payload
  // so far is [begin, end), and what was not looked at yet begins at next.
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::size_t next_ = 0;

  bool in_message_ = false;
  bool text_ = false;

  // The data frame whose payload is arriving.
  bool in_frame_ = false;
  bool final_frame_ = false;
  std::uint64_t frame_missing_ = 0;
  std::array<std::byte, 4> mask_{};  // rotated to the next payload byte
};

/// Exclusive-ors `bytes` with the repeated `mask`, beginning with mask[0], at memory speed.
void apply_websocket_mask(std::span<std::byte> bytes, std::array<std::byte, 4> mask);

/// What the server sends. It never masks and never fragments.
enum class WebSocketOpcode : std::uint8_t {
  kText = 1,
  kBinary = 2,
  kClose = 8,
  kPing = 9,
  kPong = 10,
};

/// The longest header of a server's frame, and the longest close frame.
inline constexpr std::size_t kWebSocketHeaderBytesMax = 10;
inline constexpr std::size_t kWebSocketCloseBytesMax = 127;

/// Writes the header of a frame with `payload_bytes` of payload to the front of `out`.
/// Returns the bytes written: 2, 4 or 10. `out` holds at least that many.
std::size_t write_websocket_header(WebSocketOpcode opcode, std::size_t payload_bytes,
                                   std::span<std::byte> out);

/// Writes a whole close frame; a `reason` over 123 bytes is cut at a character boundary.
/// With the code kNoCode the frame has no payload. Returns the bytes written.
std::size_t write_websocket_close(std::uint16_t code, std::string_view reason,
                                  std::span<std::byte, kWebSocketCloseBytesMax> out);

}  // namespace sluice::sfu
