#include "tests/bench/load/media_source.h"

#include <span>

#include "media/chunk_header.h"

namespace sluice::bench {

media::Time MediaSource::due() const {
  return start_ + media::Duration{
                      static_cast<media::Duration::rep>(number_ * 1e6 / shape_.frames_per_second)};
}

std::string MediaSource::next(media::Time now) {
  const bool video = shape_.kind == media::MediaKind::kVideo;
  const bool keyframe = video && (number_ % shape_.keyframe_every == 0 || keyframe_wanted_);
  if (keyframe) ++group_;
  if (keyframe) keyframe_wanted_ = false;
  media::FrameDescription description{
      .track = track_,
      .encoding = encoding_,
      .number = number_,
      .group = video ? group_ : 0,
      .length = keyframe ? shape_.keyframe_bytes : shape_.frame_bytes,
      .keyframe = keyframe,
      .capture_time = now.time_since_epoch(),
  };
  if (video && !keyframe) {
    description.dependency_count = 1;
    description.dependency_deltas[0] = 1;
  }
  const media::ChunkHeader header{.track = track_,
                                  .encoding = encoding_,
                                  .frame = number_,
                                  .last = true,
                                  .keyframe = keyframe,
                                  .description = description};
  const std::size_t header_bytes = media::chunk_header_size(header);
  std::string message(header_bytes + description.length, static_cast<char>(number_));
  media::write_chunk_header(header, std::as_writable_bytes(std::span{message}));
  ++number_;
  return message;
}

}  // namespace sluice::bench
