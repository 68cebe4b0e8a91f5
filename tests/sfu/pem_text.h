#pragma once

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include <memory>
#include <string>
#include <string_view>

#include "sfu/tls_context.h"

namespace sluice::sfu {

using Pem = std::unique_ptr<BIO, int (*)(BIO*)>;

inline std::string text_of(const Pem& pem) {
  char* data = nullptr;
  const long bytes = BIO_get_mem_data(pem.get(), &data);
  return {data, static_cast<std::size_t>(bytes)};
}

/// The certificate of a context, in PEM.
inline std::string certificate_pem(const TlsContext& context) {
  const Pem pem{BIO_new(BIO_s_mem()), BIO_free};
  PEM_write_bio_X509(pem.get(), SSL_CTX_get0_certificate(context.native()));
  return text_of(pem);
}

/// Its private key in PEM, encrypted when there is a password.
inline std::string key_pem(const TlsContext& context, const char* password = nullptr) {
  const Pem pem{BIO_new(BIO_s_mem()), BIO_free};
  PEM_write_bio_PrivateKey(
      pem.get(), SSL_CTX_get0_privatekey(context.native()),
      password != nullptr ? EVP_aes_256_cbc() : nullptr,
      reinterpret_cast<const unsigned char*>(password),
      password != nullptr ? static_cast<int>(std::string_view{password}.size()) : 0, nullptr,
      nullptr);
  return text_of(pem);
}

}  // namespace sluice::sfu
