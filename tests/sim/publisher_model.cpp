#include "tests/sim/publisher_model.h"

#include <algorithm>

#include "tests/sim/simulcast.h"

namespace sluice::sim {

std::vector<CameraModel> PublisherModel::cameras(const Settings& settings) {
  std::vector<CameraModel> cameras;
  std::uint8_t id = 0;
  for (const EncodingShape& shape : simulcast(settings.encodings)) {
    cameras.emplace_back(
        CameraModel::Settings{.track = settings.camera,
                              .encoding = media::EncodingId{id++},
                              .bits_per_second = settings.video_bits_per_second * shape.rate,
                              .base_share = settings.base_share,
                              .keyframe_weight = settings.keyframe_weight,
                              .keyframe_interval = settings.keyframe_interval,
                              .seed = settings.seed});
  }
  return cameras;
}

MicrophoneModel PublisherModel::microphone(const Settings& settings) {
  return {settings.pauses, settings.seed + 1};
}

media::FrameDescription PublisherModel::describe_packet(const Settings& settings,
                                                        media::FrameNumber number, Time captured) {
  return {.track = settings.microphone,
          .number = number,
          .length = MicrophoneModel::kPacketBytes,
          .audio_level = settings.audio_level,
          .capture_time = captured.time_since_epoch()};
}

PublisherModel::PublisherModel(media::FramePool& pool, const Settings& settings)
    : pool_(pool), settings_(settings), microphone_(microphone(settings)) {
  for (CameraModel& camera : cameras(settings)) encodings_.push_back({.camera = std::move(camera)});
}

FrameRef PublisherModel::frame_of(media::FrameDescription description, media::MediaKind kind) {
  description.capture_time += settings_.phase;
  media::FrameBuilder frame = pool_.allocate(description, kind);
  invariant(static_cast<bool>(frame), "the simulator's pool is never exhausted");
  frame->arrival = Time{description.capture_time};
  frame->lateness = Duration::zero();
  return std::move(frame).finish();
}

void PublisherModel::request_keyframe(media::EncodingId encoding, Time now) {
  Time& requested = encodings_.at(static_cast<std::size_t>(encoding)).requested;
  requested = std::min(requested, now - settings_.phase + settings_.request_delay);
}

void PublisherModel::capture(std::vector<FrameRef>& out) {
  for (Encoding& encoding : encodings_) {
    const bool base = CameraModel::layer(index_) == 0;
    const bool keyframe = base && (encoding.camera.keyframe_due(index_) ||
                                   CameraModel::captured(index_) >= encoding.requested);
    if (keyframe) {
      ++encoding.group;
      encoding.requested = Time::max();
    }
    media::FrameDescription description = encoding.camera.describe(index_, keyframe);
    description.group = encoding.group;
    out.push_back(frame_of(description, media::MediaKind::kVideo));
  }
  ++index_;
}

std::vector<FrameRef> PublisherModel::arrivals(Time now) {
  std::vector<FrameRef> frames;
  while (next_arrival() <= now) {
    if (settings_.speaks && microphone_.next() <= CameraModel::captured(index_)) {
      frames.push_back(frame_of(describe_packet(settings_, packet_++, microphone_.next()),
                                media::MediaKind::kAudio));
      microphone_.advance();
    } else {
      capture(frames);
    }
  }
  return frames;
}

}  // namespace sluice::sim
