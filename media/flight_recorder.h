#pragma once

#include <cstddef>
#include <vector>

#include "media/flight_record.h"
#include "media/flight_ring.h"
#include "media/frame_pool.h"

namespace sluice::media {

/// Remembers for a minute what was decided for one subscriber, and what the decisions went by.
///
/// Only what needs an explanation is recorded: frames that were left out, or that took longer than
/// `kAtOnce` or several writes on a congested link; the socket and the link while it is congested,
/// each `kLinkEach`; changes of encodings and subscriptions. A subscriber that keeps up records
/// nothing and holds nothing, so what a frame costs it is a look at a flag that is there anyway.
/// What is not recorded of an offered frame therefore means: it was sent at once.
///
/// Bound:   32 bytes for each of `kRecordsPerSecond` times the time kept. Overflow: the oldest is
///          overwritten, so a busier subscriber is remembered for less long.
/// Sizing:  a link that is congested for all of 60 s, with 2 cameras of 30 and 3 microphones of 50
///          frames/s: each picture is begun and sent or left out (60 to 120 records a second), a
///          fifth of the sound waits longer than 20 ms (30), the link is noted 20 times (40) and
///          reported on 20 times: 150 to 210 a second, 12,600 of 32 bytes, 403 kB. The bound is
///          12,000 or 384,000 bytes. One that was congested for its first second holds 8 kB, until
///          a minute has passed.
/// Owner:   the subscriber's session; not safe to share between threads.
class FlightRecorder {
 public:
  static constexpr Duration kAtOnce = std::chrono::milliseconds{20};
  static constexpr Duration kLinkEach = std::chrono::milliseconds{50};
  static constexpr std::size_t kRecordsPerSecond = 200;

  /// `recording` outlives the recorder, and its settings do not change.
  explicit FlightRecorder(FlightRecording& recording);

  /// Notes what happens now.
  void record(const FlightEvent& event) {
    if (on()) ring_.push({.time = recording_.now, .event = event});
  }
  /// A piece of a frame goes to a congested link: `offset` is where it begins.
  void departed(const Frame& frame, std::uint32_t offset, bool last);
  /// A frame is not sent, or not whole; `queued_bytes` of its track wait, its own among them.
  void left_out(const Frame& frame, LeftOut reason, Time deadline, std::size_t queued_bytes);
  /// Notes what is known of the link, unless that was done just before. To be called at each look
  /// while the link is congested, and once more when it is not.
  void link(const SocketSeen& socket, const LinkBelief& belief);
  /// The last that was noted of the link is that it is congested.
  [[nodiscard]] bool link_congested() const { return link_congested_; }
  [[nodiscard]] bool on() const { return recording_.kept > Duration::zero(); }

  /// Gives the memory back when all that is recorded is older than what is to be kept.
  void release_stale();

  [[nodiscard]] std::vector<FlightRecord> records() const { return ring_.records(); }
  [[nodiscard]] std::size_t size() const { return ring_.size(); }
  /// Records were overwritten: before the oldest one nothing is known.
  [[nodiscard]] bool overwritten() const { return ring_.overwritten(); }
  /// When something was recorded last; `Time::min()` when nothing is.
  [[nodiscard]] Time newest() const { return ring_.empty() ? Time::min() : ring_.newest().time; }

 private:
  FlightRecording& recording_;
  FlightRing<FlightRecord> ring_;
  Time link_noted_ = Time::min();
  bool link_congested_ = false;
};

/// Remembers what the publisher of one track offered, once for all subscribers of a shard.
///
/// Bound:   32 bytes for each of 50 (sound) or 30 for each encoding (video) frames a second of the
///          time kept; the oldest is overwritten.
/// Sizing:  60 s of sound are 96 kB, of a camera with three encodings 173 kB.
/// Owner:   the shard's route of the track.
class OfferedFrames {
 public:
  OfferedFrames(FlightRecording& recording, MediaKind kind, std::size_t encodings);

  void note(const Frame& frame);
  [[nodiscard]] std::vector<OfferedFrame> frames() const { return ring_.records(); }
  [[nodiscard]] bool overwritten() const { return ring_.overwritten(); }
  /// Gives the memory of a track back that is silent for longer than what is to be kept.
  void release_stale();

 private:
  FlightRecording& recording_;
  FlightRing<OfferedFrame> ring_;
};

}  // namespace sluice::media
