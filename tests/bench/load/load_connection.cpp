#include "tests/bench/load/load_connection.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <stdexcept>
#include <string>

namespace sluice::bench {
namespace {

constexpr std::string_view kMagic{"\x89SLUICE\n", 8};

void wait_for(int descriptor, short events) {
  pollfd waiting{.fd = descriptor, .events = events, .revents = 0};
  if (::poll(&waiting, 1, 30'000) <= 0) throw std::runtime_error("the server is silent for 30 s");
}

// Shared by all connections, which read one after another.
std::array<std::byte, 256 * 1024> scratch;

}  // namespace

LoadConnection::LoadConnection(const Target& target) : wire_{target.wire}, cutter_{target.wire} {
  descriptor_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(target.port);
  const int on = 1;
  ::setsockopt(descriptor_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (descriptor_ < 0 ||
      ::connect(descriptor_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    throw std::runtime_error("cannot connect to the server");
  }
  if (target.tls != nullptr) connect_tls(target.tls);
  ::fcntl(descriptor_, F_SETFL, O_NONBLOCK);
  if (wire_ == Wire::kRaw) send_bytes(kMagic);
  if (wire_ == Wire::kWebSocket) upgrade();
}

LoadConnection::~LoadConnection() { ::close(descriptor_); }

void LoadConnection::connect_tls(SSL_CTX* context) {
  tls_.reset(SSL_new(context));
  SSL_set_fd(tls_.get(), descriptor_);
  if (SSL_connect(tls_.get()) != 1) throw std::runtime_error("the TLS handshake failed");
}

void LoadConnection::upgrade() {
  send_bytes(
      "GET /ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
      "Sec-WebSocket-Protocol: sluice.v1\r\n\r\n");
  // A byte at a time, so that nothing behind the reply is taken.
  std::string reply;
  while (!reply.ends_with("\r\n\r\n")) {
    std::byte byte{};
    if (receive(&byte, 1) == 1) {
      reply.push_back(static_cast<char>(byte));
    } else {
      wait_for(descriptor_, POLLIN);
    }
  }
  if (!reply.starts_with("HTTP/1.1 101")) throw std::runtime_error("no upgrade: " + reply);
}

void LoadConnection::send_message(bool media, std::string_view body) {
  sending_.clear();
  const std::size_t length = body.size();
  const auto byte = [this](std::size_t value) { sending_.push_back(static_cast<char>(value)); };
  if (wire_ != Wire::kWebSocket) {
    byte(media ? 2 : 1);
    for (const int shift : {16, 8, 0}) byte(length >> shift);
    sending_.append(body);
    return send_bytes(sending_);
  }
  byte(media ? 0x82 : 0x81);
  byte(0x80 | (length < 126 ? length : length < 65536 ? 126 : 127));
  if (length >= 65536) {
    for (int shift = 56; shift >= 0; shift -= 8) byte(length >> shift);
  } else if (length >= 126) {
    for (const int shift : {8, 0}) byte(length >> shift);
  }
  // A mask that changes every byte, so that the server has to unmask; browsers draw it at random.
  constexpr std::array kMask{'\x5A', '\x17', '\xC3', '\x2E'};
  sending_.append(kMask.data(), kMask.size());
  for (std::size_t i = 0; i < length; ++i) {
    sending_.push_back(static_cast<char>(body[i] ^ kMask[i % kMask.size()]));
  }
  send_bytes(sending_);
}

void LoadConnection::send_bytes(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto sent =
        tls_ ? SSL_write(tls_.get(), bytes.data(), static_cast<int>(bytes.size()))
             : ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent > 0) {
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    } else if (!tls_ && errno != EAGAIN) {
      throw std::runtime_error("the server closed a connection");
    } else {
      wait_for(descriptor_, POLLOUT);
    }
  }
}

std::size_t LoadConnection::receive(std::byte* into, std::size_t bytes) {
  if (tls_) {
    std::size_t count = 0;
    if (SSL_read_ex(tls_.get(), into, bytes, &count) == 1) return count;
    if (SSL_get_error(tls_.get(), 0) == SSL_ERROR_WANT_READ) return 0;
    throw std::runtime_error("the server ended a TLS connection");
  }
  const ssize_t count = ::recv(descriptor_, into, bytes, MSG_DONTWAIT);
  if (count > 0) return static_cast<std::size_t>(count);
  if (count < 0 && errno == EAGAIN) return 0;
  throw std::runtime_error("the server closed a connection");
}

void LoadConnection::read(const std::function<void(CutMessage)>& on_message) {
  std::size_t count = 0;
  bool any = false;
  do {
    count = receive(scratch.data(), scratch.size());
    any = any || count > 0;
    cutter_.feed({scratch.data(), count}, on_message);
    // A plain socket that gave less than there was room for is empty; TLS gives record by record.
  } while (tls_ ? count > 0 : count == scratch.size());
  if (any) acknowledge();
}

void LoadConnection::acknowledge() {
  // Linux acknowledges what is read at once, until a connection wrote something itself; then with
  // the second frame that comes, on the sender's time where that is the same machine. A reader of
  // the bare limit writes nothing, one of a server does: both are to leave the sender as much.
  const int on = 1;
  ::setsockopt(descriptor_, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof on);
}

}  // namespace sluice::bench
