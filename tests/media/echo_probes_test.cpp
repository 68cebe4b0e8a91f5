#include "media/echo_probes.h"

#include <gtest/gtest.h>

namespace sluice::media {
namespace {

using namespace std::chrono_literals;

constexpr Duration kEach = 50ms;

class EchoProbesTest : public testing::Test {
 protected:
  EchoProbes probes_;
  Time now_{100s};
};

TEST_F(EchoProbesTest, AnAnswerTellsWhatWasWrittenBeforeThePingAndHowLongItTook) {
  EXPECT_TRUE(probes_.never_asked());
  const std::uint64_t id = probes_.ask(7000, now_);
  EXPECT_FALSE(probes_.never_asked());
  const auto answer = probes_.answered(id, now_ + 120ms);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->read, 7000U);
  EXPECT_EQ(answer->delay, 120ms);
}

TEST_F(EchoProbesTest, NothingIsAskedTwiceAndNotTooOften) {
  EXPECT_FALSE(probes_.news(0)) << "nothing was written";
  EXPECT_TRUE(probes_.news(1000));
  EXPECT_TRUE(probes_.due(kEach, now_));
  probes_.ask(1000, now_);
  EXPECT_TRUE(probes_.asked_once());
  EXPECT_FALSE(probes_.news(1000));
  EXPECT_TRUE(probes_.news(1001));
  EXPECT_FALSE(probes_.due(kEach, now_ + 49ms));
  EXPECT_TRUE(probes_.due(kEach, now_ + 50ms));
  probes_.ask(2000, now_);
  EXPECT_FALSE(probes_.asked_once());
}

TEST_F(EchoProbesTest, AnswersOutOfOrderAreTakenForWhatTheyAre) {
  const std::uint64_t first = probes_.ask(1000, now_);
  const std::uint64_t second = probes_.ask(2000, now_);
  const auto answer = probes_.answered(second, now_);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->read, 2000U) << "and the first with it";
  EXPECT_FALSE(probes_.answered(first, now_));
  EXPECT_FALSE(probes_.answered(second, now_));
}

TEST_F(EchoProbesTest, WhatWasNotAskedIsNotAnswered) {
  EXPECT_FALSE(probes_.answered(EchoProbes::kFirstId, now_));
  const std::uint64_t id = probes_.ask(1000, now_);
  for (const std::uint64_t wrong : {std::uint64_t{0}, std::uint64_t{1}, id - 1, id + 1, ~id}) {
    EXPECT_FALSE(probes_.answered(wrong, now_)) << wrong;
  }
  EXPECT_TRUE(probes_.answered(id, now_));
}

TEST_F(EchoProbesTest, IsSettledWhenAllWasAnsweredOrWillHardlyBe) {
  EXPECT_TRUE(probes_.settled(now_));
  const std::uint64_t id = probes_.ask(1000, now_);
  EXPECT_FALSE(probes_.settled(now_ + EchoProbes::kPatience));
  EXPECT_TRUE(probes_.settled(now_ + EchoProbes::kPatience + 1ms));
  EXPECT_TRUE(probes_.answered(id, now_));
  EXPECT_TRUE(probes_.settled(now_));
}

TEST_F(EchoProbesTest, WhoDoesNotAnswerIsNotAskedForEver) {
  std::uint64_t last = 0;
  for (std::size_t asked = 0; asked < EchoProbes::kUnansweredMost; ++asked) {
    ASSERT_TRUE(probes_.due(kEach, now_ += kEach));
    last = probes_.ask(100 * asked, now_);
  }
  EXPECT_FALSE(probes_.due(kEach, now_ += 1h));
  EXPECT_TRUE(probes_.answered(last, now_));
  EXPECT_TRUE(probes_.due(kEach, now_)) << "it answers after all";
}

}  // namespace
}  // namespace sluice::media
