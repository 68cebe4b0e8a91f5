// The bare limit of a TCP fan-out: what Sluice is measured beside (docs/performance.md).
//
//   bare-limit [--tls]
//
// Prints its port, then forwards: a connection that opens with 'p', a name and a newline publishes
// messages of raw framing (four bytes of prefix, the last three the length), one that opens with
// 's' and the same name is sent each of them with one gathered sendmsg (over TLS: one SSL_write a
// record of 16 KiB). There is nothing else in it: no queue, no choice, no clock. What a full socket
// did not take is waited for. It ends with its standard input.

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "sfu/tls_context.h"

namespace {

constexpr std::size_t kPrefixBytes = 4;
// Prefix, chunk header and one dependency: what a server writes in front of a payload.
constexpr std::size_t kHeadBytes = kPrefixBytes + 32;
// More than the longest message of the load.
constexpr std::size_t kReceivedBytes = std::size_t{1} << 18;

struct Peer;

/// One publisher's messages go to all of these.
struct Stream {
  std::vector<Peer*> subscribers;
};

struct Peer {
  int descriptor = -1;
  SSL* tls = nullptr;
  bool publishes = false;
  Stream* stream = nullptr;    ///< null until it has said which
  std::vector<char> received;  ///< of a publisher
  std::size_t used = 0;
};

struct Limit {
  int epoll = ::epoll_create1(0);
  int listener = -1;
  SSL_CTX* tls = nullptr;
  std::vector<std::unique_ptr<Peer>> peers;
  std::map<std::string, Stream, std::less<>> streams;
};

void wait_writable(int descriptor) {
  pollfd waiting{.fd = descriptor, .events = POLLOUT, .revents = 0};
  ::poll(&waiting, 1, -1);
}

void send_plain(int descriptor, const char* message, std::size_t bytes) {
  const std::size_t head = bytes < kHeadBytes ? bytes : kHeadBytes;
  std::array<iovec, 2> pieces{
      {{.iov_base = const_cast<char*>(message), .iov_len = head},
       {.iov_base = const_cast<char*>(message) + head, .iov_len = bytes - head}}};
  msghdr gathered{};
  gathered.msg_iov = pieces.data();
  gathered.msg_iovlen = pieces.size();
  ssize_t sent = ::sendmsg(descriptor, &gathered, MSG_NOSIGNAL | MSG_DONTWAIT);
  for (std::size_t done = 0;;) {
    if (sent < 0 && errno != EAGAIN) return;  // it has left
    if (sent > 0) done += static_cast<std::size_t>(sent);
    if (done == bytes) return;
    wait_writable(descriptor);
    sent = ::send(descriptor, message + done, bytes - done, MSG_NOSIGNAL | MSG_DONTWAIT);
  }
}

void send_tls(SSL* tls, const char* message, std::size_t bytes) {
  while (bytes > 0) {
    const std::size_t record = bytes < 16384 ? bytes : 16384;
    std::size_t written = 0;
    if (SSL_write_ex(tls, message, record, &written) == 1) {
      message += written;
      bytes -= written;
    } else if (SSL_get_error(tls, 0) == SSL_ERROR_WANT_WRITE) {
      wait_writable(SSL_get_fd(tls));
    } else {
      return;
    }
  }
}

void forward(const Stream& stream, const char* message, std::size_t bytes) {
  for (const Peer* peer : stream.subscribers) {
    if (peer->tls != nullptr) {
      send_tls(peer->tls, message, bytes);
    } else {
      send_plain(peer->descriptor, message, bytes);
    }
  }
}

ssize_t receive(const Peer& peer, char* into, std::size_t bytes) {
  if (peer.tls != nullptr) {
    std::size_t count = 0;
    if (SSL_read_ex(peer.tls, into, bytes, &count) == 1) return static_cast<ssize_t>(count);
    return SSL_get_error(peer.tls, 0) == SSL_ERROR_WANT_READ ? -1 : 0;
  }
  const ssize_t count = ::recv(peer.descriptor, into, bytes, MSG_DONTWAIT);
  return count < 0 && errno != EAGAIN ? 0 : count;
}

/// The first thing that a connection says, which comes in one piece: 'p' or 's', a name, a newline.
void greet(Limit& limit, Peer& peer, std::string_view greeting) {
  peer.publishes = greeting.front() == 'p';
  peer.stream = &limit.streams[std::string{greeting.substr(1, greeting.find('\n') - 1)}];
  if (!peer.publishes) peer.stream->subscribers.push_back(&peer);
}

/// Forwards the messages that are whole, and keeps the rest.
void forward_received(Peer& peer) {
  std::size_t at = 0;
  while (peer.used - at >= kPrefixBytes) {
    const auto* const prefix = reinterpret_cast<const std::uint8_t*>(peer.received.data() + at);
    const std::size_t bytes = kPrefixBytes + (static_cast<std::size_t>(prefix[1]) << 16 |
                                              static_cast<std::size_t>(prefix[2]) << 8 |
                                              static_cast<std::size_t>(prefix[3]));
    if (peer.used - at < bytes) break;
    forward(*peer.stream, peer.received.data() + at, bytes);
    at += bytes;
  }
  std::copy(peer.received.begin() + static_cast<std::ptrdiff_t>(at),
            peer.received.begin() + static_cast<std::ptrdiff_t>(peer.used), peer.received.begin());
  peer.used -= at;
}

void on_readable(Limit& limit, Peer& peer) {
  std::array<char, 256> greeting;
  for (;;) {
    const bool fills = peer.stream != nullptr && peer.publishes;
    if (fills) peer.received.resize(kReceivedBytes);
    char* const into = fills ? peer.received.data() + peer.used : greeting.data();
    const ssize_t count = receive(peer, into, fills ? kReceivedBytes - peer.used : greeting.size());
    if (count < 0) return;
    if (count == 0) {
      if (peer.stream != nullptr) std::erase(peer.stream->subscribers, &peer);
      ::epoll_ctl(limit.epoll, EPOLL_CTL_DEL, peer.descriptor, nullptr);
      ::shutdown(peer.descriptor, SHUT_RDWR);
      return;
    }
    if (peer.stream == nullptr) {
      greet(limit, peer, {greeting.data(), static_cast<std::size_t>(count)});
    } else if (peer.publishes) {
      peer.used += static_cast<std::size_t>(count);
      forward_received(peer);
    }
  }
}

void on_accept(Limit& limit) {
  const int descriptor = ::accept4(limit.listener, nullptr, nullptr, SOCK_CLOEXEC);
  if (descriptor < 0) return;
  // As every server of live media: else TCP gathers frames itself, late, in fewer packets.
  const int on = 1;
  ::setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  auto peer = std::make_unique<Peer>(Peer{.descriptor = descriptor});
  if (limit.tls != nullptr) {
    peer->tls = SSL_new(limit.tls);
    SSL_set_fd(peer->tls, descriptor);
    if (SSL_accept(peer->tls) != 1) throw std::runtime_error("a TLS handshake failed");
  }
  // TLS reads through its own socket calls, which wait unless the socket does not.
  const int flags = ::fcntl(descriptor, F_GETFL);
  ::fcntl(descriptor, F_SETFL, flags | O_NONBLOCK);
  epoll_event event{.events = EPOLLIN, .data = {.ptr = peer.get()}};
  ::epoll_ctl(limit.epoll, EPOLL_CTL_ADD, descriptor, &event);
  limit.peers.push_back(std::move(peer));
}

void open_listener(Limit& limit) {
  limit.listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t bytes = sizeof address;
  auto* const any = reinterpret_cast<sockaddr*>(&address);
  if (::bind(limit.listener, any, bytes) != 0 || ::listen(limit.listener, SOMAXCONN) != 0 ||
      ::getsockname(limit.listener, any, &bytes) != 0) {
    throw std::runtime_error("cannot listen");
  }
  epoll_event event{.events = EPOLLIN, .data = {.ptr = &limit.listener}};
  ::epoll_ctl(limit.epoll, EPOLL_CTL_ADD, limit.listener, &event);
  epoll_event end{.events = EPOLLIN, .data = {.ptr = nullptr}};
  ::epoll_ctl(limit.epoll, EPOLL_CTL_ADD, STDIN_FILENO, &end);
  std::printf("%d\n", ntohs(address.sin_port));
  std::fflush(stdout);
}

}  // namespace

int main(int count, char** arguments) {
  rlimit files{};
  ::getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &files);

  Limit limit;
  // The server's own settings of TLS, so that both encrypt alike.
  const auto context = sluice::sfu::TlsContext::self_signed();
  const bool tls = count > 1 && std::string_view{arguments[1]} == "--tls";
  if (tls) limit.tls = context.value().native();
  open_listener(limit);
  for (;;) {
    std::array<epoll_event, 128> events;
    const int ready = ::epoll_wait(limit.epoll, events.data(), events.size(), -1);
    for (int i = 0; i < ready; ++i) {
      void* const who = events[static_cast<std::size_t>(i)].data.ptr;
      if (who == nullptr) return 0;
      if (who == &limit.listener) {
        on_accept(limit);
      } else {
        on_readable(limit, *static_cast<Peer*>(who));
      }
    }
  }
}
