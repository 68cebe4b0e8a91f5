#include "media/frame_assembler.h"

#include <algorithm>
#include <cstring>

#include "media/frame_order.h"

namespace sluice::media {

const char* describe(AssemblyError error) {
  switch (error) {
    case AssemblyError::kNotOpen:
      return "the chunk continues a frame that was not begun";
    case AssemblyError::kStillOpen:
      return "a frame begins before the one before it was finished or abandoned";
    case AssemblyError::kWrongOffset:
      return "the chunk does not continue where the one before it ended";
    case AssemblyError::kWrongLength:
      return "LAST and frame_length do not agree";
    case AssemblyError::kTooLong:
      return "frame_length is over the limit for its kind";
    case AssemblyError::kNotRising:
      return "frame numbers of one encoding must rise";
    case AssemblyError::kWrongForKind:
      return "audio has neither KEYFRAME nor dependencies; video has one of them";
    case AssemblyError::kTooManyOpen:
      return "more encodings than the tracks of one participant can have";
  }
  return "unknown";
}

FrameAssembler::Stream* FrameAssembler::find(TrackHandle track, EncodingId encoding) {
  const auto found = std::ranges::find_if(streams_, [&](const Stream& stream) {
    return stream.track == track && stream.encoding == encoding;
  });
  return found == streams_.end() ? nullptr : &*found;
}

std::expected<FrameAssembler::Stream*, AssemblyError> FrameAssembler::open(
    const FrameDescription& description, MediaKind kind) {
  const std::uint32_t bytes_max = kind == MediaKind::kAudio
                                      ? std::min(frame_bytes_max_, kAudioFrameBytesMax)
                                      : frame_bytes_max_;
  if (description.length > bytes_max) return std::unexpected(AssemblyError::kTooLong);
  const bool has_dependencies = description.dependency_count != 0;
  const bool fits_kind = kind == MediaKind::kAudio ? !description.keyframe && !has_dependencies
                                                   : description.keyframe != has_dependencies;
  if (!fits_kind) return std::unexpected(AssemblyError::kWrongForKind);
  Stream* stream = find(description.track, description.encoding);
  if (stream == nullptr) {
    if (streams_.size() == streams_max_) return std::unexpected(AssemblyError::kTooManyOpen);
    streams_.push_back({.track = description.track, .encoding = description.encoding});
    stream = &streams_.back();
  }
  if (stream->open) return std::unexpected(AssemblyError::kStillOpen);
  if (stream->started && !is_newer(description.number, stream->number)) {
    return std::unexpected(AssemblyError::kNotRising);
  }
  stream->open = true;
  stream->started = true;
  stream->number = description.number;
  stream->length = description.length;
  stream->received = 0;
  stream->frame = pool_.allocate(description, kind);
  return stream;
}

std::expected<FrameRef, AssemblyError> FrameAssembler::add(const Chunk& chunk, MediaKind kind,
                                                           DeadlineClock& clock, Time now) {
  const ChunkHeader& header = chunk.header;
  Stream* stream = nullptr;
  if (header.description) {
    const auto opened = open(*header.description, kind);
    if (!opened) return std::unexpected(opened.error());
    stream = *opened;
  } else {
    stream = find(header.track, header.encoding);
    const bool continues = stream != nullptr && stream->open && stream->number == header.frame;
    if (!continues) return std::unexpected(AssemblyError::kNotOpen);
    if (header.abandon) {
      stream->open = false;
      stream->frame = FrameBuilder{};
      ++abandoned_;
      return FrameRef{};
    }
    if (header.offset != stream->received) return std::unexpected(AssemblyError::kWrongOffset);
  }
  const std::size_t bytes = chunk.payload.size();
  if (bytes > stream->length - stream->received ||
      header.last != (bytes == stream->length - stream->received)) {
    return std::unexpected(AssemblyError::kWrongLength);
  }
  if (stream->frame) {
    std::memcpy(stream->frame->payload_to_fill().data() + stream->received, chunk.payload.data(),
                bytes);
  }
  stream->received += static_cast<std::uint32_t>(bytes);
  if (!header.last) return FrameRef{};
  stream->open = false;
  if (!stream->frame) {
    ++skipped_;
    return FrameRef{};
  }
  stream->frame->arrival = now;
  stream->frame->lateness = clock.lateness(stream->frame->description.capture_time, now);
  return std::move(stream->frame).finish();
}

void FrameAssembler::forget(TrackHandle track) {
  std::erase_if(streams_, [&](const Stream& stream) { return stream.track == track; });
}

}  // namespace sluice::media
