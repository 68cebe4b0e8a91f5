#include "sfu/websocket_handshake.h"

#include <gtest/gtest.h>

namespace sluice::sfu {
namespace {

// The key of RFC 6455 section 1.3.
constexpr WebSocketUpgrade kGood{.connection = "Upgrade",
                                 .upgrade = "websocket",
                                 .key = "dGhlIHNhbXBsZSBub25jZQ==",
                                 .version = "13",
                                 .protocols = "sluice.v1"};

std::expected<std::string, HandshakeFault> with(std::string_view WebSocketUpgrade::* field,
                                                std::string_view value) {
  WebSocketUpgrade request = kGood;
  request.*field = value;
  return accept_websocket_upgrade(request);
}

TEST(WebSocketHandshake, AnswersTheExampleOfTheRfc) {
  EXPECT_EQ(accept_websocket_upgrade(kGood), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
}

TEST(WebSocketHandshake, FindsItsWordsInListsAndWithoutRegardToCase) {
  EXPECT_TRUE(with(&WebSocketUpgrade::connection, "keep-alive, upgrade"));
  EXPECT_TRUE(with(&WebSocketUpgrade::upgrade, "h2c ,\tWebSocket"));
  EXPECT_TRUE(with(&WebSocketUpgrade::protocols, "sluice.v2, sluice.v1"));
}

TEST(WebSocketHandshake, RefusesWhatIsNoUpgrade) {
  EXPECT_EQ(with(&WebSocketUpgrade::connection, "").error(), HandshakeFault::kNotAnUpgrade);
  EXPECT_EQ(with(&WebSocketUpgrade::connection, "upgraded").error(), HandshakeFault::kNotAnUpgrade);
  EXPECT_EQ(with(&WebSocketUpgrade::upgrade, "h2c").error(), HandshakeFault::kNotAnUpgrade);
}

TEST(WebSocketHandshake, RefusesOtherVersions) {
  for (const std::string_view version : {"", "8", "12", "013", "13,13"}) {
    EXPECT_EQ(with(&WebSocketUpgrade::version, version).error(), HandshakeFault::kWrongVersion);
  }
}

TEST(WebSocketHandshake, RefusesAKeyThatIsNotSixteenBytes) {
  for (const std::string_view key :
       {"", "dGhlIHNhbXBsZSBub25jZQ=", "dGhlIHNhbXBsZSBub25jZR==", "dGhlIHNhbXBsZSBub25jZQAA",
        "dGhlIHNhbXBsZSBub25jZQ==\n", "dGhlIHNhb*BsZSBub25jZQ=="}) {
    EXPECT_EQ(with(&WebSocketUpgrade::key, key).error(), HandshakeFault::kBadKey) << key;
  }
}

TEST(WebSocketHandshake, RefusesAClientThatDoesNotOfferTheSubprotocol) {
  for (const std::string_view protocols : {"", "sluice.v2", "SLUICE.V1", "sluice.v10"}) {
    EXPECT_EQ(with(&WebSocketUpgrade::protocols, protocols).error(),
              HandshakeFault::kNoSubprotocol);
  }
}

}  // namespace
}  // namespace sluice::sfu
