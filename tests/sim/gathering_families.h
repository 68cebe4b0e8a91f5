#pragma once

#include <cstdint>
#include <string>

#include "tests/sim/gathering.h"

namespace sluice::sim {

/// A meeting as it is held: some cameras, and what else there is.
struct GatheringShape {
  int cameras = 4;
  int encodings = 1;            ///< of each camera
  bool screen = false;          ///< one of the members is a shared screen, without a microphone
  bool speaker = false;         ///< the last camera has priority 255, as the active speaker's has
  bool everybody_talks = true;  ///< else in turns with pauses, about half of the time each
  double camera_bits_per_second = 6e5;
};

/// The link of such a meeting.
enum class GatheringLink : std::uint8_t {
  kSteady,  ///< 80 ms and a queue of 200 ms
  kStep,    ///< the same; a third of the time at three times the rate, then at it, then again more
  kStall,   ///< the same; nothing at all for half a second, each 15 s
};

[[nodiscard]] GatheringSettings gathering(const GatheringShape& shape, GatheringLink link,
                                          double bits_per_second, std::uint64_t seed);

/// Anything at all within reason, 10 s of it: to look for what must never happen.
[[nodiscard]] GatheringSettings arbitrary_gathering(std::uint64_t seed);

/// Sums and quantiles over all members, and over some seeds.
struct GatheringFigures {
  int runs = 0;
  int members = 0;  ///< with a camera or a screen, over all runs
  double minutes = 0;
  double live_cameras = 0;      ///< on average not paused at a moment
  double shown_while_live = 0;  ///< mean, of those that were live at all; 1 is every picture
  double frozen_seconds = 0;    ///< untold
  double pauses = 0;            ///< how often the subscriber was told that something is paused
  std::uint64_t sounds = 0, sounds_on_time = 0;
  std::vector<Duration> sound_ages, picture_ages;
  std::uint64_t undecodable = 0;
  double shown_first = 0;  ///< the share of pictures on time of the most important member

  void add(const GatheringSettings& settings, const GatheringResult& result);
};

}  // namespace sluice::sim
