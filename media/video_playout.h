#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "media/frame_sequence.h"
#include "media/playout_delay.h"

namespace sluice::media {

/// What a video receiver does next.
struct VideoPlayoutStep {
  enum class Action : std::uint8_t {
    kWait,        ///< nothing is due
    kShow,        ///< decode `frame` and show it
    kDecodeOnly,  ///< decode `frame`, since others need it, and do not show it
  };
  Action action = Action::kWait;
  FrameRef frame;
};

/// Says when the frames of one video track are decoded and which of them are shown: by their
/// capture times, in step with the sound of the same publisher.
///
///     playout.set_audio_offset(audio.playout_offset(now));
///     audio.set_offset_floor(playout.wanted_offset());
///     while (true) {                              // whenever now >= playout.deadline()
///       VideoPlayoutStep step = playout.pop(now);
///       if (step.action == VideoPlayoutStep::Action::kWait) break;
///       ...
///     }
///
/// In step:    a picture captured at c is shown at c + the sound's offset, and not at all when that
///             was more than 45 ms ago: sound that leads by more is noticed (ITU-R BT.1359-1,
///             figure 2). Without sound the pace is that of the track's own PlayoutDelay.
/// Late:       a picture is decoded only, when the next one is due as well; a discardable one is
///             then left out. So a late joiner runs through what it was sent as fast as it decodes.
///             When nothing was shown for 200 ms a late picture is shown all the same: out of step
///             is better than frozen. That ends when the sound, told by `set_offset_floor`, waits.
/// Encodings:  a keyframe of another encoding begins that one: it is due behind what is held, and
///             frames of the encoding before it that come later are left out.
/// Decodable:  not judged here: a DependencyTracker stands before, or right behind.
/// Bound:      256 frames. Overflow: all that is held is dropped, as each needs the one before it;
///             what depends on it is then undecodable and the receiver asks for a keyframe.
/// Complexity: O(1) for a frame that arrives in order.
/// Sizing:     Worked: what is early waits for the sound, which is at most 400 ms behind the
///             shortest way: 12 frames at 30/s; a joiner's burst of 5 s at 1.5 Mbit/s is 150 frames
///             (0.9 MB), taken out at once, however small the round trip.
/// Threads:    none; one owner.
/// Pitfalls:   decoding happens when a frame is due, so its time (2 to 5 ms for a small picture)
///             adds to the delay.
class VideoPlayout {
 public:
  struct Settings {
    /// The pace of a track without sound. The upper bound is a camera's latency budget: later
    /// frames are not sent.
    PlayoutDelay::Bounds target = {.initial = std::chrono::milliseconds{40},
                                   .min = std::chrono::milliseconds{0},
                                   .max = std::chrono::milliseconds{400}};
  };

  explicit VideoPlayout(const Settings& settings) : delay_(settings.target) {}

  /// Takes a frame, whose `arrival` says when it came.
  void push(FrameRef frame);

  /// What to do at `now`; to be asked again until it says kWait.
  [[nodiscard]] VideoPlayoutStep pop(Time now);

  /// When to call `pop` next; `Time::max()` when nothing is held.
  [[nodiscard]] Time deadline() const;

  /// What the sound adds to capture times (JitterBuffer::playout_offset); nothing without sound.
  void set_audio_offset(std::optional<Duration> offset) { audio_offset_ = offset; }

  /// The offset that this track needs by itself; nothing before its first frame.
  [[nodiscard]] std::optional<Duration> wanted_offset() const;

  [[nodiscard]] std::size_t size() const { return frames_.size(); }

  /// Since the beginning: frames shown; decoded too late to be shown; left out undecoded.
  [[nodiscard]] std::uint64_t shown() const { return shown_; }
  [[nodiscard]] std::uint64_t late() const { return late_; }
  [[nodiscard]] std::uint64_t left_out() const { return left_out_; }

 private:
  static constexpr std::size_t kFramesMax = 256;
  static constexpr Duration kLateMax = std::chrono::milliseconds{45};
  static constexpr Duration kFreezeMax = std::chrono::milliseconds{200};  ///< delivery.md: a freeze
  /// Offsets of one publisher's tracks are near one another, or its clocks are not one.
  static constexpr Duration kOffsetsApartMax = std::chrono::seconds{10};

  [[nodiscard]] Time time_of(const Frame& frame) const;

  PlayoutDelay delay_;
  std::optional<Duration> audio_offset_;
  FrameSequence frames_;
  EncodingId encoding_{};                        ///< of the newest frame
  std::optional<FrameNumber> last_taken_;        ///< of `encoding_`
  std::optional<FrameNumber> last_before_jump_;  ///< up to this one, frames are due at once
  std::optional<Time> last_shown_;
  bool observed_ = false;
  std::uint64_t shown_ = 0;
  std::uint64_t late_ = 0;
  std::uint64_t left_out_ = 0;
};

}  // namespace sluice::media
