#pragma once

#include <string>
#include <vector>

#include "tests/sim/meeting.h"

namespace sluice::sim {

/// One link and one publisher that policies are scored on.
struct Scenario {
  std::string name;
  MeetingSettings settings;
};

/// What scripts/score runs, in the order of its table.
[[nodiscard]] std::vector<Scenario> scenarios();

}  // namespace sluice::sim
