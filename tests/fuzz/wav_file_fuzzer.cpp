#include <cstdint>
#include <span>

#include "client/wav_file.h"

// Any file given as WAV: sound or a sentence; sound of any rate becomes sound at 48 kHz.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::size_t kSamplesMax = 2000;  // resampling is slow, and more says nothing new
  const auto sound = sluice::client::parse_wav(std::as_bytes(std::span{data, size}));
  if (sound && sound->samples.size() <= kSamplesMax) {
    (void)sluice::client::resample_to_mono(*sound, 48'000);
  }
  return 0;
}
