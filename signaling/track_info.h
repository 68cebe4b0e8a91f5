#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "signaling/ids.h"

namespace sluice::signaling {

enum class TrackKind : std::uint8_t { kAudio, kVideo };

/// Where a track comes from; a participant publishes at most one of each at a time.
enum class TrackSource : std::uint8_t { kMicrophone, kCamera, kScreen, kScreenAudio };

inline constexpr std::array kTrackSources{TrackSource::kMicrophone, TrackSource::kCamera,
                                          TrackSource::kScreen, TrackSource::kScreenAudio};

[[nodiscard]] std::string_view to_string(TrackKind kind);
[[nodiscard]] std::string_view to_string(TrackSource source);
[[nodiscard]] std::optional<TrackKind> track_kind_from_string(std::string_view text);
[[nodiscard]] std::optional<TrackSource> track_source_from_string(std::string_view text);

/// A camera and a screen are video; a microphone and the sound of a screen are audio.
[[nodiscard]] TrackKind kind_of(TrackSource source);

/// Encodings of one track: the chunk header has 4 bits for them.
inline constexpr std::size_t kEncodingsMax = 16;

/// One simulcast encoding of a video track.
struct EncodingInfo {
  std::uint8_t encoding = 0;  ///< 0 to 15, smallest picture first
  std::uint32_t width = 0;    ///< pixels
  std::uint32_t height = 0;   ///< pixels
  std::uint64_t bitrate_bps = 0;

  friend bool operator==(const EncodingInfo&, const EncodingInfo&) = default;
};

struct VideoDescription {
  std::uint32_t width = 0;           ///< pixels, 1 to 16384
  std::uint32_t height = 0;          ///< pixels, 1 to 16384
  std::uint8_t temporal_layers = 1;  ///< 1 to 8
  /// Simulcast, smallest first; empty means the one encoding 0.
  std::vector<EncodingInfo> encodings;

  friend bool operator==(const VideoDescription&, const VideoDescription&) = default;
};

struct AudioDescription {
  std::uint32_t sample_rate = 48000;  ///< Hz, 8000 to 192000
  std::uint8_t channels = 1;          ///< 1 to 8

  friend bool operator==(const AudioDescription&, const AudioDescription&) = default;
};

/// What a publisher says of its track. Source: docs/protocol.md section 4.2.
struct TrackDescription {
  TrackKind kind{};
  TrackSource source{};
  std::string codec;  ///< as WebCodecs names it; printable ASCII, 1 to 64 bytes
  bool muted = false;
  VideoDescription video;  ///< meaningful when `kind` is video
  AudioDescription audio;  ///< meaningful when `kind` is audio

  friend bool operator==(const TrackDescription&, const TrackDescription&) = default;
};

/// A published track: its description and the names that the server gave it.
struct TrackInfo {
  TrackId track;
  TrackHandle handle{};
  TrackDescription description;

  friend bool operator==(const TrackInfo&, const TrackInfo&) = default;
};

}  // namespace sluice::signaling
