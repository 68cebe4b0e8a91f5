#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <vector>

namespace sluice::client {

/// The sound of a WAV file.
struct WavSound {
  int sample_rate = 0;  ///< Hz
  int channels = 0;
  std::vector<float> samples;  ///< interleaved, -1 to 1
};

/// Reads a whole WAV file: PCM of 8, 16, 24 or 32 bits, or 32-bit floating point, 1 to 8 channels,
/// 8 to 192 kHz. A data chunk that claims more than there is (a pipe's) ends with the file.
/// The error is one sentence for people.
/// Source: Microsoft's "Multiple channel audio data and WAVE files".
[[nodiscard]] std::expected<WavSound, std::string> parse_wav(std::span<const std::byte> file);

/// The sound mixed to one channel at `sample_rate` Hz, in 16 bits.
[[nodiscard]] std::vector<std::int16_t> resample_to_mono(const WavSound& sound, int sample_rate);

}  // namespace sluice::client
