#pragma once

#include <openssl/ssl.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>

#include "tests/bench/load/message_cutter.h"

namespace sluice::bench {

/// Where and how all connections of a run connect, on the loopback address.
struct Target {
  std::uint16_t port = 0;
  Wire wire = Wire::kRaw;
  SSL_CTX* tls = nullptr;  ///< null: plain
};

/// One client connection of the load generator. Failures throw std::runtime_error.
class LoadConnection {
 public:
  /// Connects, shakes hands and opens the framing, waiting for each; from then on nothing waits
  /// but sending to a full socket.
  explicit LoadConnection(const Target& target);
  ~LoadConnection();
  LoadConnection(const LoadConnection&) = delete;
  LoadConnection& operator=(const LoadConnection&) = delete;

  [[nodiscard]] int descriptor() const { return descriptor_; }

  void send_control(std::string_view json) { send_message(false, json); }
  void send_media(std::string_view message) { send_message(true, message); }
  void send_bytes(std::string_view bytes);

  /// Reads what is there and hands over each message that it finishes.
  void read(const std::function<void(CutMessage)>& on_message);

 private:
  void connect_tls(SSL_CTX* context);
  void upgrade();
  void send_message(bool media, std::string_view body);
  /// Says now that what was read is here.
  void acknowledge();
  /// Bytes read; 0 when there are none.
  std::size_t receive(std::byte* into, std::size_t bytes);

  Wire wire_;
  int descriptor_ = -1;
  std::unique_ptr<SSL, decltype(&SSL_free)> tls_{nullptr, SSL_free};
  MessageCutter cutter_;
  std::string sending_;  ///< kept between calls for its memory
};

}  // namespace sluice::bench
