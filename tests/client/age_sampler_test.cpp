#include "client/age_sampler.h"

#include <gtest/gtest.h>

namespace sluice::client {
namespace {

using namespace std::chrono_literals;

TEST(AgeSampler, MeasuresAgainstTheYoungestOfAll) {
  AgeSampler sampler;
  EXPECT_FALSE(sampler.summary());
  // Another clock: captures are an hour "ahead". Ages rise from 5 to 104 ms.
  for (int i = 0; i < 100; ++i) {
    const auto moment = media::Time{1s + i * 33ms};
    sampler.add(1h + i * 33ms - std::chrono::milliseconds{5 + i}, moment + 1s);
  }
  const auto summary = sampler.summary();
  ASSERT_TRUE(summary);
  EXPECT_EQ(summary->samples, 100U);
  EXPECT_NEAR(summary->p50_ms, 50, 1);
  EXPECT_NEAR(summary->p95_ms, 94, 1);
  EXPECT_NEAR(summary->max_ms, 99, 0.01);
}

TEST(AgeSampler, TellsTrueAgesWhenBothStampByOneClock) {
  AgeSampler sampler{true};
  for (int i = 0; i < 100; ++i) {
    const auto captured = 1s + i * 33ms;
    sampler.add(captured, media::Time{captured + 70ms});
  }
  const auto summary = sampler.summary();
  ASSERT_TRUE(summary);
  EXPECT_DOUBLE_EQ(summary->p50_ms, 70);
  EXPECT_DOUBLE_EQ(summary->max_ms, 70);
}

TEST(AgeSampler, StandsWhateverCaptureTimeAPeerClaims) {
  AgeSampler sampler;
  sampler.add(std::chrono::microseconds::min(), media::Time{1s});
  sampler.add(std::chrono::microseconds::max(), media::Time{1s});
  EXPECT_TRUE(sampler.summary());
}

}  // namespace
}  // namespace sluice::client
