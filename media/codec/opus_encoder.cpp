#include "media/codec/opus_encoder.h"

#include <opus/opus.h>

#include <array>

#include "media/invariant.h"

namespace sluice::media {

OpusEncoder::OpusEncoder(::OpusEncoder* encoder, int channels)
    : encoder_{encoder}, channels_{channels} {}

void OpusEncoder::Destroy::operator()(::OpusEncoder* encoder) const {
  opus_encoder_destroy(encoder);
}

std::expected<OpusEncoder, CodecError> OpusEncoder::create(int channels,
                                                           std::uint32_t bitrate_bps) {
  if ((channels != 1 && channels != 2) || bitrate_bps < 6'000 || bitrate_bps > 510'000) {
    return std::unexpected(CodecError{"the Opus encoder's configuration is out of range"});
  }
  int status = OPUS_OK;
  ::OpusEncoder* encoder =
      opus_encoder_create(kOpusSampleRate, channels, OPUS_APPLICATION_AUDIO, &status);
  if (status != OPUS_OK) return std::unexpected(CodecError{opus_strerror(status)});
  OpusEncoder made{encoder, channels};
  status = opus_encoder_ctl(encoder, OPUS_SET_BITRATE(static_cast<opus_int32>(bitrate_bps)));
  if (status != OPUS_OK) return std::unexpected(CodecError{opus_strerror(status)});
  return made;
}

std::expected<std::vector<std::byte>, CodecError> OpusEncoder::encode(
    std::span<const std::int16_t> samples) {
  invariant(samples.size() ==
                static_cast<std::size_t>(kOpusPacketSamples) * static_cast<std::size_t>(channels_),
            "an Opus packet is 20 ms");
  // What libopus recommends: the longest packet that 510 kbit/s allow.
  std::array<unsigned char, 4000> packet;
  const opus_int32 size = opus_encode(encoder_.get(), samples.data(), kOpusPacketSamples,
                                      packet.data(), static_cast<opus_int32>(packet.size()));
  if (size < 0) return std::unexpected(CodecError{opus_strerror(size)});
  const auto* bytes = reinterpret_cast<const std::byte*>(packet.data());
  return std::vector<std::byte>(bytes, bytes + size);
}

int OpusEncoder::lookahead() const {
  opus_int32 samples = 0;
  opus_encoder_ctl(encoder_.get(), OPUS_GET_LOOKAHEAD(&samples));
  return samples;
}

}  // namespace sluice::media
