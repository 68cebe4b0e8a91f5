#pragma once

#include <cstdint>
#include <string>

#include "media/frame.h"

namespace sluice::bench {

/// One encoding of one track as its publisher sends it: frames of a fixed size at a fixed rate,
/// each one message.
///
/// The capture time in a frame's header is the moment it was made, so that the reader of any copy
/// knows its age. Each frame depends on the one before; keyframes none.
class MediaSource {
 public:
  struct Shape {
    media::MediaKind kind = media::MediaKind::kVideo;
    double frames_per_second = 30;
    std::uint32_t frame_bytes = 4000;
    std::uint32_t keyframe_bytes = 40'000;
    std::uint32_t keyframe_every = 60;
  };

  /// The first frame is due at `start`.
  MediaSource(media::TrackHandle track, media::EncodingId encoding, Shape shape, media::Time start)
      : track_{track}, encoding_{encoding}, shape_{shape}, start_{start} {}

  /// When the next frame is due.
  [[nodiscard]] media::Time due() const;
  [[nodiscard]] std::uint32_t frames() const { return number_; }
  [[nodiscard]] media::TrackHandle track() const { return track_; }
  [[nodiscard]] media::EncodingId encoding() const { return encoding_; }
  void request_keyframe() { keyframe_wanted_ = true; }
  /// The media message of the next frame, captured `now`.
  [[nodiscard]] std::string next(media::Time now);

 private:
  media::TrackHandle track_;
  media::EncodingId encoding_;
  Shape shape_;
  media::Time start_;
  media::FrameNumber number_ = 0;
  std::uint32_t group_ = 0;
  bool keyframe_wanted_ = false;
};

}  // namespace sluice::bench
