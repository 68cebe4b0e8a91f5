#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <system_error>

#include "sfu/transport.h"

namespace sluice::sfu {
namespace {

class PlainTransport final : public Transport {
 public:
  explicit PlainTransport(int descriptor) : descriptor_{descriptor} {}

  std::expected<void, IoStatus> handshake() override { return {}; }

  std::expected<std::size_t, IoStatus> read(std::span<std::byte> out) override {
    ssize_t bytes = 0;
    do {
      bytes = ::recv(descriptor_, out.data(), out.size(), 0);
    } while (bytes < 0 && errno == EINTR);
    if (bytes > 0) return static_cast<std::size_t>(bytes);
    if (bytes == 0) return std::unexpected{IoStatus::kClosed};
    return std::unexpected{fault(IoStatus::kWouldBlockRead)};
  }

  std::expected<std::size_t, IoStatus> write(std::span<const iovec> pieces,
                                             WriteFlags flags) override {
    msghdr message{};
    // sendmsg only reads the pieces; the kernel's structure is not const-correct.
    message.msg_iov = const_cast<iovec*>(pieces.data());
    message.msg_iovlen = std::min<std::size_t>(pieces.size(), IOV_MAX);
    const int send_flags = MSG_NOSIGNAL | (flags.end_of_record ? MSG_EOR : 0);
    ssize_t bytes = 0;
    do {
      bytes = ::sendmsg(descriptor_, &message, send_flags);
    } while (bytes < 0 && errno == EINTR);
    if (bytes >= 0) return static_cast<std::size_t>(bytes);
    return std::unexpected{fault(IoStatus::kWouldBlockWrite)};
  }

  std::expected<void, IoStatus> flush() override { return {}; }
  std::size_t unflushed_bytes() const override { return 0; }
  void shutdown() override { ::shutdown(descriptor_, SHUT_WR); }
  std::string failure() const override {
    return error_ == 0 ? std::string{} : std::system_category().message(error_);
  }

 private:
  IoStatus fault(IoStatus would_block) {
    if (errno == EAGAIN || errno == EWOULDBLOCK) return would_block;
    error_ = errno;
    return IoStatus::kFailed;
  }

  int descriptor_;
  int error_ = 0;
};

}  // namespace

std::unique_ptr<Transport> make_plain_transport(int descriptor) {
  return std::make_unique<PlainTransport>(descriptor);
}

}  // namespace sluice::sfu
