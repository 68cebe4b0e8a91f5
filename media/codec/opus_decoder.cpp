#include "media/codec/opus_decoder.h"

#include <opus/opus.h>

#include "media/codec/opus_encoder.h"

namespace sluice::media {
namespace {

// The longest packet that there is: 120 ms (RFC 6716 section 2.1.4).
constexpr int kLongestPacketSamples = kOpusSampleRate / 1000 * 120;

}  // namespace

OpusDecoder::OpusDecoder(::OpusDecoder* decoder, int channels)
    : decoder_{decoder}, channels_{channels} {}

void OpusDecoder::Destroy::operator()(::OpusDecoder* decoder) const {
  opus_decoder_destroy(decoder);
}

std::expected<OpusDecoder, CodecError> OpusDecoder::create(int channels) {
  int status = OPUS_OK;
  ::OpusDecoder* decoder = opus_decoder_create(kOpusSampleRate, channels, &status);
  if (status != OPUS_OK) return std::unexpected(CodecError{opus_strerror(status)});
  return OpusDecoder{decoder, channels};
}

std::expected<std::vector<std::int16_t>, CodecError> OpusDecoder::decode(
    std::span<const std::byte> packet) {
  // libopus takes an empty packet as a loss; `conceal` is for that.
  if (packet.empty()) return std::unexpected(CodecError{"an empty packet"});
  return run(reinterpret_cast<const unsigned char*>(packet.data()), static_cast<int>(packet.size()),
             kLongestPacketSamples);
}

std::expected<std::vector<std::int16_t>, CodecError> OpusDecoder::conceal(int samples) {
  return run(nullptr, 0, samples);
}

std::expected<std::vector<std::int16_t>, CodecError> OpusDecoder::run(const unsigned char* packet,
                                                                      int bytes, int samples) {
  std::vector<std::int16_t> decoded(static_cast<std::size_t>(samples) *
                                    static_cast<std::size_t>(channels_));
  const int count = opus_decode(decoder_.get(), packet, bytes, decoded.data(), samples, 0);
  if (count < 0) return std::unexpected(CodecError{opus_strerror(count)});
  decoded.resize(static_cast<std::size_t>(count) * static_cast<std::size_t>(channels_));
  return decoded;
}

}  // namespace sluice::media
