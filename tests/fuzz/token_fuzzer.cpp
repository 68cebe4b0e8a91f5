// The token verifier on hostile input: as a whole token, which can never verify, and as a payload
// that is rightly signed, whose claims must survive being made into a token again.

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "signaling/base64url.h"
#include "signaling/invariant.h"
#include "signaling/token.h"

using namespace sluice::signaling;

namespace {

constexpr const char* kSecret = "the secret of this fuzzer";

std::string signed_token(std::string_view payload) {
  const std::string text = base64url_encode(R"({"alg":"HS256"})") + "." + base64url_encode(payload);
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  const std::string_view secret{kSecret};
  HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()),
       reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest, &size);
  return text + "." + base64url_encode({reinterpret_cast<const char*>(digest), size});
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const TokenVerifier kVerifier{{{"key", kSecret}}};
  constexpr std::chrono::sys_seconds kNow{std::chrono::seconds{1'750'000'000}};
  const std::string_view text{reinterpret_cast<const char*>(data), size};

  invariant(!kVerifier.verify(text, kNow), "nobody guesses a signature");
  const auto claims = kVerifier.verify(signed_token(text), kNow);
  if (!claims) return 0;
  const auto again = kVerifier.verify(make_token(*claims, "key", kSecret), kNow);
  // Claims are written out in full, so a token at the limit may grow over it.
  invariant(again ? *again == *claims : again.error() == TokenError::kMalformed,
            "claims are read as they were written");
  return 0;
}
