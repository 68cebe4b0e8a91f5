#include "signaling/token.h"

#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <stdexcept>
#include <tuple>

#include "signaling/base64url.h"

namespace sluice::signaling {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::sys_seconds kNow{1'750'000'000s};
constexpr const char* kHeader = R"({"alg":"HS256","typ":"JWT"})";

const TokenKeys& keys() {
  static const TokenKeys kKeys{{"key", "a secret of thirty-two characters"},
                               {"other", "another secret"}};
  return kKeys;
}

TokenClaims claims() {
  return {.identity = "ada",
          .room = "demo",
          .name = "Ada",
          .metadata = "{}",
          .permissions = {},
          .room_join = true,
          .room_admin = false,
          .hidden = false,
          .not_before = kNow - 60s,
          .expires = kNow + 1h};
}

std::string token_of(const TokenClaims& token) {
  return make_token(token, "key", keys().at("key"));
}

/// A rightly signed token with any header and payload: `make_token` cannot write most of them.
std::string signed_token(const std::string& header, const std::string& payload) {
  const std::string text = base64url_encode(header) + "." + base64url_encode(payload);
  const std::string& secret = keys().at("key");
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()),
       reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest, &size);
  return text + "." + base64url_encode({reinterpret_cast<const char*>(digest), size});
}

std::expected<TokenClaims, TokenError> verify(std::string_view token, WallTime now = kNow) {
  return TokenVerifier{keys()}.verify(token, now);
}

std::optional<TokenError> error_of(std::string_view token, WallTime now = kNow) {
  const auto verified = verify(token, now);
  if (verified) return std::nullopt;
  return verified.error();
}

/// The error of a signed payload that is good but for `members`.
std::optional<TokenError> error_of_payload(const std::string& members) {
  return error_of(signed_token(kHeader, R"({"iss":"key",)" + members + "}"));
}

TEST(Token, GivesBackTheClaimsThatItWasMadeOf) {
  TokenClaims full = claims();
  full.permissions = {.can_publish = true,
                      .can_subscribe = false,
                      .can_publish_sources = {TrackSource::kMicrophone, TrackSource::kScreen,
                                              TrackSource::kScreenAudio, TrackSource::kCamera}};
  full.room_admin = true;
  full.hidden = true;
  EXPECT_EQ(verify(token_of(full)), full);
  EXPECT_EQ(verify(token_of(claims())), claims());
}

TEST(Token, ReadsATokenThatAnotherImplementationMade) {
  // Made with the hmac module of Python; the secret is that of `keys()`.
  const auto verified = verify(
      "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9."
      "eyJleHAiOjE3NTAwMDM2MDAsImlzcyI6ImtleSIsIm5hbWUiOiJBZGEiLCJuYmYiOjE3NDk5OTkwMDAsInN1YiI6ImFk"
      "YSIsInZpZGVvIjp7InJvb20iOiJkZW1vIiwicm9vbUpvaW4iOnRydWV9fQ."
      "58QbGD4q--mq7RFk33F7DRslDdjXdqmnU1V7CGoyn1Q");
  ASSERT_TRUE(verified) << describe(verified.error());
  EXPECT_EQ(verified->identity, "ada");
  EXPECT_EQ(verified->room, "demo");
  EXPECT_TRUE(verified->permissions.can_publish);
  EXPECT_TRUE(verified->permissions.can_subscribe);
}

TEST(Token, AcceptsTheSignatureOfRfc7515AppendixA1) {
  const auto secret = base64url_decode(
      "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow");
  ASSERT_TRUE(secret);
  const TokenVerifier verifier{{{"joe", *secret}}};
  const std::string token =
      "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9."
      "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVl"
      "fQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
  // The signature is right, so the next thing wrong is that it grants no room.
  const WallTime before{std::chrono::sys_seconds{1300819379s}};
  EXPECT_EQ(verifier.verify(token, before).error(), TokenError::kNoRoomJoin);
  EXPECT_EQ(verifier.verify(token, kNow).error(), TokenError::kExpired);
}

TEST(Token, RefusesEveryAlgorithmButHs256) {
  const std::string payload = R"({"iss":"key","exp":1750003600,"video":{"roomJoin":true}})";
  ASSERT_FALSE(error_of(signed_token(kHeader, payload)));
  for (const char* header :
       {R"({"alg":"none"})", R"({"alg":"None"})", R"({"alg":"hs256"})", R"({"alg":"HS384"})",
        R"({"alg":"RS256"})", R"({"alg":7})", R"({"alg":null})", R"({"typ":"JWT"})"}) {
    EXPECT_EQ(error_of(signed_token(header, payload)), TokenError::kWrongAlgorithm) << header;
  }
  const std::string unsigned_token =
      base64url_encode(R"({"alg":"none"})") + "." + base64url_encode(payload) + ".";
  EXPECT_EQ(error_of(unsigned_token), TokenError::kWrongAlgorithm);
  EXPECT_EQ(error_of(signed_token(R"({"alg":"HS256","crit":["exp"]})", payload)),
            TokenError::kMalformed);
}

