#include "tests/link/rate_plan.h"

#include <gtest/gtest.h>

namespace sluice::link {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(RatePlan, ReadsTimesAndRatesWithTheirUnits) {
  EXPECT_EQ(parse_duration("40ms"), milliseconds{40});
  EXPECT_EQ(parse_duration("2.5s"), milliseconds{2500});
  EXPECT_EQ(parse_duration("300us"), Duration{300});
  EXPECT_EQ(parse_rate("600kbit"), 600e3);
  EXPECT_EQ(parse_rate("2.5mbit"), 2.5e6);
  for (const char* text : {"", "40", "ms", "-1ms", "40 ms", "40msx", "nanms"}) {
    EXPECT_FALSE(parse_duration(text)) << text;
  }
  for (const char* text : {"", "600", "kbit", "-1mbit", "11gbit", "1Mbit"}) {
    EXPECT_FALSE(parse_rate(text)) << text;
  }
}

TEST(RatePlan, ReadsSteps) {
  const auto plan = parse_rate_plan("3mbit:20s,400kbit:500ms");
  ASSERT_TRUE(plan) << plan.error();
  ASSERT_EQ(plan->size(), 2U);
  EXPECT_EQ((*plan)[0].length, seconds{20});
  EXPECT_EQ((*plan)[1].bits_per_second, 400e3);
}

TEST(RatePlan, LetsOnlyTheLastStepLastForEver) {
  EXPECT_TRUE(parse_rate_plan("3mbit:20s,400kbit"));
  EXPECT_FALSE(parse_rate_plan("3mbit,400kbit:20s"));
  EXPECT_FALSE(parse_rate_plan("3mbit:0s,400kbit"));
  EXPECT_FALSE(parse_rate_plan("0kbit"));
  EXPECT_FALSE(parse_rate_plan("3mbit:20s,"));
}

TEST(RatePlan, CutsAnOutageAcrossSteps) {
  const auto plan = with_outage({{.length = seconds{2}, .bits_per_second = 3e6},
                                 {.length = seconds{2}, .bits_per_second = 1e6}},
                                seconds{1}, seconds{2});
  ASSERT_TRUE(plan);
  const sim::Capacity capacity{*plan};
  EXPECT_EQ(capacity.length(), seconds{4});
  const auto bytes = [&](int from, int to) {
    return capacity.bytes_between(media::Time{seconds{from}}, media::Time{seconds{to}});
  };
  EXPECT_DOUBLE_EQ(bytes(0, 1), 3e6 / 8);
  EXPECT_DOUBLE_EQ(bytes(1, 3), 0);
  EXPECT_DOUBLE_EQ(bytes(3, 4), 1e6 / 8);
}

TEST(RatePlan, RefusesAnOutageBehindItsEndOrOfAllOfIt) {
  const RatePlan plan{{.length = seconds{2}, .bits_per_second = 3e6}};
  EXPECT_FALSE(with_outage(plan, seconds{1}, seconds{2}));
  EXPECT_FALSE(with_outage(plan, seconds{0}, seconds{2}));
}

}  // namespace
}  // namespace sluice::link
