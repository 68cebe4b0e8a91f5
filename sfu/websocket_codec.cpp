#include "sfu/websocket_codec.h"

#include <algorithm>
#include <cstring>

#include "media/invariant.h"
#include "sfu/utf8.h"

namespace sluice::sfu {

enum class WebSocketReader::Opcode : std::uint8_t {
  kContinuation = 0,
  kText = 1,
  kBinary = 2,
  kClose = 8,
  kPing = 9,
  kPong = 10,
};

struct WebSocketReader::FrameHeader {
  std::size_t bytes = 0;    ///< of the header itself; 0 when it is not whole yet
  std::size_t missing = 0;  ///< of the header, when it is not whole
  bool final_frame = false;
  Opcode opcode{};
  std::uint64_t payload_bytes = 0;
  std::array<std::byte, 4> mask{};
};

namespace {

constexpr std::size_t kMaskBytes = 4;

// RFC 6455 section 7.4 and the registry it founded: 1004 to 1006 and 1015 only exist beside the
// wire, 1012 to 1014 were registered later, 3000 to 4999 belong to libraries and applications.
bool may_be_sent(std::uint16_t code) {
  return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) ||
         (code >= 3000 && code <= 4999);
}

std::uint64_t read_big_endian(std::span<const std::byte> bytes) {
  std::uint64_t value = 0;
  for (const std::byte byte : bytes) value = value << 8 | std::to_integer<std::uint64_t>(byte);
  return value;
}

}  // namespace

const char* describe(WebSocketFault fault) {
  switch (fault) {
    case WebSocketFault::kReservedBits:
      return "a reserved bit is set, but no extension was negotiated";
    case WebSocketFault::kReservedOpcode:
      return "reserved opcode";
    case WebSocketFault::kUnmasked:
      return "a frame of a client must be masked";
    case WebSocketFault::kLongControl:
      return "a control frame has more than 125 bytes";
    case WebSocketFault::kFragmentedControl:
      return "a control frame must not be fragmented";
    case WebSocketFault::kUnexpectedContinuation:
      return "continuation without a message";
    case WebSocketFault::kInterruptedMessage:
      return "a new message inside a fragmented one";
    case WebSocketFault::kBadLength:
      return "a length is not in its shortest form";
    case WebSocketFault::kTooLarge:
      return "the message is longer than the limit announced in hello";
    case WebSocketFault::kBadClose:
      return "invalid close frame";
    case WebSocketFault::kNotUtf8:
      return "a text message is not UTF-8";
  }
  return "unknown";
}

std::uint16_t close_code(WebSocketFault fault) {
  switch (fault) {
    case WebSocketFault::kTooLarge:
      return websocket_close::kTooLarge;
    case WebSocketFault::kNotUtf8:
      return websocket_close::kNotUtf8;
    default:
      return websocket_close::kProtocolError;
  }
}

void apply_websocket_mask(std::span<std::byte> bytes, std::array<std::byte, 4> mask) {
  std::uint32_t half = 0;
  std::memcpy(&half, mask.data(), sizeof half);
  const std::uint64_t word_mask = std::uint64_t{half} << 32 | half;

  // Blocks of a fixed size through memcpy: compilers turn the inner loop into vector instructions.
  constexpr std::size_t kBlock = 64;
  std::byte* at = bytes.data();
  std::size_t left = bytes.size();
  for (; left >= kBlock; at += kBlock, left -= kBlock) {
    std::array<std::uint64_t, kBlock / sizeof(std::uint64_t)> words;
    std::memcpy(words.data(), at, kBlock);
    for (std::uint64_t& word : words) word ^= word_mask;
    std::memcpy(at, words.data(), kBlock);
  }
  for (std::size_t i = 0; i < left; ++i) at[i] ^= mask[i % mask.size()];
}

