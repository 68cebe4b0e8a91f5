#include "sfu/crypto_check.h"

#include <gtest/gtest.h>
#include <openssl/evp.h>

#include <stdexcept>
#include <string>

namespace sluice::sfu {
namespace {

TEST(CryptoCheck, IsContentWithTheOpenSslOfThisMachine) { EXPECT_NO_THROW(check_crypto()); }

TEST(CryptoCheck, NamesWhatAConfigurationForbids) {
  ASSERT_EQ(EVP_set_default_properties(nullptr, "provider=nobody"), 1);
  std::string said;
  try {
    check_crypto();
  } catch (const std::runtime_error& fault) {
    said = fault.what();
  }
  ASSERT_EQ(EVP_set_default_properties(nullptr, ""), 1);
  EXPECT_TRUE(said.starts_with("OpenSSL does not give SHA-1")) << said;
  EXPECT_NO_THROW(check_crypto());
}

}  // namespace
}  // namespace sluice::sfu
