#include "tests/link/loss_model.h"

#include <gtest/gtest.h>

namespace sluice::link {
namespace {

struct Losses {
  double share = 0;
  double mean_run = 0;
};

Losses losses_of(const LossModel::Settings& settings, int packets) {
  LossModel model{settings};
  int lost = 0;
  int runs = 0;
  bool before = false;
  for (int index = 0; index < packets; ++index) {
    const bool now = model.lose();
    lost += now ? 1 : 0;
    runs += now && !before ? 1 : 0;
    before = now;
  }
  return {.share = static_cast<double>(lost) / packets,
          .mean_run = runs > 0 ? static_cast<double>(lost) / runs : 0};
}

TEST(LossModel, LosesNothingWhenNothingIsAskedFor) { EXPECT_EQ(losses_of({}, 10'000).share, 0); }

TEST(LossModel, LosesTheShareThatIsAskedForEachPacketForItself) {
  const Losses losses = losses_of({.share = 0.03}, 200'000);
  EXPECT_NEAR(losses.share, 0.03, 0.002);
  EXPECT_NEAR(losses.mean_run, 1 / 0.97, 0.03);
}

TEST(LossModel, LosesTheSameShareInRuns) {
  const Losses losses = losses_of({.share = 0.05, .mean_burst = 8}, 500'000);
  EXPECT_NEAR(losses.share, 0.05, 0.004);
  EXPECT_NEAR(losses.mean_run, 8, 0.5);
}

TEST(LossModel, LosesTheSamePacketsWithTheSameSeed) {
  LossModel first{{.share = 0.3, .seed = 7}};
  LossModel same{{.share = 0.3, .seed = 7}};
  LossModel other{{.share = 0.3, .seed = 8}};
  int differences = 0;
  for (int index = 0; index < 1000; ++index) {
    const bool lost = first.lose();
    EXPECT_EQ(lost, same.lose());
    differences += lost == other.lose() ? 0 : 1;
  }
  EXPECT_GT(differences, 100);
}

}  // namespace
}  // namespace sluice::link
