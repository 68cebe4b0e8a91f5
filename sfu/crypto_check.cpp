#include "sfu/crypto_check.h"

#include <openssl/evp.h>
#include <openssl/rand.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>

#include "sfu/websocket_handshake.h"
#include "signaling/base64url.h"
#include "signaling/token.h"

namespace sluice::sfu {
namespace {

bool has_digest(const char* name) {
  const std::unique_ptr<EVP_MD, decltype(&EVP_MD_free)> digest{EVP_MD_fetch(nullptr, name, nullptr),
                                                               EVP_MD_free};
  return digest != nullptr;
}

/// The example of RFC 6455 section 1.3.
bool answers_websocket_handshakes() {
  return has_digest("SHA1") && accept_websocket_upgrade({.connection = "Upgrade",
                                                         .upgrade = "websocket",
                                                         .key = "dGhlIHNhbXBsZSBub25jZQ==",
                                                         .version = "13",
                                                         .protocols = kWebSocketSubprotocol}) ==
                                   "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";
}

/// The example of RFC 7515 appendix A.1: the signature is right, so the next thing that is wrong is
/// that it grants no room.
bool checks_tokens() {
  const auto secret = signaling::base64url_decode(
      "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow");
  const signaling::TokenVerifier verifier{{{"joe", secret.value_or("")}}};
  const std::chrono::sys_seconds before_it_expires{std::chrono::seconds{1'300'819'379}};
  const auto claims = verifier.verify(
      "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9."
      "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVl"
      "fQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
      before_it_expires);
  return !claims && claims.error() == signaling::TokenError::kNoRoomJoin;
}

bool gives_random_numbers() {
  std::uint64_t bits = 0;
  return RAND_bytes(reinterpret_cast<unsigned char*>(&bits), sizeof bits) == 1;
}

void require(bool works, const std::string& what) {
  if (works) return;
  throw std::runtime_error("OpenSSL does not give " + what +
                           "; its configuration file (openssl.cnf) may forbid it");
}

}  // namespace

void check_crypto() {
  require(answers_websocket_handshakes(), "SHA-1, which WebSocket needs");
  require(checks_tokens(), "HMAC with SHA-256, which tokens need");
  require(gives_random_numbers(), "random numbers");
}

}  // namespace sluice::sfu
