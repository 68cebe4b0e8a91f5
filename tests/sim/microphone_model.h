#pragma once

#include <cstdint>
#include <random>

#include "media/time.h"

namespace sluice::sim {

using media::Duration;
using media::Time;

/// The moments at which a microphone gives a packet of 100 bytes: each 20 ms, with pauses of speech
/// when `pauses` is set.
class MicrophoneModel {
 public:
  static constexpr std::uint32_t kPacketBytes = 100;

  MicrophoneModel(bool pauses, std::uint64_t seed);

  /// The next packet's moment.
  [[nodiscard]] Time next() const { return next_; }
  void advance();

 private:
  [[nodiscard]] bool speaking();

  bool pauses_;
  std::mt19937_64 random_;
  Time next_{std::chrono::milliseconds{7}};
  Time speech_changes_{};
  bool speaking_ = false;
};

}  // namespace sluice::sim
