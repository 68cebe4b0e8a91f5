#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>

namespace sluice::bench {

/// What the peer speaks. The bare limit speaks raw framing without magic and control messages.
enum class Wire : std::uint8_t { kLimit, kRaw, kWebSocket };

/// One message as it arrived: a control message whole, of a media message the first bytes.
struct CutMessage {
  bool media = false;
  std::size_t length = 0;
  std::string_view bytes;  ///< until the handler returns
};

/// Cuts a received stream into messages without keeping payloads: the load generator reads what a
/// thousand subscribers are sent, and must cost less than the server it measures.
class MessageCutter {
 public:
  /// More than the longest chunk header (46 bytes).
  static constexpr std::size_t kMediaBytesKept = 48;

  explicit MessageCutter(Wire wire) : wire_{wire} {}

  /// Takes the next bytes of the stream, and hands `on_message` each message that they finish.
  /// Throws std::runtime_error on what the server never sends.
  void feed(std::span<const std::byte> bytes, const std::function<void(CutMessage)>& on_message);

 private:
  /// True once the prefix is whole; `kind_` and `left_` then describe the message.
  bool take_prefix_byte(std::byte byte);

  Wire wire_;
  std::string prefix_;
  bool in_body_ = false;
  bool media_ = false;
  std::size_t length_ = 0;
  std::size_t left_ = 0;  ///< bytes of the body that have not come yet
  std::string kept_;
};

}  // namespace sluice::bench
