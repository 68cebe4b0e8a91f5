#include "client/bitrate_controller.h"

#include <gtest/gtest.h>

namespace sluice::client {
namespace {

using namespace std::chrono_literals;
using media::Time;

constexpr BitrateController::Observation kCalm{};
constexpr BitrateController::Observation kTrouble{.left_out = true};

TEST(BitrateController, StaysAtItsTargetWhileNothingIsLeftOut) {
  BitrateController controller{600'000};
  for (Time now{1s}; now < Time{20s}; now += 100ms) {
    EXPECT_FALSE(controller.observe(kCalm, now));
  }
  EXPECT_EQ(controller.bitrate_bps(), 600'000U);
}

TEST(BitrateController, StepsDownAtMostTwiceASecondAndNotBelowATenth) {
  BitrateController controller{1'000'000};
  EXPECT_EQ(controller.observe(kTrouble, Time{1s}), 800'000U);
  EXPECT_FALSE(controller.observe(kTrouble, Time{1400ms}));
  EXPECT_EQ(controller.observe(kTrouble, Time{1500ms}), 640'000U);
  for (Time now{2s}; now < Time{20s}; now += 100ms) (void)controller.observe(kTrouble, now);
  EXPECT_EQ(controller.bitrate_bps(), 100'000U);
}

TEST(BitrateController, AGrowingDelayIsTroubleToo) {
  BitrateController controller{600'000};
  EXPECT_TRUE(controller.observe({.queueing_delay = 150ms}, Time{1s}));
}

TEST(BitrateController, GoesAtOnceBelowWhatTheLinkCarries) {
  BitrateController controller{1'000'000};
  EXPECT_EQ(controller.observe({.left_out = true, .link_bytes_per_second = 50'000.0}, Time{1s}),
            320'000U);
}

TEST(BitrateController, RisesSlowlyOnceTheLinkHasProvedItself) {
  BitrateController controller{600'000};
  ASSERT_TRUE(controller.observe(kTrouble, Time{10s}));
  EXPECT_FALSE(controller.observe(kCalm, Time{12900ms}));
  EXPECT_EQ(controller.observe(kCalm, Time{13s}), 518'400U);
  EXPECT_FALSE(controller.observe(kCalm, Time{13900ms}));
  EXPECT_EQ(controller.observe(kCalm, Time{14s}), 559'872U);
  EXPECT_EQ(controller.observe(kCalm, Time{15s}), 600'000U);
  EXPECT_FALSE(controller.observe(kCalm, Time{16s}));
}

TEST(BitrateController, ATargetThatIsLowAlreadyIsNotLowered) {
  BitrateController controller{40'000};
  EXPECT_FALSE(controller.observe(kTrouble, Time{1s}));
}

}  // namespace
}  // namespace sluice::client
