#include "sfu/tls_context.h"

#include <arpa/inet.h>
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <ctime>
#include <fstream>
#include <system_error>
#include <utility>
#include <vector>

namespace sluice::sfu {
namespace {

template <typename T, void (*FreeFunction)(T*)>
struct Deleter {
  void operator()(T* object) const { FreeFunction(object); }
};
using Key = std::unique_ptr<EVP_PKEY, Deleter<EVP_PKEY, EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Deleter<X509, X509_free>>;
using Extension = std::unique_ptr<X509_EXTENSION, Deleter<X509_EXTENSION, X509_EXTENSION_free>>;
using SerialNumber = std::unique_ptr<BIGNUM, Deleter<BIGNUM, BN_free>>;

constexpr std::chrono::hours kSelfSignedLife{30 * 24};

// The oldest entry of OpenSSL's queue says what happened first; the queue is then empty.
std::string openssl_reason() {
  const unsigned long code = ERR_get_error();
  ERR_clear_error();
  if (code == 0) return "unknown reason";
  if (ERR_SYSTEM_ERROR(code)) return std::system_category().message(ERR_GET_REASON(code));
  const char* reason = ERR_reason_error_string(code);
  return reason != nullptr ? reason : "unknown reason";
}

int select_http11(SSL* /*session*/, const unsigned char** out, unsigned char* out_bytes,
                  const unsigned char* offered, unsigned int offered_bytes, void* /*argument*/) {
  static constexpr std::array<unsigned char, 9> kProtocols = {8,   'h', 't', 't', 'p',
                                                              '/', '1', '.', '1'};
  unsigned char* selected = nullptr;
  const int result = SSL_select_next_proto(&selected, out_bytes, kProtocols.data(),
                                           kProtocols.size(), offered, offered_bytes);
  *out = selected;
  // A native client may offer names of its own, or none: it is served all the same.
  return result == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_NOACK;
}

// An encrypted key without a terminal must fail, not ask.
int refuse_password(char* /*buffer*/, int /*size*/, int /*writing*/, void* asked) {
  *static_cast<bool*>(asked) = true;
  return -1;
}

std::expected<std::shared_ptr<SSL_CTX>, std::string> make_context() {
  ERR_clear_error();
  std::shared_ptr<SSL_CTX> context{SSL_CTX_new(TLS_server_method()), SSL_CTX_free};
  if (!context) return std::unexpected{"TLS: " + openssl_reason()};
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  // Our messages carry their own lengths, so a connection cut short without close_notify, as
  // browsers cut it, is an ordinary end.
  SSL_CTX_set_options(context.get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                         SSL_OP_CIPHER_SERVER_PREFERENCE |
                                         SSL_OP_PRIORITIZE_CHACHA | SSL_OP_IGNORE_UNEXPECTED_EOF);
  // Release: thousands of connections wait most of their time, 34 kB of buffers each.
  SSL_CTX_set_mode(context.get(), SSL_MODE_ENABLE_PARTIAL_WRITE |
                                      SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                      SSL_MODE_RELEASE_BUFFERS);
  // Forward secrecy and authenticated encryption for TLS 1.2 too.
  if (SSL_CTX_set_cipher_list(context.get(), "ECDHE+AESGCM:ECDHE+CHACHA20") != 1) {
    return std::unexpected{"TLS: " + openssl_reason()};
  }
  // Tickets resume sessions without memory of ours; the server's own cache would only grow.
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
  SSL_CTX_set_alpn_select_cb(context.get(), select_http11, nullptr);
  return context;
}

std::string fingerprint_of(const X509* certificate) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int bytes = 0;
  X509_digest(certificate, EVP_sha256(), digest.data(), &bytes);
  std::string text;
  for (unsigned int i = 0; i < bytes; ++i) {
    std::array<char, 4> hex{};
    std::snprintf(hex.data(), hex.size(), "%s%02X", i == 0 ? "" : ":", digest[i]);
    text += hex.data();
  }
  return text;
}

std::chrono::system_clock::time_point end_of(const X509* certificate) {
  std::tm utc{};
  if (ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &utc) != 1) return {};
  return std::chrono::system_clock::from_time_t(timegm(&utc));
}

bool is_address(const std::string& name) {
  std::array<unsigned char, sizeof(in6_addr)> address{};
  return inet_pton(AF_INET, name.c_str(), address.data()) == 1 ||
         inet_pton(AF_INET6, name.c_str(), address.data()) == 1;
}

// The value of subjectAltName in OpenSSL's own notation. Names come from the operator; a comma in
// one would smuggle in further entries.
std::expected<std::string, std::string> alternative_names(std::span<const std::string> extra) {
  std::vector<std::string> names = {"localhost", "127.0.0.1", "::1"};
  std::array<char, 256> host{};
  if (gethostname(host.data(), host.size() - 1) == 0 && host[0] != '\0') {
    names.emplace_back(host.data());
  }
  names.insert(names.end(), extra.begin(), extra.end());
  std::string list;
  for (const std::string& name : names) {
    if (name.empty() || name.size() > 253 || name.find_first_of(", \t\n:=") != std::string::npos) {
      if (!is_address(name)) {
        return std::unexpected{"'" + name + "' is neither a host name nor an IP address"};
      }
    }
    list += (list.empty() ? "" : ",") + std::string{is_address(name) ? "IP:" : "DNS:"} + name;
  }
  return list;
}

bool add_extension(X509* certificate, int id, const char* value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
  const Extension extension{X509V3_EXT_conf_nid(nullptr, &context, id, value)};
  return extension && X509_add_ext(certificate, extension.get(), -1) == 1;
}

