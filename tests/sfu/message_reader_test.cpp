#include "sfu/message_reader.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "media/raw_framing.h"

namespace sluice::sfu {
namespace {

using Bytes = std::vector<std::byte>;

constexpr signaling::Limits kLimits{.control_bytes = 100, .chunk_bytes = 300};

Bytes operator+(Bytes a, const Bytes& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

Bytes raw_message(std::uint8_t kind, std::size_t length) {
  Bytes bytes(media::kRawPrefixBytes + length, std::byte{'x'});
  media::write_raw_prefix(media::RawKind{kind}, length, std::span{bytes}.first<4>());
  return bytes;
}

// A client's frame of up to 65535 bytes; a mask of zeros leaves them readable.
Bytes websocket_frame(std::uint8_t opcode, std::size_t length) {
  Bytes bytes{std::byte(0x80 | opcode)};
  if (length < 126) {
    bytes.push_back(std::byte(0x80 | length));
  } else {
    for (const std::size_t byte : {std::size_t{0x80 | 126}, length >> 8, length & 0xff}) {
      bytes.push_back(static_cast<std::byte>(byte));
    }
  }
  bytes.resize(bytes.size() + 4, std::byte{0});
  bytes.resize(bytes.size() + length, std::byte{'x'});
  return bytes;
}

struct Seen {
  IncomingKind kind;
  std::size_t bytes;
  bool operator==(const Seen&) const = default;
};

// All messages of `bytes`, of which the first `cut` arrive before the rest.
std::vector<Seen> read_all(MessageFraming framing, const Bytes& bytes, std::size_t cut) {
  MessageReader reader{framing, kLimits};
  Bytes buffer;
  std::vector<Seen> seen;
  for (const auto& piece : {std::span{bytes}.first(cut), std::span{bytes}.subspan(cut)}) {
    buffer.insert(buffer.end(), piece.begin(), piece.end());
    for (;;) {
      const auto message = reader.read(buffer);
      if (!message) {
        ADD_FAILURE() << message.error().description;
        return seen;
      }
      if (message->kind != IncomingKind::kNone) {
        seen.push_back({message->kind, message->payload.size()});
      }
      EXPECT_GE(message->missing, 1U) << "nobody reads for no bytes";
      const auto front = buffer.begin() + static_cast<std::ptrdiff_t>(message->consumed);
      buffer = Bytes(front, front + static_cast<std::ptrdiff_t>(message->remaining));
      if (message->kind == IncomingKind::kNone) break;
    }
  }
  EXPECT_TRUE(buffer.empty());
  return seen;
}

TEST(MessageReader, FindsTheSameMessagesInBothFramingsWhereverTheyAreCut) {
  const std::vector<Seen> expected = {{IncomingKind::kControl, 100}, {IncomingKind::kMedia, 300}};
  const Bytes raw = raw_message(1, 100) + raw_message(2, 300);
  for (std::size_t cut = 0; cut <= raw.size(); ++cut) {
    ASSERT_EQ(read_all(MessageFraming::kRaw, raw, cut), expected) << "cut at " << cut;
  }
  const Bytes websocket = websocket_frame(1, 100) + websocket_frame(2, 300);
  for (std::size_t cut = 0; cut <= websocket.size(); ++cut) {
    ASSERT_EQ(read_all(MessageFraming::kWebSocket, websocket, cut), expected) << "cut at " << cut;
  }
}

TEST(MessageReader, TellsPingPongAndCloseFromMessages) {
  const std::vector<Seen> expected = {{IncomingKind::kPing, 3}, {IncomingKind::kPong, 0}};
  EXPECT_EQ(read_all(MessageFraming::kWebSocket, websocket_frame(9, 3) + websocket_frame(10, 0), 0),
            expected);
  MessageReader reader{MessageFraming::kWebSocket, kLimits};
  Bytes close = websocket_frame(8, 2);
  close[close.size() - 2] = std::byte{1001 >> 8};
  close[close.size() - 1] = std::byte{1001 & 0xff};
  const auto closed = reader.read(close);
  ASSERT_TRUE(closed);
  EXPECT_EQ(closed->kind, IncomingKind::kClose);
  EXPECT_EQ(closed->close_code, 1001);
}

// How the first message of `bytes` is answered, which is a fault.
FramingFault fault(MessageFraming framing, Bytes bytes) {
  MessageReader reader{framing, kLimits};
  const auto message = reader.read(bytes);
  if (message) ADD_FAILURE() << "the message was taken";
  return message ? FramingFault{} : message.error();
}

TEST(MessageReader, RefusesWhatIsOverItsLimitInEitherFraming) {
  EXPECT_EQ(fault(MessageFraming::kRaw, raw_message(1, 101)).answer,
            FramingFault::Answer::kTooLarge);
  EXPECT_EQ(fault(MessageFraming::kRaw, raw_message(2, 301)).answer,
            FramingFault::Answer::kTooLarge);
  EXPECT_EQ(fault(MessageFraming::kWebSocket, websocket_frame(1, 101)).answer,
            FramingFault::Answer::kTooLarge);
  EXPECT_EQ(fault(MessageFraming::kWebSocket, websocket_frame(2, 301)).answer,
            FramingFault::Answer::kTooLarge);
}

TEST(MessageReader, AnswersABreachAsItsFramingKnowsHow) {
  EXPECT_EQ(fault(MessageFraming::kRaw, raw_message(3, 1)).answer,
            FramingFault::Answer::kBadFraming);
  const FramingFault reserved = fault(MessageFraming::kWebSocket, websocket_frame(3, 1));
  EXPECT_EQ(reserved.answer, FramingFault::Answer::kCloseFrame);
  EXPECT_EQ(reserved.close_code, websocket_close::kProtocolError);
}

}  // namespace
}  // namespace sluice::sfu
