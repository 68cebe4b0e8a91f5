#pragma once

#include <algorithm>
#include <cstdint>

namespace sluice::media {

/// How loud a microphone is of late: its peak, which falls slowly, so that neither syllables nor
/// pauses between words change the order of those who speak.
class Loudness {
 public:
  /// Of the next packet of 20 ms: minus dBov (RFC 6464), 255 when it is not known.
  void push(std::uint8_t level) {
    const int decibels = 10 * (kSilence - (level > kSilence ? kSpeech : level));
    tenths_ = std::max(decibels, tenths_ - kFall);
  }

  /// In tenths of a decibel over silence.
  [[nodiscard]] int tenths() const { return tenths_; }

 private:
  static constexpr int kSilence = 127;
  /// Who does not tell is taken for one who speaks.
  static constexpr int kSpeech = 30;
  static constexpr int kFall = 4;  ///< 20 dB a second

  int tenths_ = 0;
};

}  // namespace sluice::media