std::expected<WebSocketReader::FrameHeader, WebSocketFault> WebSocketReader::parse_header(
    std::span<const std::byte> bytes) {
  FrameHeader header;
  if (bytes.size() < 2) {
    header.missing = 2 - bytes.size();
    return header;
  }
  const auto first = std::to_integer<std::uint8_t>(bytes[0]);
  const auto second = std::to_integer<std::uint8_t>(bytes[1]);
  header.final_frame = (first & 0x80) != 0;
  header.opcode = static_cast<Opcode>(first & 0x0F);
  const std::uint8_t short_length = second & 0x7F;

  // All that the first two bytes can say is refused before the rest of the header arrives.
  if ((first & 0x70) != 0) return std::unexpected{WebSocketFault::kReservedBits};
  switch (header.opcode) {
    case Opcode::kContinuation:
    case Opcode::kText:
    case Opcode::kBinary:
      break;
    case Opcode::kClose:
    case Opcode::kPing:
    case Opcode::kPong:
      if (!header.final_frame) return std::unexpected{WebSocketFault::kFragmentedControl};
      if (short_length > kControlBytesMax) return std::unexpected{WebSocketFault::kLongControl};
      break;
    default:
      return std::unexpected{WebSocketFault::kReservedOpcode};
  }
  if ((second & 0x80) == 0) return std::unexpected{WebSocketFault::kUnmasked};

  const std::size_t length_bytes = short_length == 127 ? 8 : short_length == 126 ? 2 : 0;
  const std::size_t header_bytes = 2 + length_bytes + kMaskBytes;
  if (bytes.size() < header_bytes) {
    header.missing = header_bytes - bytes.size();
    return header;
  }
  header.payload_bytes =
      length_bytes == 0 ? short_length : read_big_endian(bytes.subspan(2, length_bytes));
  if ((length_bytes == 2 && header.payload_bytes < 126) ||
      (length_bytes == 8 && (header.payload_bytes < 65536 || header.payload_bytes >> 63 != 0))) {
    return std::unexpected{WebSocketFault::kBadLength};
  }
  std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(2 + length_bytes), kMaskBytes,
              header.mask.begin());
  header.bytes = header_bytes;
  return header;
}

std::expected<void, WebSocketFault> WebSocketReader::begin_data_frame(const FrameHeader& header) {
  const bool continuation = header.opcode == Opcode::kContinuation;
  if (continuation && !in_message_) {
    return std::unexpected{WebSocketFault::kUnexpectedContinuation};
  }
  if (!continuation && in_message_) return std::unexpected{WebSocketFault::kInterruptedMessage};
  if (!continuation) text_ = header.opcode == Opcode::kText;

  const std::size_t limit = text_ ? limits_.text_bytes : limits_.binary_bytes;
  if (header.payload_bytes > limit - (end_ - begin_)) {
    return std::unexpected{WebSocketFault::kTooLarge};
  }
  next_ += header.bytes;
  if (!continuation) begin_ = end_ = next_;
  in_message_ = true;
  in_frame_ = true;
  final_frame_ = header.final_frame;
  frame_missing_ = header.payload_bytes;
  mask_ = header.mask;
  return {};
}

// Unmasks what has arrived of the frame, and moves it up to the message before it.
void WebSocketReader::take_payload(std::span<std::byte> received) {
  const std::size_t there =
      static_cast<std::size_t>(std::min<std::uint64_t>(frame_missing_, received.size() - next_));
  if (there == 0) return;
  if (next_ != end_) std::memmove(received.data() + end_, received.data() + next_, there);
  apply_websocket_mask(received.subspan(end_, there), mask_);
  std::rotate(mask_.begin(), mask_.begin() + static_cast<std::ptrdiff_t>(there % mask_.size()),
              mask_.end());
  end_ += there;
  next_ += there;
  frame_missing_ -= there;
}

std::expected<WebSocketEvent, WebSocketFault> WebSocketReader::finish_message(
    std::span<std::byte> received) {
  WebSocketEvent event;
  event.kind = text_ ? WebSocketEventKind::kText : WebSocketEventKind::kBinary;
  event.payload = received.subspan(begin_, end_ - begin_);
  event.consumed = next_;
  event.remaining = received.size() - next_;
  begin_ = end_ = next_ = 0;
  in_message_ = false;
  if (text_ && !is_utf8(event.payload)) return std::unexpected{WebSocketFault::kNotUtf8};
  return event;
}

