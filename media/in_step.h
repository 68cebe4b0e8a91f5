#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "media/frame.h"
#include "media/frame_log.h"

namespace sluice::media {

/// A frame that came, as those in step look at it: made once for all of them.
struct PassingFrame {
  TrackHandle track{};
  EncodingId encoding{};
  std::uint8_t temporal_layer = 0;
  FrameNumber number = 0;
  std::uint16_t farthest_dependency = 0;  ///< `number` minus the oldest that it names
  std::uint32_t bytes = 0;                ///< of payload
  bool continues = false;                 ///< needs what was sent, and leads nowhere else
  Duration age{};                         ///< since a punctual frame would have come

  PassingFrame(const FrameDescription& description, MediaKind kind, Duration its_age);
};

/// What one subscriber may be sent before its books are asked.
///
/// A subscriber is *in step* when all that it wants was sent to it whole, nothing waits on its
/// connection, and its link was just found to take what it is given. The next frame of its tracks
/// is then the next message on its wire, whatever is asked first: its queues are empty, the frame
/// can be decoded and is on time, and the link lets it through. So it is sent, and the books
/// (`Egress`, `LinkController`) follow from the tracks' `FrameLog`s before anything else is asked
/// of them. Whoever changes anything for the subscriber ends this first.
///
/// Memory:   40 bytes, for a cache line that it shares with the way to the socket: all that a
///           frame touches of each of a thousand subscribers.
/// Bound:    `kTracksMax` tracks, and `kPassedMost` frames of each until the books follow.
/// Owner:    the subscriber's session.
class InStep {
 public:
  static constexpr std::size_t kTracksMax = 2;  ///< a camera and a microphone
  /// Payload of a frame that goes whole: with its head one TLS record, and a chunk of a fast link.
  static constexpr std::uint32_t kFrameBytesMost = 16'000;

  /// The log has these and the one that is being handed out.
  static constexpr std::size_t kPassedMost = FrameLog::kFrames - 1;

  /// One track of which everything was sent.
  struct Track {
    FrameNumber next = 0;  ///< this one may go
    TrackHandle track{};
    EncodingId encoding{};
    std::uint8_t reach = 0;  ///< so many frames before `next` were all sent whole, at least
    std::uint8_t max_temporal_layer = 15;
    std::uint8_t passed = 0;  ///< of the frames before `next`, so many are not in the books yet
    std::uint16_t age_most_ms = 0;  ///< an older frame may be too late
  };
  /// A track of which frames up to an age are on time; nothing when none could be.
  [[nodiscard]] static std::optional<Track> track_within(Duration age_most, Track track);

  /// How much the link takes without another question (`LinkController::headroom`).
  struct Headroom {
    std::size_t bytes = 0;        ///< in all
    std::size_t frame_bytes = 0;  ///< payload of one frame; more would go in chunks
    Time until = Time::min();
  };

  void begin(const Headroom& headroom);
  void add(const Track& track);
  /// Not in step any more; only when the books have followed.
  void end() {
    until_ = Time::min();
    count_ = 0;
  }
  [[nodiscard]] bool any() const { return until_ != Time::min(); }

  enum class Answer : std::uint8_t {
    kSend,       ///< as a message of `bytes`; say `sent` when it went
    kNotWanted,  ///< an encoding that the subscriber is not shown: nothing is to be done
    kAsk,        ///< the books must be asked
  };
  [[nodiscard]] Answer ask(const PassingFrame& frame, std::size_t bytes, Time now) const;
  void sent(const PassingFrame& frame, std::size_t bytes);

  [[nodiscard]] std::span<const Track> tracks() const { return std::span{tracks_}.first(count_); }
  /// Tells `note` of each frame that went and is not in the books yet (`const FrameLog::Record&`),
  /// in the order in which they went, of all tracks together. `log_of` gives a track's FrameLog.
  template <typename LogOf, typename Note>
  void catch_up(LogOf log_of, Note note);

 private:
  Time until_ = Time::min();
  std::uint32_t bytes_left_ = 0;
  std::uint16_t frame_bytes_most_ = 0;
  std::uint8_t count_ = 0;
  std::array<Track, kTracksMax> tracks_;
};

inline InStep::Answer InStep::ask(const PassingFrame& frame, std::size_t bytes, Time now) const {
  if (now >= until_) return Answer::kAsk;
  for (std::size_t index = 0; index < count_; ++index) {
    const Track& track = tracks_[index];
    if (track.track != frame.track) continue;
    if (track.encoding != frame.encoding) return Answer::kNotWanted;
    const bool passes = frame.continues && frame.bytes <= frame_bytes_most_ &&
                        track.next == frame.number && frame.farthest_dependency <= track.reach &&
                        frame.temporal_layer <= track.max_temporal_layer &&
                        frame.age <= std::chrono::milliseconds{track.age_most_ms} &&
                        bytes <= bytes_left_ && track.passed < kPassedMost;
    return passes ? Answer::kSend : Answer::kAsk;
  }
  return Answer::kAsk;
}

inline void InStep::sent(const PassingFrame& frame, std::size_t bytes) {
  bytes_left_ -= static_cast<std::uint32_t>(bytes);
  Track& track = tracks_[0].track == frame.track ? tracks_[0] : tracks_[1];
  ++track.next;
  ++track.passed;
  if (track.reach < UINT8_MAX) ++track.reach;
}

template <typename LogOf, typename Note>
void InStep::catch_up(LogOf log_of, Note note) {
  for (;;) {
    Track* earliest = nullptr;
    const FrameLog::Record* frame = nullptr;
    for (Track& track : std::span{tracks_}.first(count_)) {
      if (track.passed == 0) continue;
      const FrameLog& log = log_of(track);
      const FrameLog::Record& missing = log[track.next - track.passed];
      if (frame != nullptr && frame->sent <= missing.sent) continue;
      earliest = &track;
      frame = &missing;
    }
    if (frame == nullptr) return;
    --earliest->passed;
    note(*frame);
  }
}

}  // namespace sluice::media
