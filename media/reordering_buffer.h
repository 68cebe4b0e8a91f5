#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "media/frame_sequence.h"

namespace sluice::media {

/// Restores the decode order of one encoding's frames that come over several lanes (connections of
/// one session), waiting for what is missing no longer than it can still be there.
///
/// Waiting:    a frame goes on at once when the one before it did. Behind a gap it waits until
///             every open lane has delivered this frame or a newer one (or the last of the gap):
///             lanes keep their own order, so what is missing was left out by the sender and will
///             not come. A lane that stays silent leaves that open; then `hold_max` after its
///             arrival the frame goes on without the missing ones.
/// Start:      the first keyframe goes on at once; any other first frame waits as behind a gap.
/// Too late:   a frame that comes after a newer one went on is refused and counted: decoding it
///             out of order would spoil the decoder's references.
/// Bound:      `frames_max`. Overflow: the gap before the oldest frame is given up early.
/// Complexity: push O(1) for the newest frame, O(n) in the worst case; pop and deadline O(n) while
///             something waits, O(1) otherwise (n is what waits, mostly 0 to 5).
/// Sizing:     Worked: two lanes over a round trip of 40 ms at 2 Mbit/s; a lost packet delays one
///             of them by 60 to 250 ms. A latency budget of 400 ms of which 150 ms are spent on
///             the way leaves `hold_max` = 250 ms, in which 8 frames at 30/s and 13 of audio come
///             by the other lane: `frames_max` 32.
/// Threads:    none; one owner.
/// Pitfalls:   with a single lane nothing is ever held. Whether a frame can be decoded without what
///             was missing is for the DependencyTracker behind to say.
class ReorderingBuffer {
 public:
  using Lane = std::size_t;  ///< counts from 0

  ReorderingBuffer(std::size_t lanes, Duration hold_max, std::size_t frames_max)
      : lanes_(lanes), hold_max_(hold_max), frames_max_(frames_max) {}

  /// Takes a frame from a lane; its `arrival` starts its wait. A closed lane is open again.
  void push(FrameRef frame, Lane lane);

  /// A lane ended: nobody waits for it any more.
  void close(Lane lane) { lanes_[lane].open = false; }

  /// The next frame in decode order, or an empty reference when none may go on yet.
  [[nodiscard]] FrameRef pop(Time now);

  /// When to call `pop` next, though nothing comes; `Time::max()` when nothing is held.
  [[nodiscard]] Time deadline() const;

  [[nodiscard]] std::size_t size() const { return frames_.size(); }

  /// Since the beginning: frames refused as too late; gaps given up because of time or the bound.
  [[nodiscard]] std::uint64_t late() const { return late_; }
  [[nodiscard]] std::uint64_t given_up() const { return given_up_; }

 private:
  struct LaneState {
    bool open = true;
    std::optional<FrameNumber> newest;
  };

  [[nodiscard]] bool front_is_next() const;
  [[nodiscard]] bool gap_is_final() const;
  [[nodiscard]] Time earliest_end_of_wait() const;

  std::vector<LaneState> lanes_;
  Duration hold_max_;
  std::size_t frames_max_;
  FrameSequence frames_;
  std::optional<FrameNumber> next_;  ///< behind the newest frame that went on
  std::uint64_t late_ = 0;
  std::uint64_t given_up_ = 0;
};

}  // namespace sluice::media
