#pragma once

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <stdexcept>
#include <utility>

namespace sluice::sfu {

/// A file descriptor that is closed at the end of its scope.
class Descriptor {
 public:
  explicit Descriptor(int value) : value_{value} {
    if (value < 0) throw std::runtime_error{"no descriptor"};
  }
  ~Descriptor() { reset(); }
  Descriptor(Descriptor&& other) noexcept : value_{std::exchange(other.value_, -1)} {}
  Descriptor& operator=(Descriptor&&) = delete;

  void reset() {
    if (value_ >= 0) ::close(std::exchange(value_, -1));
  }
  [[nodiscard]] int get() const { return value_; }

 private:
  int value_;
};

/// The two non-blocking ends of a real TCP connection over loopback.
struct SocketPair {
  Descriptor server;
  Descriptor client;
};

inline SocketPair connect_socket_pair() {
  const Descriptor listener{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t bytes = sizeof address;
  auto* const any = reinterpret_cast<sockaddr*>(&address);
  Descriptor client{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  if (::bind(listener.get(), any, bytes) != 0 || ::listen(listener.get(), 1) != 0 ||
      ::getsockname(listener.get(), any, &bytes) != 0 || ::connect(client.get(), any, bytes) != 0) {
    throw std::runtime_error{"no loopback connection"};
  }
  Descriptor server{::accept4(listener.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC)};
  ::fcntl(client.get(), F_SETFL, O_NONBLOCK);
  return {std::move(server), std::move(client)};
}

/// Waits until `descriptor` has something to read, an end included. False after 10 s without.
inline bool wait_readable(int descriptor) {
  pollfd waiting{.fd = descriptor, .events = POLLIN, .revents = 0};
  return ::poll(&waiting, 1, 10'000) == 1;
}

/// Waits until at least `bytes` have arrived at `descriptor`: even on loopback, what was sent needs
/// a moment. False when they do not come.
inline bool wait_for_bytes(int descriptor, int bytes) {
  for (int tries = 0; tries < 10'000; ++tries) {
    int there = 0;
    if (::ioctl(descriptor, FIONREAD, &there) != 0) return false;
    if (there >= bytes) return true;
    ::poll(nullptr, 0, 1);
  }
  return false;
}

}  // namespace sluice::sfu
