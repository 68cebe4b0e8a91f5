#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "tests/sim/meeting.h"

namespace sluice::sim {

/// A kind of link and publisher; the seed draws what is random in it.
struct Scenario {
  std::string name;
  std::function<MeetingSettings(std::uint64_t seed)> make;
};

/// A dozen links with one encoding, short enough a list to be played over real TCP as well.
[[nodiscard]] std::vector<Scenario> basic_scenarios();

/// These and families more: constant links at 0.3 to 1 times the stream with one to three
/// encodings, halving and doubling, steps, ramps, sawtooth, outages of 0.3 to 10 s, a random walk,
/// a bloated buffer, a slow reader, pauses of speech. Moments of change differ by seed.
[[nodiscard]] std::vector<Scenario> generated_scenarios();

/// Anything at all within reason, to look for what must never happen: 10 s of it.
[[nodiscard]] MeetingSettings arbitrary_meeting(std::uint64_t seed);

}  // namespace sluice::sim
