#include "client/simulcast_encoder.h"

#include <algorithm>
#include <utility>

#include "client/picture_scaler.h"

namespace sluice::client {

std::expected<SimulcastEncoder, media::CodecError> SimulcastEncoder::create(
    const Settings& settings) {
  SimulcastEncoder made;
  for (const PlannedEncoding& encoding : settings.plan) {
    auto encoder = media::VpxEncoder::create({.codec = settings.codec,
                                              .width = encoding.width,
                                              .height = encoding.height,
                                              .frames_per_second = settings.frames_per_second,
                                              .bitrate_bps = encoding.bitrate_bps,
                                              .temporal_layers = settings.temporal_layers});
    if (!encoder) return std::unexpected(std::move(encoder.error()));
    made.encoders_.push_back(*std::move(encoder));
    made.bitrates_.push_back(encoding.bitrate_bps);
  }
  return made;
}

std::expected<void, media::CodecError> SimulcastEncoder::set_bitrates(
    std::span<const std::uint32_t> bits_per_second) {
  for (std::size_t index = 0; index < encoders_.size(); ++index) {
    const std::uint32_t before = std::exchange(bitrates_[index], bits_per_second[index]);
    if (bitrates_[index] == 0 || bitrates_[index] == before) continue;
    if (auto set = encoders_[index].set_bitrate(bitrates_[index]); !set) return set;
    if (before == 0) encoders_[index].request_keyframe();
  }
  return {};
}

void SimulcastEncoder::request_keyframe(media::EncodingId encoding) {
  const auto index = static_cast<std::size_t>(encoding);
  if (index < encoders_.size()) encoders_[index].request_keyframe();
}

std::expected<std::vector<SimulcastEncoder::Encoded>, media::CodecError> SimulcastEncoder::encode(
    const media::I420Image& picture, std::chrono::microseconds capture_time) {
  std::vector<Encoded> frames;
  media::I420Image scaled;
  const media::I420Image* source = &picture;
  for (std::size_t index = encoders_.size(); index-- > 0;) {
    if (on(index)) {
      auto frame = encoders_[index].encode(*source, capture_time);
      if (!frame) return std::unexpected(std::move(frame.error()));
      if (*frame) {
        frames.push_back({media::EncodingId{static_cast<std::uint8_t>(index)}, std::move(**frame)});
      } else {
        ++skipped_;
      }
    }
    // Only as far down as somebody is.
    const bool smaller = std::ranges::any_of(bitrates_.begin(),
                                             bitrates_.begin() + static_cast<std::ptrdiff_t>(index),
                                             [](std::uint32_t bitrate) { return bitrate > 0; });
    if (!smaller) break;
    scaled = halve(*source);
    source = &scaled;
  }
  std::ranges::reverse(frames);
  return frames;
}

}  // namespace sluice::client
