#include "tests/bench/load/message_cutter.h"

#include <algorithm>
#include <stdexcept>

namespace sluice::bench {
namespace {

std::size_t big_endian(std::string_view bytes) {
  std::size_t value = 0;
  for (const char byte : bytes) value = value << 8 | static_cast<std::uint8_t>(byte);
  return value;
}

}  // namespace

bool MessageCutter::take_prefix_byte(std::byte byte) {
  prefix_.push_back(static_cast<char>(byte));
  const auto at = [this](std::size_t index) { return static_cast<std::uint8_t>(prefix_[index]); };
  if (wire_ != Wire::kWebSocket) {
    if (prefix_.size() < 4) return false;
    media_ = at(0) == 2;
    left_ = big_endian(std::string_view{prefix_}.substr(1));
    return true;
  }
  if (prefix_.size() < 2) return false;
  const std::size_t length_bytes = at(1) == 127 ? 8 : at(1) == 126 ? 2 : 0;
  if (prefix_.size() < 2 + length_bytes) return false;
  if (at(0) != 0x81 && at(0) != 0x82) throw std::runtime_error("the server ended the WebSocket");
  media_ = at(0) == 0x82;
  left_ = length_bytes == 0 ? at(1) : big_endian(std::string_view{prefix_}.substr(2));
  return true;
}

void MessageCutter::feed(std::span<const std::byte> bytes,
                         const std::function<void(CutMessage)>& on_message) {
  while (!bytes.empty()) {
    if (!in_body_) {
      in_body_ = take_prefix_byte(bytes.front());
      bytes = bytes.subspan(1);
      if (!in_body_) continue;
      length_ = left_;
      prefix_.clear();
      kept_.clear();
    }
    const std::size_t there = std::min(left_, bytes.size());
    const std::size_t kept =
        media_ ? std::min(there, kMediaBytesKept - std::min(kMediaBytesKept, kept_.size())) : there;
    kept_.append(reinterpret_cast<const char*>(bytes.data()), kept);
    bytes = bytes.subspan(there);
    left_ -= there;
    if (left_ > 0) return;
    in_body_ = false;
    on_message({.media = media_, .length = length_, .bytes = kept_});
  }
}

}  // namespace sluice::bench
