#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <new>
#include <system_error>
#include <vector>

#include "sfu/transport.h"

namespace sluice::sfu {
namespace {

// What OpenSSL reads and writes through. Its own socket BIO writes with write(), which raises
// SIGPIPE when the peer is gone, and cannot pass MSG_EOR on.
struct SocketEnd {
  int descriptor = -1;
  int send_flags = MSG_NOSIGNAL;
  int error = 0;
};

int bio_result(BIO* bio, ssize_t bytes, void (*set_retry)(BIO*)) {
  BIO_clear_retry_flags(bio);
  if (bytes >= 0) return static_cast<int>(bytes);
  if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR) {
    set_retry(bio);
  } else {
    static_cast<SocketEnd*>(BIO_get_data(bio))->error = errno;
  }
  return -1;
}

int bio_write(BIO* bio, const char* data, int bytes) {
  const auto* end = static_cast<SocketEnd*>(BIO_get_data(bio));
  return bio_result(bio,
                    ::send(end->descriptor, data, static_cast<std::size_t>(bytes), end->send_flags),
                    [](BIO* b) { BIO_set_retry_write(b); });
}

int bio_read(BIO* bio, char* data, int bytes) {
  const auto* end = static_cast<SocketEnd*>(BIO_get_data(bio));
  const ssize_t got = ::recv(end->descriptor, data, static_cast<std::size_t>(bytes), 0);
  if (got == 0) BIO_set_flags(bio, BIO_FLAGS_IN_EOF);
  return bio_result(bio, got, [](BIO* b) { BIO_set_retry_read(b); });
}

long bio_control(BIO* bio, int command, long /*number*/, void* /*pointer*/) {
  if (command == BIO_CTRL_FLUSH) return 1;
  if (command == BIO_CTRL_EOF) return BIO_test_flags(bio, BIO_FLAGS_IN_EOF) != 0 ? 1 : 0;
  return 0;
}

// One for the process, made on first use and never freed: connections of all threads share it.
const BIO_METHOD* socket_end_method() {
  static const BIO_METHOD* const kMethod = [] {
    BIO_METHOD* made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "sluice socket");
    if (made == nullptr) throw std::bad_alloc{};
    BIO_meth_set_write(made, bio_write);
    BIO_meth_set_read(made, bio_read);
    BIO_meth_set_ctrl(made, bio_control);
    return made;
  }();
  return kMethod;
}

struct SslFree {
  void operator()(SSL* session) const { SSL_free(session); }
};

class TlsTransport final : public Transport {
 public:
  TlsTransport(int descriptor, const TlsContext& context) : end_{.descriptor = descriptor} {
    session_.reset(SSL_new(context.native()));
    BIO* bio = session_ ? BIO_new(socket_end_method()) : nullptr;
    if (bio == nullptr) throw std::bad_alloc{};
    BIO_set_data(bio, &end_);
    BIO_set_init(bio, 1);
    SSL_set_bio(session_.get(), bio, bio);  // the session owns it now
    SSL_set_accept_state(session_.get());
  }

  std::expected<void, IoStatus> handshake() override {
    ERR_clear_error();
    const int result = SSL_do_handshake(session_.get());
    if (result == 1) return {};
    return std::unexpected{status_of(result)};
  }

  // One record a call of SSL_read: goes on while there are whole records and room.
  std::expected<std::size_t, IoStatus> read(std::span<std::byte> out) override {
    std::size_t filled = 0;
    while (filled < out.size()) {
      std::size_t bytes = 0;
      ERR_clear_error();
      const int result =
          SSL_read_ex(session_.get(), out.data() + filled, out.size() - filled, &bytes);
      if (result != 1) {
        // OpenSSL tells the same end or failure again when asked again.
        if (filled != 0) break;
        return std::unexpected{status_of(result)};
      }
      filled += bytes;
    }
    return filled;
  }

