#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <span>
#include <vector>

#include "media/codec/codec_error.h"

struct OpusDecoder;

namespace sluice::media {

/// An Opus decoder (libopus) that gives 48 kHz samples and conceals losses.
/// Not safe to share between threads; movable.
class OpusDecoder {
 public:
  /// `channels` of the output, 1 or 2; packets of either kind decode to it.
  [[nodiscard]] static std::expected<OpusDecoder, CodecError> create(int channels);

  /// Decodes one packet to interleaved samples. Errors: the bytes are no Opus packet.
  [[nodiscard]] std::expected<std::vector<std::int16_t>, CodecError> decode(
      std::span<const std::byte> packet);

  /// Invents what a missing packet of `samples` a channel (a multiple of 120) may have held.
  /// After some 100 ms of it libopus fades to silence.
  [[nodiscard]] std::expected<std::vector<std::int16_t>, CodecError> conceal(int samples);

 private:
  struct Destroy {
    void operator()(::OpusDecoder* decoder) const;
  };
  OpusDecoder(::OpusDecoder* decoder, int channels);
  std::expected<std::vector<std::int16_t>, CodecError> run(const unsigned char* packet, int bytes,
                                                           int samples);

  std::unique_ptr<::OpusDecoder, Destroy> decoder_;
  int channels_;
};

}  // namespace sluice::media
