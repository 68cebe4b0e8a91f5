#include "media/codec/silence_gate.h"

#include <gtest/gtest.h>

namespace sluice::media {
namespace {

constexpr std::uint8_t kSilence = 127;

TEST(SilenceGate, LeavesOutSilenceAfterAWhile) {
  SilenceGate gate;
  for (int packet = 0; packet < SilenceGate::kHangoverPackets; ++packet)
    EXPECT_TRUE(gate.passes(kSilence));
  for (int packet = 0; packet < 100; ++packet) EXPECT_FALSE(gate.passes(kSilence));
}

TEST(SilenceGate, LosesNothingOfTheFirstWordNorBetweenWords) {
  SilenceGate gate;
  for (int packet = 0; packet < 100; ++packet) static_cast<void>(gate.passes(kSilence));
  for (int word = 0; word < 10; ++word) {
    EXPECT_TRUE(gate.passes(SilenceGate::kQuietFrom - 1));
    for (int packet = 0; packet < SilenceGate::kHangoverPackets; ++packet)
      EXPECT_TRUE(gate.passes(SilenceGate::kQuietFrom));
  }
  EXPECT_FALSE(gate.passes(SilenceGate::kQuietFrom));
}

}  // namespace
}  // namespace sluice::media
