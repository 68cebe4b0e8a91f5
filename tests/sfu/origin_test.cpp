#include "sfu/origin.h"

#include <gtest/gtest.h>

namespace sluice::sfu {
namespace {

TEST(Origin, AllowsProgramsThatAreNotBrowsers) {
  EXPECT_TRUE(origin_allowed("", "meet.example.org", {}));
}

TEST(Origin, AllowsPagesOfTheSameHostAndPort) {
  EXPECT_TRUE(origin_allowed("http://localhost:8080", "localhost:8080", {}));
  EXPECT_TRUE(origin_allowed("https://meet.example.org", "meet.example.org", {}));
  EXPECT_TRUE(origin_allowed("https://Meet.Example.org", "meet.example.ORG:443", {}));
  EXPECT_TRUE(origin_allowed("http://meet.example.org:80", "meet.example.org", {}));
  EXPECT_TRUE(origin_allowed("http://[::1]:8080", "[::1]:8080", {}));
}

TEST(Origin, RefusesOtherPages) {
  EXPECT_FALSE(origin_allowed("https://evil.example", "meet.example.org", {}));
  EXPECT_FALSE(origin_allowed("http://localhost:8081", "localhost:8080", {}));
  EXPECT_FALSE(origin_allowed("http://meet.example.org:443", "meet.example.org", {}));
  EXPECT_FALSE(origin_allowed("https://meet.example.org.evil.example", "meet.example.org", {}));
  EXPECT_FALSE(origin_allowed("null", "localhost:8080", {}));
  EXPECT_FALSE(origin_allowed("file://", "localhost:8080", {}));
  EXPECT_FALSE(origin_allowed("http://", "", {}));
}

TEST(Origin, AllowsWhatIsListed) {
  EXPECT_TRUE(origin_allowed("https://app.example", "meet.example.org", {"https://App.example"}));
  EXPECT_FALSE(origin_allowed("http://app.example", "meet.example.org", {"https://app.example"}));
  EXPECT_TRUE(origin_allowed("null", "meet.example.org", {"*"}));
}

TEST(Origin, KnowsAnOriginWhenItSeesOne) {
  for (const char* good : {"*", "https://a.example", "http://localhost:3000", "http://[::1]:80"}) {
    EXPECT_TRUE(is_origin(good)) << good;
  }
  for (const char* bad : {"", "a.example", "https://", "https://a.example/", "ftp://a.example",
                          "https://user@a.example", "https://a.example b"}) {
    EXPECT_FALSE(is_origin(bad)) << bad;
  }
}

}  // namespace
}  // namespace sluice::sfu
