#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "media/time.h"

namespace sluice::media {

/// The 16-bit name of a published track in media messages; one room's handles are distinct.
enum class TrackHandle : std::uint16_t {};

/// A simulcast encoding of a track, 0 (smallest) to 15.
enum class EncodingId : std::uint8_t {};

/// Counts the frames of one encoding; wraps at 2^32.
using FrameNumber = std::uint32_t;

enum class MediaKind : std::uint8_t { kAudio, kVideo };

/// At most this many frames can be named as dependencies of one (docs/protocol.md section 5).
inline constexpr std::size_t kDependenciesMax = 8;

/// An audio frame is never cut: with its header it fits one chunk of the default limit. Holds the
/// largest Opus packet, 48 frames of 1275 bytes (RFC 6716 section 3.4).
inline constexpr std::uint32_t kAudioFrameBytesMax = 60 * 1024;

/// No audio level is known; a level is 0 to 127, minus dBov (RFC 6464 section 3).
inline constexpr std::uint8_t kAudioLevelUnknown = 255;

/// What a frame's first chunk says of it: all that a router needs, nothing of the codec.
struct FrameDescription {
  TrackHandle track{};
  EncodingId encoding{};
  std::uint8_t temporal_layer = 0;  ///< 0 to 15
  FrameNumber number = 0;
  std::uint32_t group = 0;   ///< number of the group of pictures, 0 for audio
  std::uint32_t length = 0;  ///< payload bytes, at least 1
  bool keyframe = false;
  bool discardable = false;                       ///< no other frame depends on this one
  std::uint8_t audio_level = kAudioLevelUnknown;  ///< minus dBov
  std::chrono::microseconds capture_time{0};      ///< on the publisher's own clock
  std::uint8_t dependency_count = 0;
  std::array<std::uint16_t, kDependenciesMax> dependency_deltas{};  ///< `number` minus theirs

  [[nodiscard]] std::span<const std::uint16_t> dependencies() const {
    return std::span{dependency_deltas}.first(dependency_count);
  }
  friend bool operator==(const FrameDescription&, const FrameDescription&) = default;
};

}  // namespace sluice::media
