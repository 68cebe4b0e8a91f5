#include "sfu/setting_values.h"

#include <gtest/gtest.h>

#include <array>

namespace sluice::sfu {
namespace {

using namespace std::chrono_literals;

TEST(ParseNumber, TakesWholeNumbersWithinBounds) {
  EXPECT_EQ(parse_number("0", 0, 65535), 0U);
  EXPECT_EQ(parse_number("65535", 0, 65535), 65535U);
  for (const char* bad :
       {"", "65536", "-1", "+1", "1.5", "0x10", " 1", "1 ", "many", "18446744073709551616"}) {
    EXPECT_EQ(parse_number(bad, 0, 65535).error(), "must be a whole number from 0 to 65535") << bad;
  }
}

TEST(ParseDuration, TakesAWholeNumberWithItsUnit) {
  EXPECT_EQ(parse_duration("400ms", 0ms, 24h), 400ms);
  EXPECT_EQ(parse_duration("30s", 0ms, 24h), 30s);
  EXPECT_EQ(parse_duration("5m", 0ms, 24h), 5min);
  EXPECT_EQ(parse_duration("24h", 0ms, 24h), 24h);
  EXPECT_EQ(parse_duration("0", 0ms, 24h), 0ms);
}

TEST(ParseDuration, RefusesANumberWhoseUnitWouldBeGuessed) {
  for (const char* bad : {"", "400", "ms", "1.5s", "-1s", "1 s", "1d", "1S", "00x",
                          "99999999999999999999s", "9999999999999999h"}) {
    EXPECT_EQ(parse_duration(bad, 20ms, 10s).error(),
              "must be a duration from 20ms to 10s, with its unit: 400ms, 30s, 5m or 1h")
        << bad;
  }
  EXPECT_FALSE(parse_duration("19ms", 20ms, 10s));
  EXPECT_FALSE(parse_duration("10001ms", 20ms, 10s));
  EXPECT_FALSE(parse_duration("0", 20ms, 10s));
}

TEST(ParseAddress, TakesAddressesAndKnowsWhichAreLoopback) {
  for (const char* good : {"127.0.0.1", "::1", "0.0.0.0", "::", "192.0.2.1", "2001:db8::7"}) {
    EXPECT_EQ(parse_address(good), good);
  }
  for (const char* bad : {"", "localhost", "127.0.0", "127.0.0.1:8080", "[::1]", "*"}) {
    EXPECT_FALSE(parse_address(bad)) << bad;
  }
  EXPECT_TRUE(is_loopback("127.0.0.1"));
  EXPECT_TRUE(is_loopback("127.9.9.9"));
  EXPECT_TRUE(is_loopback("::1"));
  EXPECT_FALSE(is_loopback("0.0.0.0"));
  EXPECT_FALSE(is_loopback("::"));
  EXPECT_FALSE(is_loopback("128.0.0.1"));
  EXPECT_TRUE(is_any_address("0.0.0.0"));
  EXPECT_TRUE(is_any_address("::"));
  EXPECT_FALSE(is_any_address("127.0.0.1"));
}

TEST(NearestName, FindsWhatWasProbablyMeant) {
  constexpr std::array<std::string_view, 3> kNames = {"port", "admin-port", "web-root"};
  EXPECT_EQ(nearest_name("prot", kNames), "port");
  EXPECT_EQ(nearest_name("admin_port", kNames), "admin-port");
  EXPECT_EQ(nearest_name("webroot", kNames), "web-root");
  EXPECT_EQ(nearest_name("verbose", kNames), "");
  EXPECT_EQ(nearest_name("", kNames), "");
}

}  // namespace
}  // namespace sluice::sfu
