#include "tests/link/arguments.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

namespace sluice::link {
namespace {

using std::chrono::milliseconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::expected<Arguments, Refusal> parse(const std::string& line) {
  std::istringstream words{line};
  return parse_arguments({std::istream_iterator<std::string>{words}, {}});
}

TEST(LinkArguments, TakesTwoCommandsEachBehindItsSeparator) {
  const auto arguments = parse("--down 1mbit -- server -a -- client -- -b");
  ASSERT_TRUE(arguments) << arguments.error().text;
  EXPECT_THAT(arguments->server_command, ElementsAre("server", "-a"));
  EXPECT_THAT(arguments->client_command, ElementsAre("client", "--", "-b"));
}

TEST(LinkArguments, CountsAnOptionForBothDirectionsUnlessItNamesOne) {
  const auto arguments =
      parse("--down 1mbit --delay 40ms --delay-up 10ms --loss-down 3% --loss-burst 4 --hold");
  ASSERT_TRUE(arguments) << arguments.error().text;
  EXPECT_EQ(arguments->down.delay, milliseconds{40});
  EXPECT_EQ(arguments->up.delay, milliseconds{10});
  EXPECT_DOUBLE_EQ(arguments->down.loss.share, 0.03);
  EXPECT_DOUBLE_EQ(arguments->up.loss.share, 0);
  EXPECT_DOUBLE_EQ(arguments->up.loss.mean_burst, 4);
  EXPECT_NE(arguments->down.loss.seed, arguments->up.loss.seed);
}

TEST(LinkArguments, MeasuresAQueueInBytesOrAtTheMeanRate) {
  const auto arguments = parse("--down 1mbit --up 2mbit --queue-down 64kB --queue-up 100ms --hold");
  ASSERT_TRUE(arguments) << arguments.error().text;
  EXPECT_EQ(arguments->down.queue_bytes, 64'000U);
  EXPECT_EQ(arguments->up.queue_bytes, 25'000U);
  const auto steps = parse("--down 3mbit:1s,1mbit:1s --queue 200ms --hold");
  ASSERT_TRUE(steps) << steps.error().text;
  EXPECT_EQ(steps->down.queue_bytes, 50'000U);
}

TEST(LinkArguments, SaysWhatIsWrong) {
  const auto failure = [](const std::string& line) {
    const auto arguments = parse(line);
    return arguments ? std::string{"none"} : arguments.error().text;
  };
  EXPECT_THAT(failure(""), HasSubstr("--hold"));
  EXPECT_THAT(failure("-- server"), HasSubstr("two commands are needed"));
  EXPECT_THAT(failure("-- server --"), HasSubstr("two commands are needed"));
  EXPECT_THAT(failure("--hold -- server -- client"), HasSubstr("or --hold"));
  EXPECT_THAT(failure("--down 1 --hold"), HasSubstr("'1' is no rate"));
  EXPECT_THAT(failure("--delay 1 --hold"), HasSubstr("'1' is no time"));
  EXPECT_THAT(failure("--loss 120% --hold"), HasSubstr("'120%' is no share"));
  EXPECT_THAT(failure("--loss-burst 0 --hold"), HasSubstr("'0' is no mean number"));
  EXPECT_THAT(failure("--queue xB --hold"), HasSubstr("is no queue"));
  EXPECT_THAT(failure("--outage 10s --hold"), HasSubstr("is no outage"));
  EXPECT_THAT(failure("--down 1mbit:5s --outage 4s+2s --hold"), HasSubstr("after the end"));
  EXPECT_THAT(failure("--netem --hold"), HasSubstr("--netem"));
}

TEST(LinkArguments, PrintsItsHelp) {
  const auto help = parse("--help");
  ASSERT_FALSE(help);
  EXPECT_EQ(help.error().status, 0);
  EXPECT_THAT(help.error().text, HasSubstr("--wait-port"));
}

}  // namespace
}  // namespace sluice::link
