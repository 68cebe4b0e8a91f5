#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <span>
#include <vector>

#include "client/simulcast_plan.h"
#include "media/codec/vpx_encoder.h"

namespace sluice::client {

/// The encoders of one camera: each encoding of the plan from the same pictures, scaled down.
///
/// Not safe to share between threads; movable.
class SimulcastEncoder {
 public:
  struct Settings {
    media::VideoCodec codec = media::VideoCodec::kVp8;
    int frames_per_second = 30;
    int temporal_layers = 3;
    std::vector<PlannedEncoding> plan;  ///< smallest first; the last has the pictures' size
  };
  struct Encoded {
    media::EncodingId encoding{};
    media::EncodedVideoFrame frame;
  };

  [[nodiscard]] static std::expected<SimulcastEncoder, media::CodecError> create(
      const Settings& settings);

  /// One for each encoding; 0 turns it off, and what is turned on again begins with a keyframe.
  [[nodiscard]] std::expected<void, media::CodecError> set_bitrates(
      std::span<const std::uint32_t> bits_per_second);
  /// Ids that the plan does not have are ignored.
  void request_keyframe(media::EncodingId encoding);

  /// The frames of one picture, smallest encoding first; an encoder may skip one.
  [[nodiscard]] std::expected<std::vector<Encoded>, media::CodecError> encode(
      const media::I420Image& picture, std::chrono::microseconds capture_time);

  [[nodiscard]] std::size_t encodings() const { return encoders_.size(); }
  [[nodiscard]] bool on(std::size_t encoding) const { return bitrates_[encoding] > 0; }
  /// Frames that were due and not encoded, to keep a bitrate.
  [[nodiscard]] std::uint64_t skipped() const { return skipped_; }

 private:
  SimulcastEncoder() = default;

  std::vector<media::VpxEncoder> encoders_;
  std::vector<std::uint32_t> bitrates_;
  std::uint64_t skipped_ = 0;
};

}  // namespace sluice::client
