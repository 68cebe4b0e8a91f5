#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "media/frame_sequence.h"
#include "media/playout_delay.h"

namespace sluice::media {

/// What an audio receiver plays next.
struct AudioPlayout {
  enum class Action : std::uint8_t {
    kWait,     ///< nothing: before the first frame, in a pause of the speaker, or not yet due
    kPlay,     ///< decode `frame` and play it in `duration`
    kConceal,  ///< let the decoder invent `duration` of sound
  };
  Action action = Action::kWait;
  FrameRef frame;
  /// How long the sound is to last. For kPlay up to a tenth shorter than the frame when the buffer
  /// holds too much (speed up), or longer when it holds too little (slow down).
  Duration duration{};
  /// When the sound begins; at most one frame before the moment given to `pop`.
  Time at{};
};

/// Turns audio frames that arrive unevenly into an even stream, with as little delay as the way
/// here allows.
///
///     buffer.push(frame);                       // whenever one arrives
///     while (true) {                            // whenever now >= buffer.deadline()
///       AudioPlayout next = buffer.pop(now);
///       if (next.action == AudioPlayout::Action::kWait) break;
///       ...
///     }
///
/// Clock:      a frame captured at c is played at c + offset. The offset follows a PlayoutDelay: by
///             stretching frames by a tenth while there is sound, at once in a pause, where nobody
///             hears it. A frame that comes too late pushes the offset back (its sound is still
///             wanted) up to `delay_max`; beyond that the oldest frames are skipped in one step.
/// Loss:       a gap in frame numbers with time missing is concealed, 100 ms at most (libopus fades
///             to silence by then). Nobody waits for a number that was left out: a later one is
///             proof that it does not come. Frames over two lanes pass a ReorderingBuffer first.
/// Pause:      a gap in capture times without one in numbers is discontinuous transmission
///             (docs/protocol.md 5.2): it is kept at its length, not concealed, not counted. While
///             it lasts it looks like a stall, so its first 100 ms are concealed all the same, and
///             taken back from the count when it is over.
/// Bound:      64 frames (1.3 s). Overflow: the oldest is dropped and counted as skipped.
/// Complexity: O(1) for a frame that arrives in order.
/// Sizing:     Worked: Opus at 32 kbit/s in frames of 20 ms over 40 ms of round trip; a lost packet
///             stalls TCP for 60 to 250 ms, 3 to 13 frames of 80 bytes; `delay_max` of 400 ms holds
///             20 of them, so 64 leave room for a burst after an outage, before it is skipped.
/// Threads:    none; one owner.
/// Pitfalls:   moments come from one clock, as for the frames' `arrival`. `duration` is not always
///             the frame's: who ignores that plays at another pitch of time and will underrun.
class JitterBuffer {
 public:
  struct Settings {
    Duration frame_duration = std::chrono::milliseconds{20};
    /// Bounds of the adaptive part of the delay. The server leaves out audio that is more than
    /// 200 ms late, so a target above that would wait for nothing.
    PlayoutDelay::Bounds target = {.initial = std::chrono::milliseconds{60},
                                   .min = std::chrono::milliseconds{20},
                                   .max = std::chrono::milliseconds{200}};
    /// More than this behind the shortest way is skipped.
    Duration delay_max = std::chrono::milliseconds{400};
  };

  explicit JitterBuffer(const Settings& settings) : settings_(settings), delay_(settings.target) {}

  /// Takes a frame, whose `arrival` says when it came.
  void push(FrameRef frame);

  /// What to do at `now`; to be asked again until it says kWait.
  [[nodiscard]] AudioPlayout pop(Time now);

  /// When to call `pop` next; `Time::max()` when only a frame can change anything.
  [[nodiscard]] Time deadline() const;

  /// What pictures add to their capture time to be in step with the sound; nothing when none was
  /// played in the last 2 s.
  [[nodiscard]] std::optional<Duration> playout_offset(Time now) const;

  /// Asks for a playout not earlier than with this offset, since the pictures come later than the
  /// sound; granted up to 100 ms over what the sound itself needs.
  void set_offset_floor(std::optional<Duration> offset) { offset_floor_ = offset; }

  [[nodiscard]] std::size_t size() const { return frames_.size(); }
  [[nodiscard]] Duration target() const { return delay_.target(); }

  /// Since the beginning: frames played; frames that came after their turn was given up; frames
  /// dropped to catch up; pieces of concealment.
  [[nodiscard]] std::uint64_t played() const { return played_; }
  [[nodiscard]] std::uint64_t late() const { return late_; }
  [[nodiscard]] std::uint64_t skipped() const { return skipped_; }
  [[nodiscard]] std::uint64_t concealed() const { return concealed_; }

 private:
  static constexpr std::size_t kFramesMax = 64;
  static constexpr Duration kConcealMax = std::chrono::milliseconds{100};
  static constexpr Duration kSyncMax = std::chrono::milliseconds{100};
  static constexpr int kStretchDivisor = 10;  ///< 10 % faster or slower is hardly noticed

  [[nodiscard]] Duration wanted_offset() const;
  [[nodiscard]] bool front_is_after_pause() const;
  void skip_front();
  void skip_too_old();
  AudioPlayout conceal(Duration duration);
  AudioPlayout play();

  Settings settings_;
  PlayoutDelay delay_;
  std::optional<Duration> offset_floor_;
  FrameSequence frames_;
  bool started_ = false;
  FrameNumber next_number_ = 0;  ///< valid once started
  Duration offset_{};            ///< valid once started
  Time due_{};                   ///< when the sound made so far ends; valid once started
  Time last_played_{};
  Duration concealed_in_a_row_{};
  int stretch_ = 0;  ///< -1: playing faster, 1: slower
  std::uint64_t played_ = 0;
  std::uint64_t late_ = 0;
  std::uint64_t skipped_ = 0;
  std::uint64_t concealed_ = 0;
};

}  // namespace sluice::media
