#include "sfu/websocket_codec.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::sfu {
namespace {

using Bytes = std::vector<std::byte>;
using Kind = WebSocketEventKind;

constexpr std::uint8_t kContinuation = 0;
constexpr std::uint8_t kText = 1;
constexpr std::uint8_t kBinary = 2;
constexpr std::uint8_t kClose = 8;
constexpr std::uint8_t kPing = 9;
constexpr std::uint8_t kPong = 10;
constexpr std::uint8_t kFin = 0x80;

// A frame as a client sends it.
Bytes frame(std::uint8_t first, std::string_view payload) {
  Bytes out = {std::byte{first}};
  if (payload.size() < 126) {
    out.push_back(static_cast<std::byte>(0x80 | payload.size()));
  } else {
    const std::size_t length_bytes = payload.size() < 65536 ? 2 : 8;
    out.push_back(length_bytes == 2 ? std::byte{0xFE} : std::byte{0xFF});
    for (std::size_t i = length_bytes; i-- > 0;) {
      out.push_back(static_cast<std::byte>(payload.size() >> (8 * i)));
    }
  }
  const std::array<std::byte, 4> mask = {std::byte{0x12}, std::byte{0xAB}, std::byte{0x00},
                                         static_cast<std::byte>(payload.size())};
  out.insert(out.end(), mask.begin(), mask.end());
  for (std::size_t i = 0; i < payload.size(); ++i) {
    out.push_back(static_cast<std::byte>(payload[i]) ^ mask[i % 4]);
  }
  return out;
}

Bytes operator+(Bytes a, const Bytes& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

struct Seen {
  Kind kind;
  std::string payload;
  std::uint16_t close_code;
  bool operator==(const Seen&) const = default;
};

Seen text(std::string payload) { return {Kind::kText, std::move(payload), 1005}; }

// A connection's receive buffer, of exactly the size that the reader promises to suffice.
class Connection {
 public:
  explicit Connection(const WebSocketLimits& limits = {})
      : reader_{limits}, buffer_(WebSocketReader::buffer_bytes(limits)) {}

  // Feeds `bytes`, as much at a time as the buffer takes.
  void receive(std::span<const std::byte> bytes) {
    while (!bytes.empty() && !fault && !closed_) {
      const std::size_t taken = std::min(bytes.size(), buffer_.size() - size_);
      ASSERT_GT(taken, 0U) << "the buffer is full, and the reader wants more";
      std::ranges::copy(bytes.first(taken), buffer_.begin() + static_cast<std::ptrdiff_t>(size_));
      size_ += taken;
      bytes = bytes.subspan(taken);
      read_all();
    }
  }

  std::vector<Seen> seen;
  std::optional<WebSocketFault> fault;
  std::size_t missing = 0;

 private:
  void read_all() {
    while (true) {
      const auto event = reader_.read(std::span{buffer_}.first(size_));
      if (!event) {
        fault = event.error();
        return;
      }
      ASSERT_LE(event->consumed + event->remaining, size_);
      if (event->kind == Kind::kNeedMore) {
        ASSERT_GT(event->missing, 0U);
        missing = event->missing;
      } else {
        seen.push_back({event->kind,
                        std::string{reinterpret_cast<const char*>(event->payload.data()),
                                    event->payload.size()},
                        event->close_code});
      }
      const auto front = buffer_.begin() + static_cast<std::ptrdiff_t>(event->consumed);
      std::copy_n(front, event->remaining, buffer_.begin());
      size_ = event->remaining;
      if (event->kind == Kind::kNeedMore) return;
      closed_ = event->kind == Kind::kClose;
      if (closed_) return;
    }
  }

  WebSocketReader reader_;
  Bytes buffer_;
  std::size_t size_ = 0;
  bool closed_ = false;
};

std::optional<WebSocketFault> fault_of(const Bytes& bytes, const WebSocketLimits& limits = {}) {
  Connection connection{limits};
  connection.receive(bytes);
  return connection.fault;
}

TEST(WebSocketReader, ReadsTheExampleOfTheRfc) {
  // RFC 6455 section 5.7: a masked "Hello".
  Connection connection;
  connection.receive(std::as_bytes(std::span{"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58", 11}));
  EXPECT_EQ(connection.seen, std::vector{text("Hello")});
}

TEST(WebSocketReader, GivesTheSameMessagesWhereverTheStreamIsCut) {
  const Bytes stream =
      frame(kFin | kText, "first") + frame(kBinary, "frag") + frame(kFin | kPing, "are you there") +
      frame(kContinuation, "") + frame(kContinuation, "ments") + frame(kFin | kPong, "") +
      frame(kFin | kContinuation, " of one") + frame(kFin | kBinary, std::string(200, 'b')) +
      frame(kFin | kText, "") + frame(kFin | kClose, "\x03\xE8 bye");
  const std::vector<Seen> expected = {text("first"),
                                      {Kind::kPing, "are you there", 1005},
                                      {Kind::kPong, "", 1005},
                                      {Kind::kBinary, "fragments of one", 1005},
                                      {Kind::kBinary, std::string(200, 'b'), 1005},
                                      text(""),
                                      {Kind::kClose, " bye", 1000}};
  for (std::size_t cut = 0; cut <= stream.size(); ++cut) {
    Connection connection;
    connection.receive(std::span{stream}.first(cut));
    connection.receive(std::span{stream}.subspan(cut));
    ASSERT_EQ(connection.seen, expected) << "cut at " << cut;
  }
  Connection by_bytes;
  for (const std::byte& byte : stream) by_bytes.receive(std::span{&byte, 1});
  EXPECT_EQ(by_bytes.seen, expected);
}

TEST(WebSocketReader, SaysExactlyHowMuchIsMissing) {
  Connection connection;
  const Bytes message = frame(kFin | kBinary, std::string(1000, 'x'));
  connection.receive(std::span{message}.first(1));
  EXPECT_EQ(connection.missing, 1U);
  connection.receive(std::span{message}.subspan(1, 2));
  EXPECT_EQ(connection.missing, 5U);
  connection.receive(std::span{message}.subspan(3, 105));
  EXPECT_EQ(connection.missing, 900U);
}

TEST(WebSocketReader, TakesMessagesOfEveryFormOfLength) {
  for (const std::size_t bytes : {0U, 1U, 125U, 126U, 127U, 65535U, 65536U, 65537U}) {
    Connection connection{{.text_bytes = 10, .binary_bytes = 70000}};
    const std::string payload(bytes, 'p');
    connection.receive(frame(kFin | kBinary, payload) + frame(kFin | kText, "next"));
    EXPECT_EQ(connection.seen, (std::vector<Seen>{{Kind::kBinary, payload, 1005}, text("next")}));
  }
}

TEST(WebSocketReader, FitsAMessageOfThousandsOfFragmentsInItsBuffer) {
  const WebSocketLimits limits{.text_bytes = 100, .binary_bytes = 1000};
  Bytes stream = frame(kBinary, "");
  for (int i = 0; i < 1000; ++i) {
    stream = stream + frame(kContinuation, "x") + frame(kFin | kPing, std::string(125, 'p'));
    stream = stream + frame(kContinuation, "");
  }
  stream = stream + frame(kFin | kContinuation, "");
  Connection connection{limits};
  connection.receive(stream);
  ASSERT_FALSE(connection.fault);
  ASSERT_EQ(connection.seen.size(), 1001U);
  EXPECT_EQ(connection.seen.back(), (Seen{Kind::kBinary, std::string(1000, 'x'), 1005}));
}

TEST(WebSocketReader, RefusesAMessageOverItsLimitByItsHeader) {
  const WebSocketLimits limits{.text_bytes = 10, .binary_bytes = 20};
  EXPECT_FALSE(fault_of(frame(kFin | kText, std::string(10, 'x')), limits));
  EXPECT_FALSE(fault_of(frame(kFin | kBinary, std::string(20, 'x')), limits));
  const auto header_of = [](const Bytes& whole) { return Bytes{whole.begin(), whole.begin() + 6}; };
  EXPECT_EQ(fault_of(header_of(frame(kFin | kText, std::string(11, 'x'))), limits),
            WebSocketFault::kTooLarge);
  EXPECT_EQ(fault_of(header_of(frame(kFin | kBinary, std::string(21, 'x'))), limits),
            WebSocketFault::kTooLarge);
  const Bytes huge = {std::byte{0x82}, std::byte{0xFF}, std::byte{0x7F}, std::byte{0xFF},
                      std::byte{0xFF}, std::byte{0xFF}, std::byte{0xFF}, std::byte{0xFF},
                      std::byte{0xFF}, std::byte{0xFF}, std::byte{0},    std::byte{0},
                      std::byte{0},    std::byte{0}};
  EXPECT_EQ(fault_of(huge, limits), WebSocketFault::kTooLarge);
}

TEST(WebSocketReader, CountsAllFragmentsAgainstTheLimit) {
  const WebSocketLimits limits{.text_bytes = 10, .binary_bytes = 20};
  EXPECT_FALSE(fault_of(frame(kText, "12345") + frame(kFin | kContinuation, "67890"), limits));
  EXPECT_EQ(fault_of(frame(kText, "12345") + frame(kFin | kContinuation, "678901"), limits),
            WebSocketFault::kTooLarge);
}

TEST(WebSocketReader, RefusesEveryBreachOfFraming) {
  for (int first = 0; first < 256; ++first) {
    const auto fault = fault_of(frame(static_cast<std::uint8_t>(first), ""));
    const int opcode = first & 0x0F;
    const bool fin = (first & 0x80) != 0;
    if ((first & 0x70) != 0) {
      EXPECT_EQ(fault, WebSocketFault::kReservedBits) << first;
    } else if ((opcode > 2 && opcode < 8) || opcode > 10) {
      EXPECT_EQ(fault, WebSocketFault::kReservedOpcode) << first;
    } else if (opcode >= 8 && !fin) {
      EXPECT_EQ(fault, WebSocketFault::kFragmentedControl) << first;
    } else if (opcode == 0) {
      EXPECT_EQ(fault, WebSocketFault::kUnexpectedContinuation) << first;
    } else {
      EXPECT_EQ(fault, std::nullopt) << first;
    }
  }
}

TEST(WebSocketReader, RefusesFramesWithoutAMask) {
  EXPECT_EQ(fault_of({std::byte{0x81}, std::byte{0x01}}), WebSocketFault::kUnmasked);
  EXPECT_EQ(fault_of({std::byte{0x89}, std::byte{0x00}}), WebSocketFault::kUnmasked);
}

TEST(WebSocketReader, RefusesLongControlFrames) {
  EXPECT_FALSE(fault_of(frame(kFin | kPing, std::string(125, 'p'))));
  EXPECT_EQ(fault_of(frame(kFin | kPing, std::string(126, 'p'))), WebSocketFault::kLongControl);
}

TEST(WebSocketReader, RefusesANewMessageInsideAFragmentedOne) {
  EXPECT_EQ(fault_of(frame(kText, "a") + frame(kFin | kText, "b")),
            WebSocketFault::kInterruptedMessage);
  EXPECT_EQ(fault_of(frame(kText, "a") + frame(kBinary, "b")), WebSocketFault::kInterruptedMessage);
}

TEST(WebSocketReader, RefusesALengthThatIsNotInItsShortestForm) {
  const auto with_length = [](std::initializer_list<int> bytes) {
    Bytes out = {std::byte{0x82}};
    for (const int byte : bytes) out.push_back(static_cast<std::byte>(byte));
    return out + Bytes(4);
  };
  EXPECT_EQ(fault_of(with_length({0xFE, 0, 125})), WebSocketFault::kBadLength);
  EXPECT_EQ(fault_of(with_length({0xFF, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF})),
            WebSocketFault::kBadLength);
  EXPECT_EQ(fault_of(with_length({0xFF, 0x80, 0, 0, 0, 0, 0, 0, 0})), WebSocketFault::kBadLength);
}

TEST(WebSocketReader, RefusesTextThatIsNotUtf8ButTakesItAsBinary) {
  EXPECT_EQ(fault_of(frame(kFin | kText, "\xC3\x28")), WebSocketFault::kNotUtf8);
  EXPECT_EQ(fault_of(frame(kFin | kBinary, "\xC3\x28")), std::nullopt);
  // A character may be cut by a fragment's border.
  EXPECT_EQ(fault_of(frame(kText, "\xC3") + frame(kFin | kContinuation, "\xA9")), std::nullopt);
  EXPECT_EQ(fault_of(frame(kText, "\xC3") + frame(kFin | kContinuation, "")),
            WebSocketFault::kNotUtf8);
}

TEST(WebSocketReader, TakesExactlyTheCloseCodesThatMayBeSent) {
  for (int code = 0; code < 65536; ++code) {
    const std::string payload = {static_cast<char>(code >> 8), static_cast<char>(code)};
    const auto fault = fault_of(frame(kFin | kClose, payload));
    const bool may = (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) ||
                     (code >= 3000 && code <= 4999);
    ASSERT_EQ(fault, may ? std::nullopt : std::optional{WebSocketFault::kBadClose}) << code;
  }
}

TEST(WebSocketReader, TakesACloseWithoutACodeAndRefusesHalfAOne) {
  Connection connection;
  connection.receive(frame(kFin | kClose, ""));
  EXPECT_EQ(connection.seen, (std::vector<Seen>{{Kind::kClose, "", 1005}}));
  EXPECT_EQ(fault_of(frame(kFin | kClose, "\x03")), WebSocketFault::kBadClose);
  EXPECT_EQ(fault_of(frame(kFin | kClose, "\x03\xE8\xFF")), WebSocketFault::kBadClose);
}

TEST(WebSocketReader, EndsWithTheCloseCodesOfTheProtocolDocument) {
  EXPECT_EQ(close_code(WebSocketFault::kTooLarge), 1009);
  EXPECT_EQ(close_code(WebSocketFault::kNotUtf8), 1007);
  EXPECT_EQ(close_code(WebSocketFault::kReservedBits), 1002);
  EXPECT_EQ(close_code(WebSocketFault::kBadClose), 1002);
}

TEST(ApplyWebSocketMask, AgreesWithTheRfcForEveryLengthAndAlignment) {
  const std::array<std::byte, 4> mask = {std::byte{1}, std::byte{20}, std::byte{0x80},
                                         std::byte{0xFF}};
  for (std::size_t start = 0; start < 9; ++start) {
    for (std::size_t bytes = 0; bytes < 200; ++bytes) {
      Bytes data(start + bytes + 1, std::byte{0x5A});
      apply_websocket_mask(std::span{data}.subspan(start, bytes), mask);
      for (std::size_t i = 0; i < bytes; ++i) {
        ASSERT_EQ(data[start + i], std::byte{0x5A} ^ mask[i % 4]);
      }
      ASSERT_EQ(data.back(), std::byte{0x5A});
    }
  }
}

TEST(WebSocketWriter, WritesTheShortestHeader) {
  std::array<std::byte, kWebSocketHeaderBytesMax> out{};
  EXPECT_EQ(write_websocket_header(WebSocketOpcode::kText, 125, out), 2U);
  EXPECT_EQ(out[0], std::byte{0x81});
  EXPECT_EQ(out[1], std::byte{125});
  EXPECT_EQ(write_websocket_header(WebSocketOpcode::kBinary, 126, out), 4U);
  EXPECT_EQ(out[0], std::byte{0x82});
  EXPECT_EQ(out[1], std::byte{126});
  EXPECT_EQ(out[3], std::byte{126});
  EXPECT_EQ(write_websocket_header(WebSocketOpcode::kBinary, 65535, out), 4U);
  EXPECT_EQ(write_websocket_header(WebSocketOpcode::kBinary, 65536, out), 10U);
  EXPECT_EQ(out[1], std::byte{127});
  EXPECT_EQ(out[7], std::byte{1});
  EXPECT_EQ(out[9], std::byte{0});
}

TEST(WebSocketWriter, WritesCloseFrames) {
  std::array<std::byte, kWebSocketCloseBytesMax> out{};
  ASSERT_EQ(write_websocket_close(1008, "no", out), 6U);
  const Bytes expected = {std::byte{0x88}, std::byte{4},   std::byte{0x03},
                          std::byte{0xF0}, std::byte{'n'}, std::byte{'o'}};
  EXPECT_TRUE(std::ranges::equal(expected, std::span{out}.first(6)));
  EXPECT_EQ(write_websocket_close(websocket_close::kNoCode, "", out), 2U);
  // A reason without an address is what an empty string_view holds.
  EXPECT_EQ(write_websocket_close(1000, std::string_view{}, out), 4U);
}

TEST(WebSocketWriter, CutsALongReasonBetweenTwoCharacters) {
  std::array<std::byte, kWebSocketCloseBytesMax> out{};
  EXPECT_EQ(write_websocket_close(1000, std::string(123, 'x'), out), 127U);
  EXPECT_EQ(write_websocket_close(1000, std::string(124, 'x'), out), 127U);
  EXPECT_EQ(write_websocket_close(1000, std::string(122, 'x') + "é", out), 126U);
}

}  // namespace
}  // namespace sluice::sfu
