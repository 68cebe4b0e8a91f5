#include "metrics/process_figures.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

namespace sluice::metrics {
namespace {

constexpr std::string_view kStat =
    "4242 (sluice-server) S 1 4242 4242 0 -1 4194304 900 0 1 0 120 34 0 0 20 0 3 0 567890 "
    "123456789 2048 18446744073709551615 1 1 0 0 0 0 0 4096 0 0 0 0 17 1 0 0 0 0 0\n";

TEST(ProcessStat, IsReadFromTheKernelsLine) {
  const auto stat = parse_process_stat(kStat);
  ASSERT_TRUE(stat.has_value());
  EXPECT_EQ(stat->user_ticks, 120U);
  EXPECT_EQ(stat->system_ticks, 34U);
  EXPECT_EQ(stat->start_ticks, 567890U);
  EXPECT_EQ(stat->resident_pages, 2048U);
}

TEST(ProcessStat, IsNotMisledByTheNameOfTheProgram) {
  std::string line{kStat};
  line.replace(line.find("sluice-server"), std::string{"sluice-server"}.size(), "a) S 9 9 (b");
  const auto stat = parse_process_stat(line);
  ASSERT_TRUE(stat.has_value());
  EXPECT_EQ(stat->user_ticks, 120U);
}

TEST(ProcessStat, IsNothingWhenTheLineIsCutBeforeTheLastFieldNeeded) {
  const std::size_t end_of_needed = kStat.find(" 2048") + 5;
  ASSERT_TRUE(parse_process_stat(kStat.substr(0, end_of_needed)).has_value());
  for (std::size_t length = 0; length < end_of_needed - 4; ++length) {
    EXPECT_FALSE(parse_process_stat(kStat.substr(0, length)).has_value()) << "cut at " << length;
  }
}

TEST(ProcessFigures, DescribeThisProcess) {
  const auto figures = read_process_figures();
  ASSERT_TRUE(figures.has_value());
  const double now =
      std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
  EXPECT_GT(figures->resident_bytes, 1e5);
  EXPECT_GE(figures->cpu_seconds, 0.0);
  EXPECT_GE(figures->open_fds, 3.0);
  EXPECT_GE(figures->max_fds, figures->open_fds);
  // The kernel rounds both the boot time and the start, each to at most a second.
  EXPECT_NEAR(figures->start_time_seconds, now, 120.0);
}

TEST(ProcessFigures, AreAbsentWithoutProc) {
  EXPECT_FALSE(read_process_figures("/nonexistent").has_value());
}

}  // namespace
}  // namespace sluice::metrics
