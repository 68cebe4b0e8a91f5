#pragma once

#include <array>
#include <cstdint>
#include <map>

#include "media/reordering_buffer.h"

namespace sluice::client {

/// Puts the sounds of each track into one order again that come over two connections of one
/// participant: around a switch from one to the other the old one's last frames come behind the
/// new one's first.
///
/// Only then anything waits, at most `kHoldMost`; a connection that brought nothing of a track
/// while the other brought `kQuietFrames` is not waited for. What comes twice, or too late to be
/// put in its place, is left out. Bound: `kFramesMost` a track. Owner: the connection.
class SoundOrder {
 public:
  enum class Way : std::uint8_t { kFirst, kLane };

  /// As long as a gap that nobody minds (delivery.md: 60 ms).
  static constexpr media::Duration kHoldMost = std::chrono::milliseconds{60};
  static constexpr std::size_t kFramesMost = 16;
  static constexpr int kQuietFrames = 10;

  void push(media::FrameRef frame, Way way);
  /// Nothing more will come over the lane.
  void lane_closed();
  void forget(media::TrackHandle track) { tracks_.erase(track); }

  /// The next frame, of whichever track; an empty reference when none may go on yet.
  [[nodiscard]] media::FrameRef pop(media::Time now);
  /// When to call `pop` next, though nothing comes; `Time::max()` when nothing is held.
  [[nodiscard]] media::Time deadline() const;

 private:
  static constexpr std::size_t kWays = 2;

  struct Track {
    media::ReorderingBuffer buffer{kWays, kHoldMost, kFramesMost};
    std::array<int, kWays> quiet{};  ///< frames of the other way since the last one of this
  };

  std::map<media::TrackHandle, Track> tracks_;
};

}  // namespace sluice::client
