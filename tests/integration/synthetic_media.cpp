#include "tests/integration/synthetic_media.h"

#include <algorithm>
#include <array>

#include "media/chunk_header.h"
#include "tests/integration/received_track.h"

namespace sluice::integration {
namespace {

using namespace std::chrono_literals;

std::chrono::microseconds capture_time(SteadyTime moment) {
  return std::chrono::duration_cast<std::chrono::microseconds>(moment.time_since_epoch());
}

}  // namespace

std::vector<std::string> chunks_of(const media::FrameDescription& description,
                                   std::size_t chunk_bytes) {
  const std::string payload = payload_of(description.number, description.length);
  std::vector<std::string> chunks;
  for (std::size_t offset = 0; offset < payload.size(); offset += chunk_bytes) {
    media::ChunkHeader header{.track = description.track,
                              .encoding = description.encoding,
                              .temporal_layer = description.temporal_layer,
                              .frame = description.number,
                              .offset = static_cast<std::uint32_t>(offset),
                              .last = offset + chunk_bytes >= payload.size(),
                              .keyframe = description.keyframe,
                              .discardable = description.discardable};
    if (offset == 0) header.description = description;
    std::string chunk(media::chunk_header_size(header), '\0');
    media::write_chunk_header(header, std::as_writable_bytes(std::span{chunk}));
    chunks.push_back(chunk + payload.substr(offset, chunk_bytes));
  }
  return chunks;
}

std::vector<std::string> Microphone::packet() {
  const media::FrameDescription description{.track = track_,
                                            .number = number_++,
                                            .length = 100,
                                            .audio_level = 30,
                                            .capture_time = capture_time(next_)};
  next_ += 20ms;
  return chunks_of(description);
}

Camera::Camera(media::TrackHandle track, SteadyTime start, std::size_t bits_per_second,
               std::chrono::seconds keyframe_interval, media::EncodingId encoding)
    : track_{track},
      encoding_{encoding},
      start_{start},
      next_{start},
      keyframe_interval_frames_{static_cast<media::FrameNumber>(30 * keyframe_interval.count())} {
  // A keyframe costs six mean delta frames, so an interval of n frames costs n + 5 of them.
  const double frames = keyframe_interval_frames_;
  mean_delta_bytes_ = static_cast<double>(bits_per_second) / 8 / 30 * frames / (frames + 5);
}

std::vector<std::string> Camera::frame() {
  const media::FrameDescription description = describe_next();
  ++number_;
  next_ = start_ + number_ * 1000000us / 30;
  return chunks_of(description);
}

void Camera::resume(SteadyTime at) {
  start_ = at - number_ * 1000000us / 30;
  next_ = at;
  keyframe_wanted_ = true;
}

media::FrameDescription Camera::describe_next() {
  media::FrameDescription description{.track = track_,
                                      .encoding = encoding_,
                                      .number = number_,
                                      .capture_time = capture_time(next_)};
  const media::FrameNumber since_key = number_ - group_start_;
  double relative_size = 6;
  if (number_ == 0 || keyframe_wanted_ || since_key >= keyframe_interval_frames_) {
    description.keyframe = true;
    keyframe_wanted_ = false;
    if (number_ != 0) ++group_;
    group_start_ = number_;
  } else {
    constexpr std::array<std::uint8_t, 4> kLayers{0, 2, 1, 2};
    // How far back the frame is that each position of the pattern depends on.
    constexpr std::array<std::uint16_t, 4> kDeltas{4, 1, 2, 1};
    constexpr std::array kRelativeSizes{0.18 * 4, 0.52 * 2, 0.30 * 4, 0.52 * 2};
    const std::size_t position = since_key % 4;
    description.temporal_layer = kLayers[position];
    description.discardable = description.temporal_layer == 2;
    description.dependency_count = 1;
    description.dependency_deltas[0] = kDeltas[position];
    relative_size = kRelativeSizes[position];
  }
  description.group = group_;
  std::uniform_real_distribution<double> scatter{0.75, 1.25};
  description.length = std::max(
      1U, static_cast<std::uint32_t>(mean_delta_bytes_ * relative_size * scatter(random_)));
  return description;
}

}  // namespace sluice::integration
