#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "media/encoding_trial.h"
#include "media/in_step.h"
#include "media/video_queue.h"

namespace sluice::media {

/// What one subscriber is sent of one video track: the queue of the encoding that it is shown, and
/// the way up to a larger one.
///
/// The ascent costs the picture nothing: a trial of the larger encoding, then its keyframe, both in
/// the background, behind all else that the subscriber is sent. The last bytes of the keyframe are
/// held until `commit`, since a decoder that has it cannot go on with the old encoding; until then
/// the ascent can be given up (`abort`) and nothing has happened. The way down is a switch at
/// the next keyframe of the smaller encoding (`VideoQueue::set_encoding`).
///
/// Owner:    the subscriber's `Egress`; `LayerAllocator` decides.
/// Source:   delivery.md, "What to leave out" 2 and "The estimate" (probe with useful bytes).
class VideoStream {
 public:
  enum class Ascent : std::uint8_t { kNone, kTrial, kFetch };

  VideoStream(VideoQueue::Bounds bounds, Duration latency_budget)
      : bounds_(bounds), latency_budget_(latency_budget), current_(bounds, latency_budget) {}

  [[nodiscard]] VideoQueue& current() { return current_; }
  [[nodiscard]] const VideoQueue& current() const { return current_; }

  void set_latency_budget(Duration budget);
  void set_max_temporal_layer(std::uint8_t layer);

  void push(const FrameRef& frame, EgressCounters& counters);
  /// `VideoQueue::push_group`, for the queue that wants the encoding of this group.
  bool push_group(std::span<const FrameRef> group, const LinkEstimate& link,
                  EgressCounters& counters);
  void clear(LeftOut reason, EgressCounters& counters);

  /// `VideoQueue::pause`; it will be resumed with `encoding`, and what was tried is given up.
  void pause(EncodingId encoding, EgressCounters& counters);

  /// How the subscriber is in step with the track; nothing when it is not.
  [[nodiscard]] std::optional<InStep::Track> step(const LinkEstimate& link) const;

  // The ascent.
  void begin_trial(EncodingId encoding, Time now);
  /// From now on the keyframe of `encoding` is wanted, and sent in the background.
  void begin_fetch(EncodingId encoding, Time now, EgressCounters& counters);
  /// The larger encoding becomes the current one; only when `ready`.
  void commit(EgressCounters& counters);
  void abort(EgressCounters& counters);

  [[nodiscard]] Ascent ascent() const;
  [[nodiscard]] Time ascent_began() const { return ascent_began_; }
  /// Only during an ascent.
  [[nodiscard]] EncodingId ascending_to() const;
  /// Nothing before the first frame of the trial came.
  [[nodiscard]] std::optional<Duration> trial_lag(Time now) const {
    if (!trial_ || trial_->frames_seen() == 0) return std::nullopt;
    return trial_->lag(now);
  }
  /// The keyframe is there but for its last bytes, and no frame of the old encoding is half sent.
  [[nodiscard]] bool ready() const;
  /// Bytes of the way from the held keyframe to the present.
  [[nodiscard]] std::size_t bytes_to_present() const { return upcoming_ ? upcoming_->bytes() : 0; }
  [[nodiscard]] std::optional<EncodingId> upcoming_wants_keyframe(Time now) const;

  [[nodiscard]] bool background_waiting() const;
  /// Up to `bytes_max` bytes of the ascent; only when some wait.
  [[nodiscard]] VideoQueue::Piece take_background(std::size_t bytes_max, EgressCounters& counters);
  /// A frame that was begun and given up: the receiver must be told, before anything else of this
  /// track is sent. Given once.
  [[nodiscard]] std::optional<VideoQueue::Piece> take_abandoned();
  [[nodiscard]] bool owes_abandon_mark() const {
    return current_.owes_abandon_mark() || background_mark_.has_value();
  }

 private:
  /// Of a keyframe in the background, so much waits for the commit.
  static constexpr std::uint32_t kHeldBytes = 200;

  [[nodiscard]] bool keyframe_at_head() const;

  VideoQueue::Bounds bounds_;
  Duration latency_budget_;
  std::uint8_t max_temporal_layer_ = 15;
  VideoQueue current_;
  std::optional<EncodingTrial> trial_;
  std::unique_ptr<VideoQueue> upcoming_;  ///< rare, so not a part of each stream
  std::optional<VideoQueue::Piece> background_mark_;
  Time ascent_began_{};
};

}  // namespace sluice::media
