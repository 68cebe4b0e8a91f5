#include "sfu/log.h"

#include <gtest/gtest.h>

#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

namespace sluice::sfu {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class LogTest : public testing::Test {
 protected:
  Log make(const LogSettings& settings) {
    return Log{settings, [this](std::string_view line) { lines_.emplace_back(line); },
               [this] { return now_; }};
  }

  std::vector<std::string> lines_;
  // 2026-01-31T12:00:00.042Z
  std::chrono::system_clock::time_point now_{milliseconds{1769860800042}};
};

TEST_F(LogTest, WritesAnEventAndItsFields) {
  Log log = make({});
  log.info("participant_joined", {{"room", "demo"},
                                  {"participants", 3},
                                  {"rtt_ms", 1.5},
                                  {"tls", true},
                                  {"bytes", std::uint64_t{18446744073709551615U}},
                                  {"delta", -4}});
  ASSERT_EQ(lines_.size(), 1U);
  EXPECT_EQ(lines_[0],
            "2026-01-31T12:00:00.042Z info participant_joined room=demo participants=3 rtt_ms=1.5 "
            "tls=true bytes=18446744073709551615 delta=-4");
}

TEST_F(LogTest, WritesJsonThatParses) {
  Log log = make({.format = LogFormat::kJson});
  log.warning("odd", {{"text", "a \"quoted\"\n\x1b[31m \\ \x7f é \xC2\x9B end"},
                      {"broken", "\xFF\xC3 x"},
                      {"number", std::numeric_limits<double>::infinity()},
                      {"empty", ""}});
  ASSERT_EQ(lines_.size(), 1U);
  const auto parsed = nlohmann::json::parse(lines_[0]);
  EXPECT_EQ(parsed["time"], "2026-01-31T12:00:00.042Z");
  EXPECT_EQ(parsed["level"], "warning");
  EXPECT_EQ(parsed["event"], "odd");
  EXPECT_EQ(parsed["text"], "a \"quoted\"\n\x1b[31m \\ \x7f é \xC2\x9B end");
  EXPECT_EQ(parsed["broken"], "?? x");
  EXPECT_TRUE(parsed["number"].is_null());
  EXPECT_EQ(parsed["empty"], "");
}

TEST_F(LogTest, LetsNoValueEndTheLineOrForgeAField) {
  Log log = make({});
  log.info("joined", {{"name", "Eve\n2026 info joined name=Bob"}, {"room", "a=b"}, {"id", ""}});
  ASSERT_EQ(lines_.size(), 1U);
  EXPECT_EQ(lines_[0].find('\n'), std::string::npos);
  EXPECT_TRUE(lines_[0].ends_with(R"(name="Eve\u000a2026 info joined name=Bob" room="a=b" id="")"))
      << lines_[0];
}

TEST_F(LogTest, LetsNoByteThatATerminalObeysPass) {
  Log log = make({});
  for (int byte = 1; byte < 256; ++byte) {
    lines_.clear();
    const std::string value = {static_cast<char>(byte)};
    log.error("byte", {{"value", value}});
    for (const char c : lines_.at(0)) {
      ASSERT_TRUE(c >= 0x20 && c != 0x7F) << byte << ": " << lines_[0];
    }
  }
}

TEST_F(LogTest, CutsALongValueAtACharacter) {
  Log log = make({});
  log.info("long", {{"value", std::string(255, 'x') + "€" + std::string(100000, 'y')}});
  EXPECT_TRUE(lines_.at(0).ends_with("value=\"" + std::string(255, 'x') + "...\"")) << lines_[0];
}

TEST_F(LogTest, HidesSecrets) {
  Log log = make({});
  log.info("join", {{"token", "eyJhbGciOi"}, {"secret", "s3cret"}, {"room", "demo"}});
  EXPECT_TRUE(lines_.at(0).ends_with("token=(hidden) secret=(hidden) room=demo"));
}

TEST_F(LogTest, WritesOnlyWhatIsOfItsLevel) {
  Log log = make({.level = LogLevel::kWarning});
  log.debug("a");
  log.info("b");
  log.warning("c");
  log.error("d");
  EXPECT_EQ(lines_.size(), 2U);
  EXPECT_FALSE(log.enabled(LogLevel::kInfo));
  EXPECT_TRUE(log.enabled(LogLevel::kError));
}

TEST_F(LogTest, LimitsTheRateOfEachEventAndCountsTheRest) {
  Log log = make({.burst = 3, .per_second = 1});
  for (int i = 0; i < 10; ++i) log.info("refused", {{"i", i}});
  EXPECT_EQ(lines_.size(), 3U);
  log.info("other");
  EXPECT_EQ(lines_.size(), 4U);

  now_ += seconds{1};
  log.info("refused");
  ASSERT_EQ(lines_.size(), 5U);
  EXPECT_TRUE(lines_[4].ends_with("refused suppressed=7")) << lines_[4];
  log.info("refused");
  EXPECT_EQ(lines_.size(), 5U);
}

TEST_F(LogTest, LetsErrorsAlwaysPass) {
  Log log = make({.burst = 1, .per_second = 1});
  for (int i = 0; i < 10; ++i) log.error("broken");
  EXPECT_EQ(lines_.size(), 10U);
}

TEST_F(LogTest, TellsAtItsEndWhatWasSuppressed) {
  {
    Log log = make({.burst = 1, .per_second = 1});
    for (int i = 0; i < 5; ++i) log.info("refused");
  }
  ASSERT_EQ(lines_.size(), 2U);
  EXPECT_TRUE(lines_[1].ends_with("info suppressed of_event=refused suppressed=4"));
}

TEST_F(LogTest, TakesAClockThatIsSetBack) {
  Log log = make({.burst = 1, .per_second = 1});
  log.info("a");
  now_ -= std::chrono::hours{1};
  log.info("a");
  EXPECT_EQ(lines_.size(), 1U);
  now_ += seconds{1};
  log.info("a");
  EXPECT_EQ(lines_.size(), 2U);
}

TEST(LogToStandardError, WritesWholeLinesOfManyThreadsBeforeItEnds) {
  testing::internal::CaptureStderr();
  {
    Log log{{.burst = 1000, .per_second = 1000}};
    std::vector<std::jthread> threads;
    threads.reserve(4);
    for (int thread = 0; thread < 4; ++thread) {
      threads.emplace_back([&log, thread] {
        for (int i = 0; i < 100; ++i) log.info("line", {{"thread", thread}, {"i", i}});
      });
    }
    threads.clear();
    EXPECT_EQ(log.lines_lost(), 0U);
  }
  const std::string written = testing::internal::GetCapturedStderr();
  std::istringstream stream{written};
  int count = 0;
  for (std::string line; std::getline(stream, line); ++count) {
    EXPECT_NE(line.find(" info line thread="), std::string::npos) << line;
  }
  EXPECT_EQ(count, 400);
}

}  // namespace
}  // namespace sluice::sfu
