#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

#include "tests/sfu/socket_pair.h"

namespace sluice::sfu {

/// A TLS client of OpenSSL itself over one end of a socket pair; it trusts every certificate.
class TlsClient {
 public:
  explicit TlsClient(int descriptor, int version_max = TLS1_3_VERSION)
      : context_{SSL_CTX_new(TLS_client_method()), SSL_CTX_free} {
    SSL_CTX_set_min_proto_version(context_.get(), TLS1_VERSION);
    SSL_CTX_set_max_proto_version(context_.get(), version_max);
    // OpenSSL's own defaults refuse to even offer TLS 1.1.
    SSL_CTX_set_security_level(context_.get(), 0);
    session_.reset(SSL_new(context_.get()));
    if (!session_ || SSL_set_fd(session_.get(), descriptor) != 1) {
      throw std::runtime_error{"no TLS client"};
    }
    SSL_set_connect_state(session_.get());
  }

  /// True once the handshake is done; else it waits for the server.
  bool handshake() { return SSL_do_handshake(session_.get()) == 1; }

  bool send(std::string_view text) {
    return SSL_write(session_.get(), text.data(), static_cast<int>(text.size())) ==
           static_cast<int>(text.size());
  }

  /// What is there now, up to `bytes_max`.
  std::string receive_now(std::size_t bytes_max) {
    std::string text(bytes_max, '\0');
    std::size_t filled = 0;
    std::size_t bytes = 0;
    while (filled < text.size() &&
           SSL_read_ex(session_.get(), text.data() + filled, text.size() - filled, &bytes) == 1) {
      filled += bytes;
      records += 1;
    }
    text.resize(filled);
    return text;
  }

  /// Waits for `bytes` bytes; less when the server ends before, or 10 s pass.
  std::string receive(std::size_t bytes) {
    std::string text = receive_now(bytes);
    while (text.size() < bytes && SSL_get_shutdown(session_.get()) == 0 &&
           wait_readable(SSL_get_fd(session_.get()))) {
      text += receive_now(bytes - text.size());
    }
    return text;
  }

  [[nodiscard]] SSL* native() const { return session_.get(); }

  int records = 0;  ///< calls of SSL_read that gave something

 private:
  struct Free {
    void operator()(SSL* session) const { SSL_free(session); }
  };
  std::unique_ptr<SSL_CTX, void (*)(SSL_CTX*)> context_;
  std::unique_ptr<SSL, Free> session_;
};

}  // namespace sluice::sfu
