#include "sfu/cpu_topology.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "tests/sfu/temporary_folder.h"

namespace sluice::sfu {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(CpuTopology, ReadsTheListsOfTheKernel) {
  EXPECT_THAT(parse_cpu_list("0-3,8,10-11\n"), ElementsAre(0, 1, 2, 3, 8, 10, 11));
  EXPECT_THAT(parse_cpu_list("5"), ElementsAre(5));
  EXPECT_THAT(parse_cpu_list("\n"), IsEmpty());
  EXPECT_THAT(parse_cpu_list(""), IsEmpty());
  EXPECT_THAT(parse_cpu_list("x,3-,-,7,99999999999,3-999999"), ElementsAre(7));
}

TEST(CpuTopology, LeavesOutNodesAndProcessorsThatMayNotBeUsed) {
  const TemporaryFolder folder;
  const std::filesystem::path& nodes = folder.path();
  for (const char* node : {"node0", "node2", "node10", "node11", "power"}) {
    std::filesystem::create_directory(nodes / node);
  }
  folder.write("node0/cpulist", "0-1\n");
  folder.write("node2/cpulist", "2-5\n");
  folder.write("node10/cpulist", "6-7\n");
  folder.write("node11/cpulist", "\n");  // memory only
  const CpuTopology topology = read_cpu_topology({1, 3, 4, 6, 7}, nodes);
  EXPECT_THAT(topology.nodes, ElementsAre(ElementsAre(1), ElementsAre(3, 4), ElementsAre(6, 7)));
  EXPECT_EQ(topology.cpus(), 5U);
}

TEST(CpuTopology, IsOneNodeWhereTheKernelTellsNothing) {
  const CpuTopology topology = read_cpu_topology({0, 1}, "/nowhere");
  EXPECT_THAT(topology.nodes, ElementsAre(ElementsAre(0, 1)));
}

TEST(CpuTopology, OfThisMachineHasEveryProcessorThatThisTestMayUse) {
  const std::vector<Cpu> allowed = allowed_cpus();
  EXPECT_EQ(read_cpu_topology(allowed).cpus(), allowed.size());
}

TEST(CpuTopology, FillsOneNodeAfterAnotherAndThenGoesRound) {
  const CpuTopology two_nodes{.nodes = {{0, 1}, {8, 9}}};
  EXPECT_THAT(cpus_for_shards(two_nodes, 2), ElementsAre(0, 1));
  EXPECT_THAT(cpus_for_shards(two_nodes, 3), ElementsAre(0, 1, 8));
  EXPECT_THAT(cpus_for_shards(two_nodes, 6), ElementsAre(0, 1, 8, 9, 0, 1));
}

TEST(CpuTopology, BindsAThreadAndSaysWhenThatIsRefused) {
  const std::vector<Cpu> allowed = allowed_cpus();
  EXPECT_TRUE(pin_thread({allowed.back()}));
  EXPECT_THAT(allowed_cpus(), ElementsAre(allowed.back()));
  EXPECT_TRUE(pin_thread(allowed));
  EXPECT_EQ(allowed_cpus(), allowed);
  EXPECT_FALSE(pin_thread({}));
}

}  // namespace
}  // namespace sluice::sfu
