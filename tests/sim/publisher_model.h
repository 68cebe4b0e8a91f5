#pragma once

#include <random>
#include <vector>

#include "media/frame_pool.h"
#include "tests/media/synthetic_track.h"

namespace sluice::sim {

using media::Duration;
using media::FrameRef;
using media::Time;

/// One participant's camera and microphone as the server receives them.
///
/// The camera: 30 frames/s in three temporal layers, its bits shared among them as measured of
/// Chromium's VP8 (41 % base, 21 % middle, 38 % upper; docs of WebCodecs encoders vary little),
/// sizes log-normal. A keyframe comes at the start, each `keyframe_interval`, and when asked for.
/// The microphone: a packet of 100 bytes each 20 ms, with pauses of speech when `pauses` is set.
class PublisherModel {
 public:
  struct Settings {
    media::TrackHandle camera{1};
    media::TrackHandle microphone{2};
    double video_bits_per_second = 1e6;
    /// A keyframe's size as a time of the video's rate.
    Duration keyframe_weight = std::chrono::milliseconds{400};
    Duration keyframe_interval = std::chrono::hours{1};
    /// From the server's request to the keyframe's arrival, at least.
    Duration request_delay = std::chrono::milliseconds{80};
    bool pauses = false;
    std::uint64_t seed = 1;
  };

  PublisherModel(media::FramePool& pool, Settings settings);

  void request_keyframe(Time now);
  /// The frames that arrive up to and including `now`, in order.
  std::vector<FrameRef> arrivals(Time now);
  [[nodiscard]] Time next_arrival() const { return std::min(next_video_, next_audio_); }

 private:
  [[nodiscard]] bool speaking(Time now);

  media::FramePool& pool_;
  Settings settings_;
  media::SyntheticVideo video_;
  std::mt19937_64 random_;
  Time next_video_{};
  Time next_audio_{std::chrono::milliseconds{7}};
  Time next_keyframe_{};
  Time requested_ = Time::max();
  Time speech_changes_{};
  bool speaking_ = false;
  media::FrameNumber audio_number_ = 0;
};

}  // namespace sluice::sim
