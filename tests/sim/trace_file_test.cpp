#include "tests/sim/trace_file.h"

#include <gtest/gtest.h>

#include <fstream>

namespace sluice::sim {
namespace {

using namespace std::chrono_literals;

TEST(TraceFile, ReadsMahimahi) {
  // Two packets in the first 100 ms, none in the second, one in the third.
  const auto trace = read_trace("3\n3\n250\n");
  ASSERT_TRUE(trace.has_value());
  ASSERT_EQ(trace->size(), 3U);
  EXPECT_DOUBLE_EQ((*trace)[0].bits_per_second, 2 * 1500 * 8 * 10);
  EXPECT_DOUBLE_EQ((*trace)[1].bits_per_second, 0);
  EXPECT_DOUBLE_EQ((*trace)[2].bits_per_second, 1500 * 8 * 10);
}

TEST(TraceFile, ReadsTwoColumnsWithAnyTimeBase) {
  for (const char* text : {"100.5 9\n101 2.5\n103 0\n", "100.5\t9\n101\t2.5\n103\t0\n"}) {
    const auto trace = read_trace(text);
    ASSERT_TRUE(trace.has_value());
    ASSERT_EQ(trace->size(), 2U);
    EXPECT_EQ((*trace)[0].length, Duration{500ms});
    EXPECT_DOUBLE_EQ((*trace)[0].bits_per_second, 2.5e6);
    EXPECT_EQ((*trace)[1].length, Duration{2s});
    EXPECT_DOUBLE_EQ((*trace)[1].bits_per_second, 0);
  }
}

TEST(TraceFile, ReadsCsvs) {
  const auto mets = read_trace("0.5,Mbits/sec\n20,Kbits/sec\n");
  ASSERT_TRUE(mets.has_value());
  EXPECT_DOUBLE_EQ((*mets)[0].bits_per_second, 5e5);
  EXPECT_DOUBLE_EQ((*mets)[1].bits_per_second, 2e4);
  const auto ucc =
      read_trace("Timestamp,NetworkMode,DL_bitrate,UL_bitrate\nx,5G,700,1\nx,LTE,9,1\n");
  ASSERT_TRUE(ucc.has_value());
  EXPECT_DOUBLE_EQ((*ucc)[0].bits_per_second, 7e5);
  EXPECT_EQ((*ucc)[1].length, Duration{1s});
}

TEST(TraceFile, ReadsAlphaRtc) {
  const auto trace =
      read_trace(R"({"uplink": {"trace_pattern": [{"duration": 200, "capacity": 300}]}})");
  ASSERT_TRUE(trace.has_value());
  EXPECT_EQ((*trace)[0].length, Duration{200ms});
  EXPECT_DOUBLE_EQ((*trace)[0].bits_per_second, 3e5);
}

TEST(TraceFile, RefusesWhatIsNoTrace) {
  for (const char* text :
       {"", "MIT License\n", "{\"uplink\": 3}", "{", "1 2\n1 3\n", "1 2\nx y\n", "5\nseven\n",
        "-3\n", "1,Mbits/sec\n?,Mbits/sec\n", "a,DL_bitrate\n1\n"}) {
    EXPECT_FALSE(read_trace(text).has_value()) << text;
  }
}

TEST(TraceFile, TakesTheMostVariableMinute) {
  std::vector<Capacity::Piece> pieces{{.length = 60s, .bits_per_second = 1e6}};
  for (int tooth = 0; tooth < 60; ++tooth) {
    pieces.push_back({.length = 1s, .bits_per_second = tooth % 2 == 0 ? 2e5 : 2e6});
  }
  const auto window = test_window(pieces);
  ASSERT_TRUE(window.has_value());
  EXPECT_EQ(Capacity{*window}.length(), Duration{60s});
  EXPECT_DOUBLE_EQ(window->front().bits_per_second, 2e5);
  EXPECT_FALSE(test_window({{.length = 59s, .bits_per_second = 1e6}}).has_value());
  EXPECT_FALSE(test_window({{.length = 90s, .bits_per_second = 1e5}}).has_value());
  EXPECT_TRUE(test_window({{.length = 90s, .bits_per_second = 1e8}}).has_value());
}

TEST(TraceFile, NamesWhatItSkips) {
  const std::filesystem::path folder =
      std::filesystem::path{testing::TempDir()} / "sluice_trace_file_test";
  std::filesystem::create_directories(folder / "below");
  std::ofstream{folder / "below" / "good"} << "0 1\n70 1\n";
  std::ofstream{folder / "README"} << "not a trace\n";
  std::vector<std::string> skipped;
  const auto scenarios = trace_scenarios(folder, skipped);
  std::filesystem::remove_all(folder);
  ASSERT_EQ(scenarios.size(), 1U);
  EXPECT_EQ(scenarios.front().name, "below/good");
  ASSERT_EQ(skipped.size(), 1U);
  EXPECT_TRUE(skipped.front().starts_with("README: "));
}

}  // namespace
}  // namespace sluice::sim