  std::expected<std::size_t, IoStatus> write(std::span<const iovec> pieces,
                                             WriteFlags flags) override {
    if (const auto flushed = flush(); !flushed) return std::unexpected{flushed.error()};

    // A piece that fills a record goes as it is; else small ones are gathered into one record,
    // since each record costs 22 bytes on the wire and a call into the kernel.
    std::array<std::byte, kTlsRecordBytesMax> gathered;
    std::span<const std::byte> record;
    const auto first = std::ranges::find_if(pieces, [](const iovec& p) { return p.iov_len != 0; });
    if (first == pieces.end()) return 0;
    if (first->iov_len >= gathered.size() || first + 1 == pieces.end()) {
      record = {static_cast<const std::byte*>(first->iov_base),
                std::min(first->iov_len, gathered.size())};
    } else {
      record = gather({first, pieces.end()}, gathered);
    }
    end_.send_flags = MSG_NOSIGNAL | (flags.end_of_record ? MSG_EOR : 0);
    return write_record(record);
  }

  std::expected<void, IoStatus> flush() override {
    while (!pending_.empty()) {
      std::size_t written = 0;
      ERR_clear_error();
      const int result = SSL_write_ex(session_.get(), pending_.data(), pending_.size(), &written);
      if (result != 1) return std::unexpected{status_of(result)};
      pending_.erase(pending_.begin(), pending_.begin() + static_cast<std::ptrdiff_t>(written));
    }
    return {};
  }

  std::size_t unflushed_bytes() const override { return pending_.size(); }

  void shutdown() override {
    // OpenSSL forbids a close_notify after a failure and while a record is half written.
    if (!failed_ && pending_.empty() && SSL_is_init_finished(session_.get()) != 0) {
      ERR_clear_error();
      SSL_shutdown(session_.get());
      ERR_clear_error();
    }
    ::shutdown(end_.descriptor, SHUT_WR);
  }

  std::string failure() const override { return failure_; }

 private:
  static std::span<const std::byte> gather(std::span<const iovec> pieces,
                                           std::span<std::byte> into) {
    std::size_t filled = 0;
    for (const iovec& piece : pieces) {
      const std::size_t bytes = std::min(piece.iov_len, into.size() - filled);
      if (bytes == 0) continue;
      std::memcpy(into.data() + filled, piece.iov_base, bytes);
      filled += bytes;
    }
    return into.first(filled);
  }

  // OpenSSL encrypts a record before it learns that the socket is full, and then insists on the
  // same bytes. So they count as taken, and a copy waits here.
  std::expected<std::size_t, IoStatus> write_record(std::span<const std::byte> record) {
    std::size_t written = 0;
    ERR_clear_error();
    const int result = SSL_write_ex(session_.get(), record.data(), record.size(), &written);
    if (result == 1) return written;
    const IoStatus status = status_of(result);
    if (status == IoStatus::kFailed || status == IoStatus::kClosed) return std::unexpected{status};
    pending_.assign(record.begin(), record.end());
    return record.size();
  }

  IoStatus status_of(int result) {
    switch (SSL_get_error(session_.get(), result)) {
      case SSL_ERROR_WANT_READ:
        return IoStatus::kWouldBlockRead;
      case SSL_ERROR_WANT_WRITE:
        return IoStatus::kWouldBlockWrite;
      case SSL_ERROR_ZERO_RETURN:
        return IoStatus::kClosed;
      default:
        failed_ = true;
        if (failure_.empty()) failure_ = describe_failure();
        return IoStatus::kFailed;
    }
  }

  std::string describe_failure() const {
    const unsigned long code = ERR_get_error();
    ERR_clear_error();
    if (end_.error != 0) return std::system_category().message(end_.error);
    const char* reason = code != 0 ? ERR_reason_error_string(code) : nullptr;
    return reason != nullptr ? std::string{"TLS: "} + reason : "TLS: the connection was cut";
  }

  SocketEnd end_;
  std::unique_ptr<SSL, SslFree> session_;
  std::vector<std::byte> pending_;  // at most one record
  bool failed_ = false;
  std::string failure_;
};

}  // namespace

std::unique_ptr<Transport> make_tls_transport(int descriptor, const TlsContext& context) {
  return std::make_unique<TlsTransport>(descriptor, context);
}

}  // namespace sluice::sfu
