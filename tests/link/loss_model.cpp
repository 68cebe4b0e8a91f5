#include "tests/link/loss_model.h"

#include <algorithm>

namespace sluice::link {

LossModel::LossModel(const Settings& settings) : random_{settings.seed} {
  if (settings.share <= 0) return;
  if (settings.mean_burst <= 1) {
    enter_ = stay_ = settings.share;
    return;
  }
  // The share of time in the losing state is enter / (enter + leave).
  stay_ = 1 - 1 / settings.mean_burst;
  enter_ = std::min(1.0, settings.share * (1 - stay_) / (1 - settings.share));
}

bool LossModel::lose() {
  losing_ = std::bernoulli_distribution{losing_ ? stay_ : enter_}(random_);
  return losing_;
}

}  // namespace sluice::link
