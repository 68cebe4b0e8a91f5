#pragma once

#include <openssl/ssl.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace sluice::integration {

using SteadyTime = std::chrono::steady_clock::time_point;

/// The ways into the one port.
enum class Route : std::uint8_t { kRaw, kWebSocket, kTlsRaw, kTlsWebSocket };

[[nodiscard]] const char* name_of(Route route);

/// How to connect; the socket options are what makes a reader slow to the sender's eye.
struct WireOptions {
  Route route = Route::kRaw;
  int receive_buffer_bytes = 0;  ///< SO_RCVBUF; 0 leaves it to the kernel
  int segment_bytes_max = 0;     ///< TCP_MAXSEG; 0 leaves it to the kernel
};

/// One message from the server.
struct WireMessage {
  bool binary = false;
  std::string bytes;
  SteadyTime arrived;
};

/// A TCP or TLS connection to the server that can say anything, well-formed or not.
///
/// Nothing in here is shared with the server: framing, masking and handshakes are written anew
/// from docs/protocol.md and RFC 6455, so that a fault of the server is not mirrored.
/// Reads never block; writes wait for at most 5 s. Failures to connect throw.
class WireClient {
 public:
  /// Connects and, over TLS, shakes hands. Says nothing of the protocol yet.
  WireClient(std::uint16_t port, const WireOptions& options);
  WireClient(const WireClient&) = delete;
  WireClient& operator=(const WireClient&) = delete;
  ~WireClient();

  /// Sends the magic of raw framing or upgrades to WebSocket, as the route asks for.
  void open();

  void send_text(std::string_view text);
  void send_binary(std::string_view message);
  /// One WebSocket frame with exactly these first two bits and this opcode, masked.
  void send_websocket_frame(std::uint8_t first_byte, std::string_view payload, bool masked = true);
  /// Bytes as they are, through TLS when there is TLS. False when the server has closed.
  bool send_bytes(std::string_view bytes);
  /// Shuts the sending direction.
  void finish_sending();

  /// Reads what is there, at most `bytes_max` bytes of the connection; returns how many it was.
  std::size_t read(std::size_t bytes_max = 1 << 20);
  /// True when bytes may be read now, waiting for at most `timeout`.
  [[nodiscard]] bool wait_readable(std::chrono::milliseconds timeout) const;
  /// Reads until the server closes or `timeout` is over; true when it closed.
  bool read_until_closed(std::chrono::milliseconds timeout);

  /// Whole messages that arrived and were not taken yet.
  [[nodiscard]] std::deque<WireMessage>& inbox() { return inbox_; }
  /// Bytes that are no whole message yet, or that came before `open`.
  [[nodiscard]] const std::string& unparsed() const { return received_; }
  [[nodiscard]] bool closed() const { return closed_; }
  /// The code of the WebSocket close frame, when one came.
  [[nodiscard]] std::optional<std::uint16_t> close_code() const { return close_code_; }
  [[nodiscard]] int fd() const { return fd_; }

 private:
  void upgrade();
  void parse();
  bool parse_raw();
  bool parse_websocket();

  Route route_;
  int fd_ = -1;
  std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> tls_context_{nullptr, SSL_CTX_free};
  std::unique_ptr<SSL, decltype(&SSL_free)> tls_{nullptr, SSL_free};
  bool open_ = false;
  bool closed_ = false;
  std::optional<std::uint16_t> close_code_;
  std::string received_;
  std::deque<WireMessage> inbox_;
};

}  // namespace sluice::integration
