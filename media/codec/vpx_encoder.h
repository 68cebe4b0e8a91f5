#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <vector>

#include "media/codec/codec_error.h"
#include "media/codec/i420_image.h"
#include "media/codec/temporal_pattern.h"

namespace sluice::media {

enum class VideoCodec : std::uint8_t { kVp8, kVp9 };

struct VpxEncoderConfig {
  VideoCodec codec = VideoCodec::kVp8;
  int width = 640;
  int height = 360;
  /// Frames a second that will be given; rate control counts on it.
  int frames_per_second = 30;
  std::uint32_t bitrate_bps = 600'000;
  int temporal_layers = 3;  ///< 1 to 3
};

/// An encoded frame with all that `FrameDescription` needs of the codec's side.
struct EncodedVideoFrame {
  std::vector<std::byte> payload;
  /// Counts the frames that came out of this encoder.
  FrameNumber number = 0;
  /// Number of the group of pictures: one more at each keyframe, from 0.
  std::uint32_t group = 0;
  TemporalPlace place;
};

/// A realtime VP8 or VP9 encoder (libvpx) with temporal layers.
///
/// Any selection of its frames that holds the dependency of each selected frame decodes bit for bit
/// as if nothing had been left out: frames above layer 0 leave no trace in the coder's state.
/// Not safe to share between threads; movable.
class VpxEncoder {
 public:
  [[nodiscard]] static std::expected<VpxEncoder, CodecError> create(const VpxEncoderConfig& config);
  VpxEncoder(VpxEncoder&&) noexcept;
  VpxEncoder& operator=(VpxEncoder&&) noexcept;
  ~VpxEncoder();

  /// Encodes `image`, which has the configured size. `capture_time` must rise from frame to frame.
  /// Empty when rate control skipped the frame: the next one takes its place in the pattern.
  [[nodiscard]] std::expected<std::optional<EncodedVideoFrame>, CodecError> encode(
      const I420Image& image, std::chrono::microseconds capture_time);

  /// The next frame will be a keyframe. Requests before it merge.
  void request_keyframe();

  /// Changes the target without a keyframe. Errors: libvpx refuses the value.
  [[nodiscard]] std::expected<void, CodecError> set_bitrate(std::uint32_t bits_per_second);

  [[nodiscard]] const VpxEncoderConfig& config() const;

 private:
  struct State;
  explicit VpxEncoder(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace sluice::media
