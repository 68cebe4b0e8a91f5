#include <gtest/gtest.h>

#include "client/command/arguments.h"
#include "client/command/exit_code.h"

namespace sluice::client {
namespace {

TEST(CommandArguments, ReadSizes) {
  EXPECT_EQ(parse_size("640x360")->width, 640);
  EXPECT_EQ(parse_size("640x360")->height, 360);
  for (const char* bad : {"", "640", "640x", "x360", "640x361", "30x30", "9000x90", "640x360x2",
                          "-640x360", "640*360"}) {
    EXPECT_FALSE(parse_size(bad)) << bad;
  }
}

TEST(CommandArguments, ReadBitrates) {
  EXPECT_EQ(parse_bitrate("600000"), 600'000U);
  EXPECT_EQ(parse_bitrate("600k"), 600'000U);
  EXPECT_EQ(parse_bitrate("1.5M"), 1'500'000U);
  for (const char* bad : {"", "k", "600kb", "0", "10", "-1k", "1e9M", "nan"}) {
    EXPECT_FALSE(parse_bitrate(bad)) << bad;
  }
}

TEST(CommandArguments, ReadSpansOfTime) {
  using namespace std::chrono_literals;
  EXPECT_EQ(parse_span("90"), 90s);
  EXPECT_EQ(parse_span("90s"), 90s);
  EXPECT_EQ(parse_span("15m"), 15min);
  EXPECT_EQ(parse_span("6h"), 6h);
  EXPECT_EQ(parse_span("7d"), 168h);
  for (const char* bad : {"", "h", "0", "-5s", "5 s", "6hours", "1e30d", "inf"}) {
    EXPECT_FALSE(parse_span(bad)) << bad;
  }
}

TEST(ExitCode, TellsTheShellWhatWentWrong) {
  using Kind = CloseReason::Kind;
  EXPECT_EQ(exit_code_for({.kind = Kind::kLeft}, false), ExitCode::kDone);
  EXPECT_EQ(exit_code_for({.kind = Kind::kLeft}, true), ExitCode::kFailed);
  EXPECT_EQ(exit_code_for({.kind = Kind::kCannotConnect}, true), ExitCode::kCannotConnect);
  EXPECT_EQ(exit_code_for({.kind = Kind::kRefused}, true), ExitCode::kRefused);
  EXPECT_EQ(exit_code_for({.kind = Kind::kGoodbye}, true), ExitCode::kFailed);
  EXPECT_EQ(exit_code_for({.kind = Kind::kLost}, true), ExitCode::kFailed);
}

}  // namespace
}  // namespace sluice::client