TEST(Token, RefusesAnyOtherSignature) {
  const std::string token = token_of(claims());
  EXPECT_EQ(error_of(make_token(claims(), "key", "a wrong secret")), TokenError::kBadSignature);
  EXPECT_EQ(error_of(make_token(claims(), "other", keys().at("key"))), TokenError::kBadSignature);
  EXPECT_EQ(error_of(token.substr(0, token.rfind('.') + 1)), TokenError::kBadSignature);
  for (std::size_t i = 0; i < token.size(); ++i) {
    std::string forged = token;
    forged[i] = forged[i] == 'A' ? 'B' : 'A';
    EXPECT_TRUE(error_of(forged)) << i;
  }
}

TEST(Token, IsRefusedWhereItsSignatureCannotBeChecked) {
  const std::string token = token_of(claims());
  const std::string unsigned_token = token.substr(0, token.rfind('.') + 1);
  ASSERT_EQ(EVP_set_default_properties(nullptr, "provider=nobody"), 1);
  const auto whole = error_of(token);
  const auto without_signature = error_of(unsigned_token);
  EXPECT_THROW(std::ignore = token_of(claims()), std::runtime_error);
  ASSERT_EQ(EVP_set_default_properties(nullptr, ""), 1);
  EXPECT_EQ(whole, TokenError::kBadSignature);
  EXPECT_EQ(without_signature, TokenError::kBadSignature);
  EXPECT_FALSE(error_of(token));
}

TEST(Token, RefusesUnknownAndEmptyKeys) {
  EXPECT_EQ(error_of(make_token(claims(), "nobody", "x")), TokenError::kUnknownKey);
  EXPECT_EQ(error_of(signed_token(kHeader, R"({"exp":1750003600})")), TokenError::kUnknownKey);
  const TokenVerifier careless{{{"key", ""}, {"", "x"}}};
  EXPECT_EQ(careless.verify(make_token(claims(), "key", ""), kNow).error(),
            TokenError::kUnknownKey);
}

TEST(Token, HoldsForItsTimeWithALittleLeeway) {
  const std::string token = token_of(claims());
  const WallTime begins = kNow - 60s - kTokenLeeway;
  const WallTime ends = kNow + 1h + kTokenLeeway;
  EXPECT_EQ(error_of(token, begins - 1s), TokenError::kNotYetValid);
  EXPECT_FALSE(error_of(token, begins));
  EXPECT_FALSE(error_of(token, ends - 1s));
  EXPECT_EQ(error_of(token, ends), TokenError::kExpired);
}

TEST(Token, MayExpireInAnyYearOfFourDigits) {
  const std::string grant = R"(,"video":{"roomJoin":true})";
  EXPECT_FALSE(error_of_payload(R"("exp":253402300799)" + grant));
  EXPECT_EQ(error_of_payload(R"("exp":253402300800)" + grant), TokenError::kBadClaim);
  EXPECT_EQ(error_of_payload(R"("exp":1750003600,"nbf":175000359925)" + grant),
            TokenError::kNotYetValid);
}

TEST(Token, NeedsAnExpiryAndARoomGrant) {
  EXPECT_EQ(error_of_payload(R"("video":{"roomJoin":true})"), TokenError::kExpired);
  EXPECT_EQ(error_of_payload(R"("exp":1750003600)"), TokenError::kNoRoomJoin);
  EXPECT_EQ(error_of_payload(R"("exp":1750003600,"video":{})"), TokenError::kNoRoomJoin);
  EXPECT_EQ(error_of_payload(R"("exp":1750003600,"video":{"roomJoin":false})"),
            TokenError::kNoRoomJoin);
}

TEST(Token, RefusesClaimsOfTheWrongType) {
  const std::string rest = R"(,"exp":1750003600,"video":{"roomJoin":true})";
  ASSERT_FALSE(error_of_payload(R"("sub":"a")" + rest));
  for (const char* claim : {R"("sub":7)", R"("name":[])", R"("metadata":{})", R"("nbf":"0")",
                            R"("nbf":-1)", R"("nbf":1e300)"}) {
    EXPECT_EQ(error_of_payload(claim + rest), TokenError::kBadClaim) << claim;
  }
  for (const char* video :
       {R"("x")", R"([])", R"({"roomJoin":1})", R"({"roomJoin":true,"room":7})",
        R"({"roomJoin":true,"canPublish":"no"})", R"({"roomJoin":true,"canPublishSources":"x"})",
        R"({"roomJoin":true,"canPublishSources":["screen"]})",
        R"({"roomJoin":true,"canPublishSources":[7]})", R"({"roomJoin":true,"hidden":1})"}) {
    EXPECT_EQ(error_of_payload(R"("exp":1750003600,"video":)" + std::string{video}),
              TokenError::kBadClaim)
        << video;
  }
}

TEST(Token, CutAtAnyByteIsAnError) {
  const std::string token = token_of(claims());
  for (std::size_t length = 0; length < token.size(); ++length) {
    EXPECT_TRUE(error_of(token.substr(0, length))) << length;
  }
  EXPECT_EQ(error_of(token + ".x"), TokenError::kMalformed);
  EXPECT_EQ(error_of(token + "="), TokenError::kMalformed);
  EXPECT_EQ(error_of(std::string(kTokenBytesMax + 1, 'A')), TokenError::kMalformed);
}

}  // namespace
}  // namespace sluice::signaling