// Chrome refuses a serial number that it saw with another key of the same issuer: a random one.
bool set_random_serial(X509* certificate) {
  const SerialNumber serial{BN_new()};
  return serial && BN_rand(serial.get(), 127, BN_RAND_TOP_ANY, BN_RAND_BOTTOM_ANY) == 1 &&
         BN_to_ASN1_INTEGER(serial.get(), X509_get_serialNumber(certificate)) != nullptr;
}

Certificate make_certificate(EVP_PKEY* key, const std::string& names) {
  Certificate certificate{X509_new()};
  if (!certificate) return nullptr;
  X509* const raw = certificate.get();
  X509_NAME* const subject = X509_get_subject_name(raw);
  // An hour back: a visitor's clock may be late.
  const bool made =
      X509_set_version(raw, X509_VERSION_3) == 1 && set_random_serial(raw) &&
      X509_gmtime_adj(X509_getm_notBefore(raw), -3600) != nullptr &&
      X509_gmtime_adj(X509_getm_notAfter(raw),
                      std::chrono::duration_cast<std::chrono::seconds>(kSelfSignedLife).count()) !=
          nullptr &&
      X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC,
                                 reinterpret_cast<const unsigned char*>("Sluice trial"), -1, -1,
                                 0) == 1 &&
      X509_set_issuer_name(raw, subject) == 1 && X509_set_pubkey(raw, key) == 1 &&
      add_extension(raw, NID_basic_constraints, "critical,CA:FALSE") &&
      add_extension(raw, NID_key_usage, "critical,digitalSignature") &&
      add_extension(raw, NID_ext_key_usage, "serverAuth") &&
      add_extension(raw, NID_subject_alt_name, names.c_str()) &&
      X509_sign(raw, key, EVP_sha256()) != 0;
  return made ? std::move(certificate) : nullptr;
}

std::expected<void, std::string> check_readable(const std::filesystem::path& path,
                                                const char* what) {
  std::error_code error;
  if (std::filesystem::is_directory(path, error)) {
    return std::unexpected{std::string{what} + " " + path.string() + ": is a folder, not a file"};
  }
  const std::ifstream file{path};
  if (!file) {
    return std::unexpected{std::string{what} + " " + path.string() + ": " +
                           std::system_category().message(errno)};
  }
  return {};
}

}  // namespace

TlsContext::TlsContext(std::shared_ptr<ssl_ctx_st> context) : context_{std::move(context)} {
  const X509* const certificate = SSL_CTX_get0_certificate(context_.get());
  fingerprint_ = fingerprint_of(certificate);
  expires_ = end_of(certificate);
}

std::expected<TlsContext, std::string> TlsContext::from_files(
    const std::filesystem::path& certificate, const std::filesystem::path& key) {
  if (const auto ok = check_readable(certificate, "TLS certificate"); !ok) {
    return std::unexpected{ok.error()};
  }
  if (const auto ok = check_readable(key, "TLS key"); !ok) return std::unexpected{ok.error()};

  auto context = make_context();
  if (!context) return std::unexpected{context.error()};
  SSL_CTX* const raw = context->get();
  if (SSL_CTX_use_certificate_chain_file(raw, certificate.c_str()) != 1) {
    return std::unexpected{"TLS certificate " + certificate.string() +
                           ": no PEM certificate in it (" + openssl_reason() +
                           "); expected are the server's own, then its chain"};
  }
  bool password_asked = false;
  SSL_CTX_set_default_passwd_cb(raw, refuse_password);
  SSL_CTX_set_default_passwd_cb_userdata(raw, &password_asked);
  const int used = SSL_CTX_use_PrivateKey_file(raw, key.c_str(), SSL_FILETYPE_PEM);
  SSL_CTX_set_default_passwd_cb_userdata(raw, nullptr);
  if (used != 1) {
    if (password_asked) {
      return std::unexpected{"TLS key " + key.string() +
                             ": is encrypted; decrypt it first: openssl pkey -in KEY -out PLAIN"};
    }
    const unsigned long error = ERR_peek_error();
    if (ERR_GET_LIB(error) == ERR_LIB_X509 &&
        (ERR_GET_REASON(error) == X509_R_KEY_VALUES_MISMATCH ||
         ERR_GET_REASON(error) == X509_R_KEY_TYPE_MISMATCH)) {
      ERR_clear_error();
      return std::unexpected{"TLS key " + key.string() + ": does not belong to the certificate " +
                             certificate.string()};
    }
    return std::unexpected{"TLS key " + key.string() + ": no PEM private key in it (" +
                           openssl_reason() + ")"};
  }
  if (SSL_CTX_check_private_key(raw) != 1) {
    ERR_clear_error();
    return std::unexpected{"TLS key " + key.string() + ": does not belong to the certificate " +
                           certificate.string()};
  }
  TlsContext made{*std::move(context)};
  if (made.expires() < std::chrono::system_clock::now()) {
    return std::unexpected{"TLS certificate " + certificate.string() +
                           ": has expired; renew it and start again"};
  }
  return made;
}

std::expected<TlsContext, std::string> TlsContext::self_signed(
    std::span<const std::string> extra_names) {
  const auto names = alternative_names(extra_names);
  if (!names) return std::unexpected{"self-signed certificate: " + names.error()};
  auto context = make_context();
  if (!context) return std::unexpected{context.error()};

  const Key key{EVP_EC_gen("P-256")};
  const Certificate certificate = key ? make_certificate(key.get(), *names) : nullptr;
  if (!certificate || SSL_CTX_use_certificate(context->get(), certificate.get()) != 1 ||
      SSL_CTX_use_PrivateKey(context->get(), key.get()) != 1) {
    return std::unexpected{"self-signed certificate: " + openssl_reason()};
  }
  return TlsContext{*std::move(context)};
}

}  // namespace sluice::sfu
