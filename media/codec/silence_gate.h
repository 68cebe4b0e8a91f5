#pragma once

#include <algorithm>
#include <cstdint>

namespace sluice::media {

/// Says which packets of a microphone are worth sending.
///
/// An open microphone in a quiet room costs as much as one that is spoken into, on the way up and
/// once for everybody on the way down: 50 packets a second, of whose bytes a third are headers.
/// What nobody can hear is left out, after 300 ms of it; receivers take a gap in capture time
/// without one in frame numbers for silence that was meant (docs/protocol.md 5.2).
/// Only the level decides: whatever can be heard is sent, be it speech, music or noise.
class SilenceGate {
 public:
  /// The level (`audio_level`) from which on nothing can be heard.
  static constexpr std::uint8_t kQuietFrom = 60;
  /// After speech, packets go on for so long: a pause between words is not one between turns.
  static constexpr int kHangoverPackets = 15;

  /// Whether a packet of this level is to be sent; to be asked of each, in order.
  [[nodiscard]] bool passes(std::uint8_t level) {
    quiet_ = level < kQuietFrom ? 0 : std::min(quiet_ + 1, kHangoverPackets + 1);
    return quiet_ <= kHangoverPackets;
  }

 private:
  int quiet_ = 0;
};

}  // namespace sluice::media
