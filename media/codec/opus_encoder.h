#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <span>
#include <vector>

#include "media/codec/codec_error.h"

struct OpusEncoder;

namespace sluice::media {

inline constexpr int kOpusSampleRate = 48'000;
/// Samples of one channel in a packet of 20 ms.
inline constexpr int kOpusPacketSamples = kOpusSampleRate / 50;

/// An Opus encoder (libopus): 48 kHz, packets of 20 ms.
/// Not safe to share between threads; movable.
class OpusEncoder {
 public:
  /// `channels` is 1 or 2; `bitrate_bps` 6000 to 510000 (RFC 6716 section 2.1.1).
  [[nodiscard]] static std::expected<OpusEncoder, CodecError> create(int channels,
                                                                     std::uint32_t bitrate_bps);

  /// Encodes 20 ms: `kOpusPacketSamples` samples for each channel, interleaved.
  [[nodiscard]] std::expected<std::vector<std::byte>, CodecError> encode(
      std::span<const std::int16_t> samples);

  /// Samples at 48 kHz that a decoder must throw away at the very beginning ("pre-skip").
  [[nodiscard]] int lookahead() const;

 private:
  struct Destroy {
    void operator()(::OpusEncoder* encoder) const;
  };
  OpusEncoder(::OpusEncoder* encoder, int channels);

  std::unique_ptr<::OpusEncoder, Destroy> encoder_;
  int channels_;
};

}  // namespace sluice::media
