#include "signaling/id_generator.h"

#include <gtest/gtest.h>

#include <set>

namespace sluice::signaling {
namespace {

TEST(IdGenerator, MakesPrefixedNamesFromTheRandomBits) {
  IdGenerator ids{[] { return std::uint64_t{0}; }};
  EXPECT_EQ(ids.participant().value, "PA_aaaaaaaaaaaa");
  EXPECT_EQ(ids.track().value, "TR_aaaaaaaaaaaa");
  EXPECT_EQ(ids.identity(), "guest-aaaaaaaaaaaa");
  EXPECT_EQ(ids.lane_key(), "LK_" + std::string(24, 'a'));
}

TEST(IdGenerator, MakesAKeyOfTwiceAsManyBits) {
  IdGenerator ids{[next = std::uint64_t{0}]() mutable { return next++; }};
  EXPECT_EQ(ids.lane_key(), "LK_" + std::string(12, 'a') + "b" + std::string(11, 'a'));
}

TEST(IdGenerator, UsesSixtyBits) {
  IdGenerator ids{[bit = 0]() mutable { return std::uint64_t{1} << static_cast<unsigned>(bit++); }};
  std::set<std::string> names;
  for (int i = 0; i < 60; ++i) names.insert(ids.track().value);
  EXPECT_EQ(names.size(), 60U);
}

}  // namespace
}  // namespace sluice::signaling
