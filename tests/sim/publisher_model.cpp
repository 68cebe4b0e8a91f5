#include "tests/sim/publisher_model.h"

#include <algorithm>

namespace sluice::sim {
namespace {

constexpr double kFramesPerSecond = 30;
constexpr Duration kFrameInterval{33'333};
constexpr Duration kPacketInterval = std::chrono::milliseconds{20};
constexpr std::uint32_t kPacketBytes = 100;

std::uint32_t bytes_in(double bits_per_second, Duration time) {
  return static_cast<std::uint32_t>(bits_per_second / 8 * static_cast<double>(time.count()) / 1e6);
}

}  // namespace

PublisherModel::PublisherModel(media::FramePool& pool, Settings settings)
    : pool_(pool),
      settings_(settings),
      // SyntheticVideo's enhancement frames are half of a base frame: in a cycle of four frames
      // (0 2 1 2) the base is 40 %, close to the measured share.
      video_(pool,
             {.track = settings.camera,
              .temporal_layers = 3,
              .delta_bytes = static_cast<std::uint32_t>(settings.video_bits_per_second / 8 /
                                                        kFramesPerSecond * 4 / 2.5),
              .keyframe_bytes = bytes_in(settings.video_bits_per_second, settings.keyframe_weight)},
             settings.seed),
      random_(settings.seed + 1) {}

void PublisherModel::request_keyframe(Time now) {
  requested_ = std::min(requested_, now + settings_.request_delay);
}

bool PublisherModel::speaking(Time now) {
  if (!settings_.pauses) return true;
  if (now >= speech_changes_) {
    speaking_ = !speaking_;
    std::exponential_distribution<double> length{speaking_ ? 1 / 1.5 : 1 / 1.0};
    speech_changes_ = now + Duration{static_cast<Duration::rep>(1e6 * (0.2 + length(random_)))};
  }
  return speaking_;
}

std::vector<FrameRef> PublisherModel::arrivals(Time now) {
  std::vector<FrameRef> frames;
  while (next_arrival() <= now) {
    if (next_audio_ <= next_video_) {
      if (speaking(next_audio_)) {
        frames.push_back(media::synthetic_audio(pool_, settings_.microphone, audio_number_++,
                                                next_audio_, kPacketBytes));
      }
      next_audio_ += kPacketInterval;
      continue;
    }
    const bool keyframe = next_video_ >= next_keyframe_ || next_video_ >= requested_;
    if (keyframe) {
      next_keyframe_ = next_video_ + settings_.keyframe_interval;
      requested_ = Time::max();
    }
    frames.push_back(video_.next(next_video_, keyframe));
    next_video_ += kFrameInterval;
  }
  return frames;
}

}  // namespace sluice::sim
