#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

namespace sluice::client {

/// Something that can be heard: 48 kHz, one channel, for ever.
class SoundSource {
 public:
  virtual ~SoundSource() = default;
  /// Writes the next samples.
  virtual void read(std::span<std::int16_t> samples) = 0;
};

/// A pure sine at `hertz`, 20 dB under full scale: for tests that look for its frequency.
[[nodiscard]] std::unique_ptr<SoundSource> make_sine(double hertz);

/// A soft, slow melody of five notes, in a key of `name`'s own.
[[nodiscard]] std::unique_ptr<SoundSource> make_melody(std::string_view name);

/// Syllables, phrases and pauses in a voice of `name`'s own: what speech does to a level meter and
/// to an encoder, without saying anything.
[[nodiscard]] std::unique_ptr<SoundSource> make_murmur(std::string_view name);

/// Recorded samples, begun anew when they end. `samples` is not empty.
[[nodiscard]] std::unique_ptr<SoundSource> make_loop(std::vector<std::int16_t> samples);

}  // namespace sluice::client
