#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <span>

#include "media/frame.h"

namespace sluice::media {

/// Bytes that every chunk begins with, bytes more on a first chunk, bytes for each dependency.
inline constexpr std::size_t kChunkHeaderBytes = 12;
inline constexpr std::size_t kFrameDescriptionBytes = 18;
inline constexpr std::size_t kDependencyBytes = 2;
inline constexpr std::size_t kChunkHeaderBytesMax =
    kChunkHeaderBytes + kFrameDescriptionBytes + kDependenciesMax * kDependencyBytes;

/// The header of one media message: one chunk of one frame.
///
/// Source: docs/protocol.md section 5.
struct ChunkHeader {
  TrackHandle track{};
  EncodingId encoding{};
  std::uint8_t temporal_layer = 0;
  FrameNumber frame = 0;
  std::uint32_t offset = 0;  ///< of this chunk's payload in the frame
  bool last = false;
  bool abandon = false;
  bool keyframe = false;
  bool discardable = false;
  /// Present exactly on a frame's first chunk.
  std::optional<FrameDescription> description;

  [[nodiscard]] bool first() const { return description.has_value(); }
  friend bool operator==(const ChunkHeader&, const ChunkHeader&) = default;
};

enum class ChunkError : std::uint8_t {
  kTooShort,         ///< the message ends inside the header
  kReservedFlags,    ///< a flag bit that must be 0 is set
  kBadAbandon,       ///< ABANDON together with FIRST, LAST or a payload
  kBadOffset,        ///< FIRST at an offset other than 0, or the payload ends behind the frame
  kBadLength,        ///< frame_length is 0, or LAST does not end the frame
  kBadDependencies,  ///< more than eight, or one of 0, or a keyframe with dependencies
  kBadAudioLevel,    ///< 128 to 254
  kEmpty,            ///< no payload, and not an abandon mark
};

/// What is wrong, for the message of a `bad_media` error.
[[nodiscard]] const char* describe(ChunkError error);

/// A parsed media message; `payload` borrows from the message.
struct Chunk {
  ChunkHeader header;
  std::span<const std::byte> payload;
};

/// The header of the chunk [offset, offset + bytes) of a frame; of no bytes, its abandon mark.
[[nodiscard]] ChunkHeader chunk_header_of(const FrameDescription& frame, std::uint32_t offset,
                                          std::uint32_t bytes);

/// Reads one whole media message.
[[nodiscard]] std::expected<Chunk, ChunkError> parse_chunk(std::span<const std::byte> message);

/// Bytes of the header of a frame's first chunk.
[[nodiscard]] std::size_t chunk_header_size(const FrameDescription& frame);

/// Bytes that `write_chunk_header` will write.
[[nodiscard]] std::size_t chunk_header_size(const ChunkHeader& header);

/// Writes `header` to the front of `out` and returns the bytes written.
/// `out` holds at least `chunk_header_size(header)` bytes.
std::size_t write_chunk_header(const ChunkHeader& header, std::span<std::byte> out);

}  // namespace sluice::media
