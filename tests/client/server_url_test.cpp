#include "client/server_url.h"

#include <gtest/gtest.h>

namespace sluice::client {
namespace {

TEST(ServerUrl, ReadsEachScheme) {
  EXPECT_EQ(
      parse_server_url("tcp://localhost:9000"),
      (ServerUrl{.scheme = UrlScheme::kTcp, .host = "localhost", .port = 9000, .target = ""}));
  EXPECT_EQ(
      parse_server_url("tls://meet.example:9000"),
      (ServerUrl{.scheme = UrlScheme::kTls, .host = "meet.example", .port = 9000, .target = ""}));
  EXPECT_EQ(parse_server_url("ws://10.0.0.1:80/ws"),
            (ServerUrl{.scheme = UrlScheme::kWs, .host = "10.0.0.1", .port = 80, .target = "/ws"}));
  EXPECT_EQ(parse_server_url("wss://meet.example:443/call/ws?x=1"),
            (ServerUrl{.scheme = UrlScheme::kWss,
                       .host = "meet.example",
                       .port = 443,
                       .target = "/call/ws?x=1"}));
}

TEST(ServerUrl, TheAddressOfTheMeetingPageMeansItsWebSocket) {
  EXPECT_EQ(parse_server_url("http://127.0.0.1:8080")->to_string(), "ws://127.0.0.1:8080/ws");
  EXPECT_EQ(parse_server_url("https://meet.example/")->to_string(), "wss://meet.example:443/ws");
}

TEST(ServerUrl, FillsInTheUsualPort) {
  EXPECT_EQ(parse_server_url("tcp://localhost")->port, 8080);
  EXPECT_EQ(parse_server_url("ws://localhost")->port, 8080);
  EXPECT_EQ(parse_server_url("tls://localhost")->port, 443);
  EXPECT_EQ(parse_server_url("wss://localhost")->port, 443);
}

TEST(ServerUrl, TakesIpv6InBracketsAndLeavesOutFragments) {
  const auto url = parse_server_url("ws://[::1]:8080/ws#here");
  ASSERT_TRUE(url);
  EXPECT_EQ(url->host, "::1");
  EXPECT_EQ(url->authority(), "[::1]:8080");
  EXPECT_EQ(url->target, "/ws");
}

TEST(ServerUrl, RefusesWithASentence) {
  for (const char* bad :
       {"", "localhost:8080", "udp://x:1", "tcp://", "tcp://:80", "tcp://x:", "tcp://x:0",
        "tcp://x:65536", "tcp://x:8o", "tcp://x:80:80", "tcp://[::1", "tcp://[::1]80", "tcp://x/ws",
        "ws://user@x/", "ws://x y/", "ws://x/\r\nHost: y", "ws://x/\xC3\xA9"}) {
    const auto url = parse_server_url(bad);
    ASSERT_FALSE(url) << bad;
    EXPECT_GT(url.error().size(), 10U) << bad;
  }
}

TEST(ServerUrl, PrintsWhatItReadsBack) {
  for (const char* text : {"tcp://h:1", "tls://[fe80::1]:2", "ws://h:3/ws", "wss://h:4/a?b"}) {
    EXPECT_EQ(parse_server_url(text)->to_string(), text);
  }
}

}  // namespace
}  // namespace sluice::client
