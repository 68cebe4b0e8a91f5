#include "media/chunk_header.h"

#include "media/big_endian.h"
#include "media/invariant.h"

namespace sluice::media {
namespace {

constexpr std::uint8_t kFirst = 0x01;
constexpr std::uint8_t kLast = 0x02;
constexpr std::uint8_t kAbandon = 0x04;
constexpr std::uint8_t kKeyframe = 0x08;
constexpr std::uint8_t kDiscardable = 0x10;
constexpr std::uint8_t kReserved = 0xE0;
constexpr std::uint8_t kAudioLevelMax = 127;

std::expected<FrameDescription, ChunkError> parse_description(BigEndianReader& reader,
                                                              const ChunkHeader& header) {
  if (reader.remaining() < kFrameDescriptionBytes) return std::unexpected(ChunkError::kTooShort);
  FrameDescription description{
      .track = header.track,
      .encoding = header.encoding,
      .temporal_layer = header.temporal_layer,
      .number = header.frame,
      .keyframe = header.keyframe,
      .discardable = header.discardable,
  };
  description.length = reader.u32();
  description.capture_time = std::chrono::microseconds{static_cast<std::int64_t>(reader.u64())};
  description.group = reader.u32();
  description.audio_level = reader.u8();
  description.dependency_count = reader.u8();
  if (header.offset != 0) return std::unexpected(ChunkError::kBadOffset);
  if (description.length == 0) return std::unexpected(ChunkError::kBadLength);
  if (description.audio_level > kAudioLevelMax && description.audio_level != kAudioLevelUnknown) {
    return std::unexpected(ChunkError::kBadAudioLevel);
  }
  if (description.dependency_count > kDependenciesMax ||
      (header.keyframe && description.dependency_count != 0)) {
    return std::unexpected(ChunkError::kBadDependencies);
  }
  if (reader.remaining() < description.dependency_count * kDependencyBytes) {
    return std::unexpected(ChunkError::kTooShort);
  }
  for (std::size_t i = 0; i < description.dependency_count; ++i) {
    const std::uint16_t delta = reader.u16();
    if (delta == 0) return std::unexpected(ChunkError::kBadDependencies);
    description.dependency_deltas[i] = delta;
  }
  return description;
}

/// The rules that join the header with its payload; an error, or nothing.
std::optional<ChunkError> check_payload(const ChunkHeader& header, std::size_t payload_bytes) {
  if (header.abandon) {
    const bool bare = !header.first() && !header.last && payload_bytes == 0;
    return bare ? std::nullopt : std::optional{ChunkError::kBadAbandon};
  }
  if (payload_bytes == 0) return ChunkError::kEmpty;
  if (header.description) {
    // Only a first chunk knows the length; the assembler checks the later ones.
    if (payload_bytes > header.description->length) return ChunkError::kBadOffset;
    if (header.last != (payload_bytes == header.description->length)) {
      return ChunkError::kBadLength;
    }
  }
  return std::nullopt;
}

}  // namespace

const char* describe(ChunkError error) {
  switch (error) {
    case ChunkError::kTooShort:
      return "the message ends inside its header";
    case ChunkError::kReservedFlags:
      return "a reserved flag bit is set";
    case ChunkError::kBadAbandon:
      return "ABANDON must stand alone, without a payload";
    case ChunkError::kBadOffset:
      return "the payload does not lie where the frame has room for it";
    case ChunkError::kBadLength:
      return "frame_length is 0, or LAST and frame_length do not agree";
    case ChunkError::kBadDependencies:
      return "a frame has at most 8 dependencies, none of 0, and a keyframe has none";
    case ChunkError::kBadAudioLevel:
      return "audio_level must be 0 to 127, or 255";
    case ChunkError::kEmpty:
      return "a chunk without ABANDON must carry payload";
  }
  return "unknown";
}

ChunkHeader chunk_header_of(const FrameDescription& frame, std::uint32_t offset,
                            std::uint32_t bytes) {
  const bool abandoned = bytes == 0;
  ChunkHeader header{.track = frame.track,
                     .encoding = frame.encoding,
                     .temporal_layer = frame.temporal_layer,
                     .frame = frame.number,
                     .offset = offset,
                     .last = !abandoned && offset + bytes == frame.length,
                     .abandon = abandoned,
                     .keyframe = frame.keyframe,
                     .discardable = frame.discardable};
  if (offset == 0 && !abandoned) header.description = frame;
  return header;
}

std::expected<Chunk, ChunkError> parse_chunk(std::span<const std::byte> message) {
  if (message.size() < kChunkHeaderBytes) return std::unexpected(ChunkError::kTooShort);
  BigEndianReader reader{message};
  const std::uint8_t flags = reader.u8();
  if ((flags & kReserved) != 0) return std::unexpected(ChunkError::kReservedFlags);
  const std::uint8_t layers = reader.u8();
  Chunk chunk;
  ChunkHeader& header = chunk.header;
  header.encoding = EncodingId{static_cast<std::uint8_t>(layers >> 4)};
  header.temporal_layer = layers & 0x0F;
  header.track = TrackHandle{reader.u16()};
  header.frame = reader.u32();
  header.offset = reader.u32();
  header.last = (flags & kLast) != 0;
  header.abandon = (flags & kAbandon) != 0;
  header.keyframe = (flags & kKeyframe) != 0;
  header.discardable = (flags & kDiscardable) != 0;
  if ((flags & kFirst) != 0) {
    if (header.abandon) return std::unexpected(ChunkError::kBadAbandon);
    auto description = parse_description(reader, header);
    if (!description) return std::unexpected(description.error());
    header.description = *description;
  }
  chunk.payload = reader.rest();
  if (const auto error = check_payload(header, chunk.payload.size())) {
    return std::unexpected(*error);
  }
  return chunk;
}

std::size_t chunk_header_size(const FrameDescription& frame) {
  return kChunkHeaderBytes + kFrameDescriptionBytes + frame.dependency_count * kDependencyBytes;
}

std::size_t chunk_header_size(const ChunkHeader& header) {
  return header.description ? chunk_header_size(*header.description) : kChunkHeaderBytes;
}

std::size_t write_chunk_header(const ChunkHeader& header, std::span<std::byte> out) {
  invariant(out.size() >= chunk_header_size(header), "a chunk header has room where it is written");
  BigEndianWriter writer{out};
  const auto flag = [](bool set, std::uint8_t bit) { return set ? bit : std::uint8_t{0}; };
  writer.u8(static_cast<std::uint8_t>(
      flag(header.first(), kFirst) | flag(header.last, kLast) | flag(header.abandon, kAbandon) |
      flag(header.keyframe, kKeyframe) | flag(header.discardable, kDiscardable)));
  writer.u8(static_cast<std::uint8_t>(static_cast<std::uint8_t>(header.encoding) << 4 |
                                      (header.temporal_layer & 0x0F)));
  writer.u16(static_cast<std::uint16_t>(header.track));
  writer.u32(header.frame);
  writer.u32(header.offset);
  if (header.description) {
    const FrameDescription& description = *header.description;
    writer.u32(description.length);
    writer.u64(static_cast<std::uint64_t>(description.capture_time.count()));
    writer.u32(description.group);
    writer.u8(description.audio_level);
    writer.u8(description.dependency_count);
    for (const std::uint16_t delta : description.dependencies()) writer.u16(delta);
  }
  return writer.written();
}

}  // namespace sluice::media
