#include "client/simulcast_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sluice::client {
namespace {

using ::testing::ElementsAre;

TEST(SimulcastPlan, HalvesThePictureAndGivesTheSmallerThreeTenths) {
  EXPECT_THAT(plan_encodings(1280, 720, 3, 2'000'000),
              ElementsAre(PlannedEncoding{320, 180, 180'000}, PlannedEncoding{640, 360, 600'000},
                          PlannedEncoding{1280, 720, 2'000'000}));
  EXPECT_THAT(plan_encodings(640, 360, 1, 500'000),
              ElementsAre(PlannedEncoding{640, 360, 500'000}));
}

TEST(SimulcastPlan, ChoosesTheNumberOfEncodingsByThePicturesHeight) {
  EXPECT_EQ(encodings_for(180), 1);
  EXPECT_EQ(encodings_for(360), 2);
  EXPECT_EQ(encodings_for(719), 2);
  EXPECT_EQ(encodings_for(720), 3);
}

const std::vector<bool> kAll{true, true, true};

SimulcastBudget budget() { return SimulcastBudget{plan_encodings(1280, 720, 3, 2'000'000)}; }

TEST(SimulcastBudget, GivesEachEncodingItsOwnWhenNothingIsShort) {
  auto divided = budget();
  EXPECT_EQ(divided.full_bps(kAll), 2'780'000U);
  EXPECT_THAT(divided.divide(kAll, 2'780'000), ElementsAre(180'000, 600'000, 2'000'000));
}

TEST(SimulcastBudget, LowersTheLargestFirstAndThenTurnsItOff) {
  auto divided = budget();
  EXPECT_THAT(divided.divide(kAll, 1'800'000), ElementsAre(180'000, 600'000, 1'020'000));
  EXPECT_THAT(divided.divide(kAll, 1'700'000), ElementsAre(180'000, 600'000, 0));
  EXPECT_THAT(divided.divide(kAll, 500'000), ElementsAre(180'000, 320'000, 0));
  EXPECT_THAT(divided.divide(kAll, 400'000), ElementsAre(180'000, 0, 0));
  EXPECT_THAT(divided.divide(kAll, 60'000), ElementsAre(60'000, 0, 0));
}

TEST(SimulcastBudget, TurnsAnEncodingOnAgainOnlyWhenThereIsClearlyRoom) {
  auto divided = budget();
  EXPECT_THAT(divided.divide(kAll, 1'700'000), ElementsAre(180'000, 600'000, 0));
  EXPECT_THAT(divided.divide(kAll, 2'100'000), ElementsAre(180'000, 600'000, 0));
  EXPECT_THAT(divided.divide(kAll, 2'200'000), ElementsAre(180'000, 600'000, 1'420'000));
  EXPECT_THAT(divided.divide(kAll, 1'800'000), ElementsAre(180'000, 600'000, 1'020'000));
}

TEST(SimulcastBudget, LeavesOutWhatNobodyWants) {
  auto divided = budget();
  EXPECT_THAT(divided.divide({false, true, false}, 2'780'000), ElementsAre(0, 600'000, 0));
  EXPECT_THAT(divided.divide({false, false, false}, 2'780'000), ElementsAre(0, 0, 0));
  EXPECT_EQ(divided.full_bps({false, true, false}), 600'000U);
  // The smallest that is wanted makes do with what there is.
  EXPECT_THAT(divided.divide({false, false, true}, 100'000), ElementsAre(0, 0, 100'000));
}

}  // namespace
}  // namespace sluice::client
