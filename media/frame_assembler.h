#pragma once

#include <cstdint>
#include <expected>
#include <vector>

#include "media/chunk_header.h"
#include "media/deadline_clock.h"
#include "media/frame_pool.h"

namespace sluice::media {

enum class AssemblyError : std::uint8_t {
  kNotOpen,       ///< a later chunk or an abandon mark for a frame that was not begun
  kStillOpen,     ///< a frame begins before the one before it ended
  kWrongOffset,   ///< a chunk does not continue where the one before it ended
  kWrongLength,   ///< LAST before the frame's end, or payload behind it
  kTooLong,       ///< frame_length is over the limit, of audio `kAudioFrameBytesMax` at most
  kNotRising,     ///< a frame number that is not above the one before it
  kWrongForKind,  ///< audio with KEYFRAME or dependencies, video with neither
  kTooManyOpen,   ///< more encodings at once than the bound
};

/// What is wrong, for the message of a `bad_media` error.
[[nodiscard]] const char* describe(AssemblyError error);

/// Turns the chunks of one peer into whole frames.
///
/// The payload of a chunk is put at its place in the frame's pooled block and never copied again.
/// Bound:    `streams_max` encodings of tracks, one open frame of at most `frame_bytes_max` each.
/// Overflow: at the pool's bound the frame is skipped and counted, the peer is not to blame.
/// Owner:    the session that reads; not safe to share between threads.
/// Source:   docs/protocol.md section 5.
class FrameAssembler {
 public:
  FrameAssembler(FramePool& pool, std::uint32_t frame_bytes_max, std::size_t streams_max)
      : pool_(pool), frame_bytes_max_(frame_bytes_max), streams_max_(streams_max) {}

  /// Takes the next chunk in the order of arrival; `kind` and `clock` are those of its track.
  /// Gives the frame that it completed, with its lateness by `clock`, or an empty reference.
  [[nodiscard]] std::expected<FrameRef, AssemblyError> add(const Chunk& chunk, MediaKind kind,
                                                           DeadlineClock& clock, Time now);

  /// Forgets a track that ended, with what was begun of it.
  void forget(TrackHandle track);

  /// Frames given up by the peer in the middle, and frames skipped for want of memory.
  [[nodiscard]] std::uint64_t abandoned() const { return abandoned_; }
  [[nodiscard]] std::uint64_t skipped() const { return skipped_; }

 private:
  /// One encoding of one track.
  struct Stream {
    TrackHandle track{};
    EncodingId encoding{};
    bool open = false;     ///< a frame is begun; `frame` is empty when it is being skipped
    bool started = false;  ///< `number` is set
    FrameNumber number = 0;
    std::uint32_t length = 0;
    std::uint32_t received = 0;
    FrameBuilder frame;
  };

  [[nodiscard]] Stream* find(TrackHandle track, EncodingId encoding);
  [[nodiscard]] std::expected<Stream*, AssemblyError> open(const FrameDescription& description,
                                                           MediaKind kind);

  FramePool& pool_;
  std::uint32_t frame_bytes_max_;
  std::size_t streams_max_;
  std::vector<Stream> streams_;  ///< few (tracks of one peer), so a scan beats a table
  std::uint64_t abandoned_ = 0;
  std::uint64_t skipped_ = 0;
};

}  // namespace sluice::media
