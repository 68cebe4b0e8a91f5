#include "tests/sim/scenarios.h"

#include <gtest/gtest.h>

#include <set>

namespace sluice::sim {
namespace {

TEST(Scenarios, AreLinksWhateverTheSeed) {
  std::set<std::string> names;
  for (const Scenario& scenario : generated_scenarios()) {
    EXPECT_TRUE(names.insert(scenario.name).second) << scenario.name;
    for (std::uint64_t seed = 1; seed <= 50; ++seed) {
      // A piece without a length is a broken invariant, which ends the test.
      EXPECT_GT(scenario.make(seed).link.capacity.length(), Duration::zero())
          << scenario.name << ' ' << seed;
    }
  }
}

}  // namespace
}  // namespace sluice::sim
