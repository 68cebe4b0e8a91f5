#include "tests/link/rate_trace.h"

#include <gtest/gtest.h>

namespace sluice::link {
namespace {

using media::Time;
using std::chrono::milliseconds;

double bytes_between(const RatePlan& plan, int from_ms, int to_ms) {
  return sim::Capacity{plan}.bytes_between(Time{milliseconds{from_ms}}, Time{milliseconds{to_ms}});
}

TEST(RateTrace, ReadsMahimahisOpportunities) {
  const auto plan = parse_rate_trace("5\n5\n9\n10\n");
  ASSERT_TRUE(plan) << plan.error();
  EXPECT_EQ(sim::Capacity{*plan}.length(), milliseconds{10});
  EXPECT_DOUBLE_EQ(bytes_between(*plan, 0, 4), 0);
  EXPECT_DOUBLE_EQ(bytes_between(*plan, 4, 5), 3000);
  EXPECT_DOUBLE_EQ(bytes_between(*plan, 5, 8), 0);
  EXPECT_DOUBLE_EQ(bytes_between(*plan, 8, 10), 3000);
}

TEST(RateTrace, ReadsSecondsAndMegabits) {
  const auto plan = parse_rate_trace("# seconds, Mbit/s\n0.2 8\n0.4\t16\n0.6,0\n");
  ASSERT_TRUE(plan) << plan.error();
  EXPECT_EQ(sim::Capacity{*plan}.length(), milliseconds{600});
  EXPECT_DOUBLE_EQ(bytes_between(*plan, 0, 200), 200'000);
  EXPECT_DOUBLE_EQ(bytes_between(*plan, 200, 400), 400'000);
  EXPECT_DOUBLE_EQ(bytes_between(*plan, 400, 600), 0);
}

TEST(RateTrace, TakesTheFirstLineAsTheBeginning) {
  const auto plan = parse_rate_trace("1000 8\n1001 16\n");
  ASSERT_TRUE(plan) << plan.error();
  EXPECT_EQ(sim::Capacity{*plan}.length(), std::chrono::seconds{2});
}

TEST(RateTrace, SaysWhichLineIsWrong) {
  const auto failure = [](const char* text) {
    const auto plan = parse_rate_trace(text);
    return plan ? std::string{"none"} : plan.error();
  };
  EXPECT_EQ(failure(""), "it is empty");
  EXPECT_EQ(failure("0 1\n1 x\n"), "line 2: 'x' is not understood");
  EXPECT_EQ(failure("0 1\nx\n"), "line 2: 'x' is no number");
  EXPECT_EQ(failure("0 1\n1 -2\n"), "line 2: is no rate in Mbit/s");
  EXPECT_EQ(failure("0 1\n1 2\n1 2\n"), "line 3: goes back in time");
  EXPECT_EQ(failure("5\n4\n"), "line 2: goes back in time");
  EXPECT_EQ(failure("5\n6.5\n"), "line 2: is no millisecond");
  EXPECT_EQ(failure("5\n6 1\n"), "line 2: has two columns, others one");
  EXPECT_EQ(failure("0 1\n2\n"), "line 2: has one column, others two");
  EXPECT_EQ(failure("0 0\n1 0\n"), "nothing ever passes");
}

TEST(RateTrace, NamesAFileThatCannotBeRead) {
  const auto plan = read_rate_trace("/nonexistent/trace");
  ASSERT_FALSE(plan);
  EXPECT_EQ(plan.error(), "/nonexistent/trace: cannot be read");
}

}  // namespace
}  // namespace sluice::link
