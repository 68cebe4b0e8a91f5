#include "tests/integration/wire_client.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <stdexcept>

namespace sluice::integration {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr std::string_view kMagic{"\x89SLUICE\n", 8};

bool is_tls(Route route) { return route == Route::kTlsRaw || route == Route::kTlsWebSocket; }
bool is_websocket(Route route) {
  return route == Route::kWebSocket || route == Route::kTlsWebSocket;
}

bool wait_for(int fd, short events, milliseconds timeout) {
  pollfd waiting{.fd = fd, .events = events, .revents = 0};
  return poll(&waiting, 1, static_cast<int>(timeout.count())) > 0;
}

std::uint8_t byte_at(const std::string& bytes, std::size_t index) {
  return static_cast<std::uint8_t>(bytes[index]);
}

std::size_t big_endian(const std::string& bytes, std::size_t index, std::size_t count) {
  std::size_t value = 0;
  for (std::size_t i = 0; i < count; ++i) value = value << 8 | byte_at(bytes, index + i);
  return value;
}

std::string raw_message(char kind, std::string_view payload) {
  std::string message{kind, static_cast<char>(payload.size() >> 16),
                      static_cast<char>(payload.size() >> 8), static_cast<char>(payload.size())};
  return message.append(payload);
}

}  // namespace

const char* name_of(Route route) {
  constexpr std::array kNames{"Raw", "WebSocket", "TlsRaw", "TlsWebSocket"};
  return kNames[static_cast<std::size_t>(route)];
}

WireClient::WireClient(std::uint16_t port, const WireOptions& options) : route_(options.route) {
  fd_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  // Both are negotiated while connecting, so they must be there before.
  if (options.receive_buffer_bytes > 0) {
    setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &options.receive_buffer_bytes, sizeof(int));
  }
  if (options.segment_bytes_max > 0) {
    setsockopt(fd_, IPPROTO_TCP, TCP_MAXSEG, &options.segment_bytes_max, sizeof(int));
  }
  const int on = 1;
  setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  if (connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    close(fd_);
    throw std::runtime_error("cannot connect to the server");
  }
  fcntl(fd_, F_SETFL, O_NONBLOCK);
  if (!is_tls(route_)) return;
  tls_context_.reset(SSL_CTX_new(TLS_client_method()));
  tls_.reset(SSL_new(tls_context_.get()));
  SSL_set_fd(tls_.get(), fd_);
  for (int result = 0; (result = SSL_connect(tls_.get())) != 1;) {
    const int wants = SSL_get_error(tls_.get(), result);
    const short events = wants == SSL_ERROR_WANT_WRITE ? POLLOUT : POLLIN;
    if ((wants != SSL_ERROR_WANT_READ && wants != SSL_ERROR_WANT_WRITE) ||
        !wait_for(fd_, events, milliseconds{5000})) {
      close(fd_);
      throw std::runtime_error("the TLS handshake failed");
    }
  }
}

WireClient::~WireClient() { close(fd_); }

void WireClient::open() {
  if (is_websocket(route_)) {
    upgrade();
  } else {
    send_bytes(kMagic);
  }
  open_ = true;
  parse();
}

void WireClient::upgrade() {
  send_bytes(
      "GET /ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
      "Sec-WebSocket-Protocol: sluice.v1\r\n\r\n");
  const auto deadline = steady_clock::now() + std::chrono::seconds{5};
  std::size_t end = std::string::npos;
  while ((end = received_.find("\r\n\r\n")) == std::string::npos) {
    if (closed_ || steady_clock::now() > deadline) throw std::runtime_error("no upgrade");
    if (wait_readable(milliseconds{100})) read();
  }
  // The accept value of RFC 6455 section 1.3 for the key above.
  const bool accepted =
      received_.starts_with("HTTP/1.1 101") && received_.find("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=") < end;
  if (!accepted) throw std::runtime_error("upgrade refused: " + received_);
  received_.erase(0, end + 4);
}

void WireClient::send_text(std::string_view text) {
  if (is_websocket(route_)) {
    send_websocket_frame(0x81, text);
  } else {
    send_bytes(raw_message(1, text));
  }
}

void WireClient::send_binary(std::string_view message) {
  if (is_websocket(route_)) {
    send_websocket_frame(0x82, message);
  } else {
    send_bytes(raw_message(2, message));
  }
}

