#pragma once

#include <chrono>
#include <expected>
#include <memory>
#include <optional>
#include <string>

#include "client/synthetic_camera.h"
#include "media/codec/i420_image.h"

namespace sluice::client {

/// Where the pictures of a published track come from.
class VideoSource {
 public:
  virtual ~VideoSource() = default;
  [[nodiscard]] virtual int width() const = 0;
  [[nodiscard]] virtual int height() const = 0;
  [[nodiscard]] virtual double frames_per_second() const = 0;

  /// The next picture; empty while none is there (a pipe may be slow) and when `ended`.
  /// `elapsed` is the time since the first picture, `loudness` (0 to 1) that of the voice.
  /// The error is one sentence for people, and the last answer.
  [[nodiscard]] virtual std::expected<std::optional<media::I420Image>, std::string> next(
      std::chrono::microseconds elapsed, double loudness) = 0;
  /// No picture will come any more.
  [[nodiscard]] virtual bool ended() const = 0;
};

struct PictureFormat {
  int width = 640;
  int height = 360;
  int frames_per_second = 30;
};

/// Pictures of a participant called `name` (`SyntheticCamera`).
[[nodiscard]] std::unique_ptr<VideoSource> make_synthetic_video(const std::string& name,
                                                                const PictureFormat& format);

/// Pictures of the file at `path`, or of standard input for `-`: YUV4MPEG2, or bare I420 when
/// `format` is given. A thread of its own reads ahead, so a slow pipe does not stop the caller.
/// `repeat` begins a file anew when it ends. The error is one sentence for people.
[[nodiscard]] std::expected<std::unique_ptr<VideoSource>, std::string> open_video_file(
    const std::string& path, std::optional<PictureFormat> format, bool repeat);

}  // namespace sluice::client
