#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "media/codec/i420_image.h"
#include "media/codec/vpx_encoder.h"

namespace sluice::client {

/// A video frame as it came, with the picture that it decoded to.
struct RecordedVideo {
  std::chrono::microseconds capture_time{};  ///< on the publisher's clock, as that of its sound
  bool keyframe = false;
  media::VideoCodec codec = media::VideoCodec::kVp8;
  std::span<const std::byte> payload;
  const media::I420Image* picture = nullptr;
};

/// Writes what was received to a file.
///
/// Everything given to it was decodable, in decode order. What comes before the first keyframe is
/// left out. Errors are one sentence for people; after one, nothing more is written.
class Recorder {
 public:
  virtual ~Recorder() = default;
  [[nodiscard]] virtual std::expected<void, std::string> video(const RecordedVideo& frame) = 0;
  /// One Opus packet.
  [[nodiscard]] virtual std::expected<void, std::string> sound(
      std::chrono::microseconds capture_time, std::span<const std::byte> packet) = 0;
  /// Ends the file; without it the file can be read, but not searched.
  [[nodiscard]] virtual std::expected<void, std::string> finish() = 0;
};

/// The recorder for `path` by its ending: `.webm` (VP8 or VP9 with Opus), `.ivf` (the video as it
/// came) or `.y4m` (the decoded pictures, nominally 30 a second).
[[nodiscard]] std::expected<std::unique_ptr<Recorder>, std::string> open_recorder(
    const std::string& path);

}  // namespace sluice::client