void WireClient::send_websocket_frame(std::uint8_t first_byte, std::string_view payload,
                                      bool masked) {
  std::string frame{static_cast<char>(first_byte)};
  const char mask_bit = masked ? '\x80' : '\0';
  if (payload.size() < 126) {
    frame += static_cast<char>(static_cast<std::size_t>(mask_bit & 0xFF) | payload.size());
  } else if (payload.size() < 65536) {
    frame += static_cast<char>(mask_bit | 126);
    frame += static_cast<char>(payload.size() >> 8);
    frame += static_cast<char>(payload.size());
  } else {
    frame += static_cast<char>(mask_bit | 127);
    for (int shift = 56; shift >= 0; shift -= 8)
      frame += static_cast<char>(payload.size() >> shift);
  }
  constexpr std::array kMask{'\x5A', '\x17', '\xC3', '\x2E'};
  if (masked) frame.append(kMask.data(), kMask.size());
  for (std::size_t i = 0; i < payload.size(); ++i) {
    frame += masked ? static_cast<char>(payload[i] ^ kMask[i % 4]) : payload[i];
  }
  send_bytes(frame);
}

bool WireClient::send_bytes(std::string_view bytes) {
  while (!bytes.empty()) {
    if (tls_) {
      const int count = SSL_write(tls_.get(), bytes.data(), static_cast<int>(bytes.size()));
      if (count > 0) {
        bytes.remove_prefix(static_cast<std::size_t>(count));
        continue;
      }
      const int wants = SSL_get_error(tls_.get(), count);
      if (wants != SSL_ERROR_WANT_WRITE && wants != SSL_ERROR_WANT_READ) return false;
    } else {
      const ssize_t count = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (count > 0) {
        bytes.remove_prefix(static_cast<std::size_t>(count));
        continue;
      }
      if (errno != EAGAIN && errno != EINTR) return false;
    }
    if (!wait_for(fd_, POLLOUT, milliseconds{5000})) return false;
  }
  return true;
}

void WireClient::finish_sending() { shutdown(fd_, SHUT_WR); }

std::size_t WireClient::read(std::size_t bytes_max) {
  std::array<char, 65536> buffer;
  std::size_t total = 0;
  while (total < bytes_max && !closed_) {
    const std::size_t room = std::min(buffer.size(), bytes_max - total);
    ssize_t count = 0;
    if (tls_) {
      count = SSL_read(tls_.get(), buffer.data(), static_cast<int>(room));
      if (count <= 0) {
        const int wants = SSL_get_error(tls_.get(), static_cast<int>(count));
        if (wants == SSL_ERROR_WANT_READ || wants == SSL_ERROR_WANT_WRITE) break;
        closed_ = true;
        break;
      }
    } else {
      count = ::recv(fd_, buffer.data(), room, 0);
      if (count < 0 && (errno == EAGAIN || errno == EINTR)) break;
      if (count <= 0) {
        closed_ = true;
        break;
      }
    }
    received_.append(buffer.data(), static_cast<std::size_t>(count));
    total += static_cast<std::size_t>(count);
  }
  if (open_) parse();
  return total;
}

bool WireClient::wait_readable(milliseconds timeout) const {
  if (tls_ && SSL_pending(tls_.get()) > 0) return true;
  return wait_for(fd_, POLLIN, timeout);
}

bool WireClient::read_until_closed(milliseconds timeout) {
  const auto deadline = steady_clock::now() + timeout;
  while (!closed_ && steady_clock::now() < deadline) {
    if (wait_readable(milliseconds{20})) read();
  }
  return closed_;
}

void WireClient::parse() {
  std::size_t before = 0;
  do {
    before = received_.size();
  } while ((is_websocket(route_) ? parse_websocket() : parse_raw()) && received_.size() < before);
}

bool WireClient::parse_raw() {
  if (received_.size() < 4) return false;
  const std::size_t length = big_endian(received_, 1, 3);
  if (received_.size() < 4 + length) return false;
  inbox_.push_back({.binary = received_[0] == 2,
                    .bytes = received_.substr(4, length),
                    .arrived = steady_clock::now()});
  received_.erase(0, 4 + length);
  return true;
}

bool WireClient::parse_websocket() {
  if (received_.size() < 2) return false;
  std::size_t length = byte_at(received_, 1) & 0x7FU;
  std::size_t header = 2;
  if (length == 126) {
    header = 4;
  } else if (length == 127) {
    header = 10;
  }
  if (received_.size() < header) return false;
  if (header > 2) length = big_endian(received_, 2, header - 2);
  if (received_.size() < header + length) return false;
  const unsigned opcode = byte_at(received_, 0) & 0x0FU;
  const std::string payload = received_.substr(header, length);
  received_.erase(0, header + length);
  if (opcode == 1 || opcode == 2) {
    inbox_.push_back({.binary = opcode == 2, .bytes = payload, .arrived = steady_clock::now()});
  } else if (opcode == 8 && payload.size() >= 2) {
    close_code_ = static_cast<std::uint16_t>(big_endian(payload, 0, 2));
  } else if (opcode == 9) {
    send_websocket_frame(0x8A, payload);
  }
  return true;
}

}  // namespace sluice::integration
