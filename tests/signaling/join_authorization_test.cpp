#include "signaling/join_authorization.h"

#include <gtest/gtest.h>

namespace sluice::signaling {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::sys_seconds kNow{1'750'000'000s};
constexpr const char* kSecret = "a secret that no message may hold";

class JoinAuthorization : public testing::Test {
 protected:
  [[nodiscard]] static TokenClaims claims() {
    TokenClaims claims;
    claims.identity = "ada";
    claims.room = "demo";
    claims.room_join = true;
    claims.expires = kNow + 1h;
    return claims;
  }
  [[nodiscard]] static Join join_with(const TokenClaims& token) {
    Join join;
    join.room = "demo";
    join.token = make_token(token, "key", kSecret);
    return join;
  }
  [[nodiscard]] std::expected<AuthorizedJoin, ProtocolError> authorize(const Join& join) const {
    return authorize_join(join, &verifier_, Limits{}, kNow);
  }
  void expect_refused(const Join& join) const {
    const auto refused = authorize(join);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::kUnauthorized);
    EXPECT_TRUE(refused.error().fatal);
    EXPECT_EQ(refused.error().message.find(kSecret), std::string::npos);
    if (join.token) {
      EXPECT_EQ(refused.error().message.find(*join.token), std::string::npos);
    }
  }

 private:
  TokenVerifier verifier_{{{"key", kSecret}}};
};

TEST_F(JoinAuthorization, AnOpenServerTakesTheJoinAtItsWord) {
  Join join;
  join.room = "demo";
  join.identity = "ada";
  join.name = "Ada";
  join.metadata = "m";
  join.auto_subscribe = false;
  join.token = "not even a token";
  const auto authorized = authorize_join(join, nullptr, Limits{}, kNow);
  ASSERT_TRUE(authorized);
  EXPECT_EQ(*authorized, (AuthorizedJoin{.room = "demo",
                                         .identity = "ada",
                                         .name = "Ada",
                                         .metadata = "m",
                                         .auto_subscribe = false,
                                         .hidden = false,
                                         .permissions = {}}));
}

TEST_F(JoinAuthorization, WhatTheTokenSaysGoesFirst) {
  TokenClaims token = claims();
  token.name = "Ada of the token";
  token.permissions.can_publish_sources = {TrackSource::kMicrophone};
  Join join = join_with(token);
  join.identity = "mallory";
  join.name = "Mallory";
  join.metadata = "from the message";
  const auto authorized = authorize(join);
  ASSERT_TRUE(authorized);
  EXPECT_EQ(authorized->identity, "ada");
  EXPECT_EQ(authorized->name, "Ada of the token");
  EXPECT_EQ(authorized->metadata, "from the message");
  EXPECT_TRUE(authorized->permissions.may_publish(TrackSource::kMicrophone));
  EXPECT_FALSE(authorized->permissions.may_publish(TrackSource::kCamera));
}

TEST_F(JoinAuthorization, ATokenWithoutARoomOpensAnyRoom) {
  TokenClaims token = claims();
  token.room.reset();
  EXPECT_TRUE(authorize(join_with(token)));
}

TEST_F(JoinAuthorization, RefusesAMissingAnExpiredAndAForeignToken) {
  Join none;
  none.room = "demo";
  expect_refused(none);
  TokenClaims expired = claims();
  expired.expires = kNow - 1h;
  expect_refused(join_with(expired));
  TokenClaims elsewhere = claims();
  elsewhere.room = "another";
  expect_refused(join_with(elsewhere));
  Join forged = join_with(claims());
  forged.token = make_token(claims(), "key", "guessed");
  expect_refused(forged);
}

TEST_F(JoinAuthorization, HoldsNamesOfTheTokenToTheLimits) {
  TokenClaims long_name = claims();
  long_name.name = std::string(129, 'a');
  expect_refused(join_with(long_name));
  TokenClaims control = claims();
  control.identity = "a\nb";
  expect_refused(join_with(control));
  TokenClaims metadata = claims();
  metadata.metadata = std::string(4097, 'm');
  expect_refused(join_with(metadata));
}

TEST_F(JoinAuthorization, AHiddenParticipantPublishesNothing) {
  TokenClaims hidden = claims();
  hidden.hidden = true;
  const auto authorized = authorize(join_with(hidden));
  ASSERT_TRUE(authorized);
  EXPECT_TRUE(authorized->hidden);
  EXPECT_FALSE(authorized->permissions.can_publish);
  EXPECT_TRUE(authorized->permissions.can_subscribe);
}

}  // namespace
}  // namespace sluice::signaling
