#pragma once

#include <chrono>
#include <expected>
#include <filesystem>
#include <memory>
#include <span>
#include <string>

struct ssl_ctx_st;

namespace sluice::sfu {

/// Certificate, key and rules of the server's side of TLS.
///
/// TLS 1.2 or later, ALPN `http/1.1`, session tickets, no renegotiation. Immutable once made, and
/// cheap to copy: copies share the OpenSSL context, which connections keep alive by themselves. To
/// reload, make a new one and use it for what connects from then on.
/// Safe to share between threads.
class TlsContext {
 public:
  /// Reads a PEM certificate (with its chain, leaf first) and its PEM private key.
  /// Errors: one line that names the file, what is wrong with it, and what to do.
  [[nodiscard]] static std::expected<TlsContext, std::string> from_files(
      const std::filesystem::path& certificate, const std::filesystem::path& key);

  /// Makes an ECDSA P-256 key and a certificate for localhost, 127.0.0.1, ::1, this host's name and
  /// `extra_names` (DNS names or IP addresses), in memory, valid for 30 days. For trials: browsers
  /// warn once, then treat the origin as secure.
  /// Errors: one line.
  [[nodiscard]] static std::expected<TlsContext, std::string> self_signed(
      std::span<const std::string> extra_names = {});

  /// SHA-256 of the certificate, as browsers show it: `AB:CD:...`.
  [[nodiscard]] const std::string& fingerprint() const { return fingerprint_; }
  /// When the certificate ends.
  [[nodiscard]] std::chrono::system_clock::time_point expires() const { return expires_; }

  [[nodiscard]] ssl_ctx_st* native() const { return context_.get(); }

 private:
  explicit TlsContext(std::shared_ptr<ssl_ctx_st> context);

  std::shared_ptr<ssl_ctx_st> context_;
  std::string fingerprint_;
  std::chrono::system_clock::time_point expires_;
};

}  // namespace sluice::sfu