std::expected<WebSocketEvent, WebSocketFault> WebSocketReader::read_control(
    const FrameHeader& header, std::span<std::byte> received) {
  const auto payload_bytes = static_cast<std::size_t>(header.payload_bytes);
  const std::size_t frame_bytes = header.bytes + payload_bytes;
  const std::size_t there = received.size() - next_;
  if (there < frame_bytes) return need_more(received, frame_bytes - there);

  WebSocketEvent event;
  event.payload = received.subspan(next_ + header.bytes, payload_bytes);
  apply_websocket_mask(event.payload, header.mask);
  next_ += frame_bytes;
  if (!in_message_) {
    event.consumed = next_;
    next_ = 0;
  }
  event.remaining = received.size() - event.consumed;

  if (header.opcode == Opcode::kPing) {
    event.kind = WebSocketEventKind::kPing;
  } else if (header.opcode == Opcode::kPong) {
    event.kind = WebSocketEventKind::kPong;
  } else {
    event.kind = WebSocketEventKind::kClose;
    if (payload_bytes == 1) return std::unexpected{WebSocketFault::kBadClose};
    if (payload_bytes >= 2) {
      event.close_code = static_cast<std::uint16_t>(read_big_endian(event.payload.first(2)));
      event.payload = event.payload.subspan(2);
      if (!may_be_sent(event.close_code) || !is_utf8(event.payload)) {
        return std::unexpected{WebSocketFault::kBadClose};
      }
    }
  }
  return event;
}

// Squeezes out the headers and control frames between the message so far and what follows, so that
// the buffer never holds more than the message and one incomplete header or control frame.
WebSocketEvent WebSocketReader::need_more(std::span<std::byte> received, std::size_t missing) {
  const std::size_t rest = received.size() - next_;
  if (next_ != end_) {
    if (rest != 0) std::memmove(received.data() + end_, received.data() + next_, rest);
    next_ = end_;
  }
  WebSocketEvent event;
  event.remaining = next_ + rest;
  event.missing = missing;
  return event;
}

std::expected<WebSocketEvent, WebSocketFault> WebSocketReader::read(std::span<std::byte> received) {
  invariant(next_ <= received.size(), "the caller keeps what the WebSocket reader said remains");
  while (true) {
    if (in_frame_) {
      take_payload(received);
      if (frame_missing_ != 0) {
        return need_more(received, static_cast<std::size_t>(frame_missing_));
      }
      in_frame_ = false;
      if (final_frame_) return finish_message(received);
    }
    const auto header = parse_header(received.subspan(next_));
    if (!header) return std::unexpected{header.error()};
    if (header->bytes == 0) return need_more(received, header->missing);
    if (header->opcode >= Opcode::kClose) return read_control(*header, received);
    if (const auto begun = begin_data_frame(*header); !begun) {
      return std::unexpected{begun.error()};
    }
  }
}

std::size_t write_websocket_header(WebSocketOpcode opcode, std::size_t payload_bytes,
                                   std::span<std::byte> out) {
  constexpr std::byte kFin{0x80};
  const std::size_t length_bytes = payload_bytes > 65535 ? 8 : payload_bytes > 125 ? 2 : 0;
  invariant(out.size() >= 2 + length_bytes, "there is room for a WebSocket header");
  out[0] = kFin | static_cast<std::byte>(opcode);
  if (length_bytes == 0) {
    out[1] = static_cast<std::byte>(payload_bytes);
    return 2;
  }
  out[1] = length_bytes == 8 ? std::byte{127} : std::byte{126};
  for (std::size_t i = 0; i < length_bytes; ++i) {
    out[2 + i] = static_cast<std::byte>(payload_bytes >> (8 * (length_bytes - 1 - i)));
  }
  return 2 + length_bytes;
}

std::size_t write_websocket_close(std::uint16_t code, std::string_view reason,
                                  std::span<std::byte, kWebSocketCloseBytesMax> out) {
  constexpr std::size_t kReasonBytesMax = 123;
  if (code == websocket_close::kNoCode) {
    return write_websocket_header(WebSocketOpcode::kClose, 0, out);
  }
  if (reason.size() > kReasonBytesMax) {
    std::size_t cut = kReasonBytesMax;
    // Bytes 10xxxxxx go on with a character: cut before its first byte.
    while (cut > 0 && (static_cast<std::uint8_t>(reason[cut]) & 0xC0) == 0x80) --cut;
    reason = reason.substr(0, cut);
  }
  const std::size_t header =
      write_websocket_header(WebSocketOpcode::kClose, 2 + reason.size(), out);
  out[header] = static_cast<std::byte>(code >> 8);
  out[header + 1] = static_cast<std::byte>(code);
  // Not memcpy: an empty reason may have no address, which memcpy must not be given.
  std::ranges::copy(std::as_bytes(std::span{reason}), out.subspan(header + 2).begin());
  return header + 2 + reason.size();
}

}  // namespace sluice::sfu
