#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <utility>

#include "media/begun_frames.h"
#include "media/dependency_tracker.h"
#include "media/frame_log.h"
#include "media/frame_pool.h"
#include "media/in_step.h"
#include "media/left_out.h"
#include "media/link_estimate.h"
#include "media/rate_meter.h"
#include "media/ring_deque.h"

namespace sluice::media {

/// The video frames of one track that one subscriber has yet to receive, in decode order.
///
/// Everything in it can be decoded when it is sent in order: a frame whose dependency is neither
/// sent nor queued is refused, and removing a frame removes all that need it. A keyframe leaves
/// only by being sent or when a newer keyframe comes.
///
/// Bound:    `bytes_max` and `frames_max` (a single larger frame is still taken when the queue is
///           otherwise empty). Overflow: enhancement layers go first, then all behind the oldest
///           keyframe, and the track waits for a new way to live (`wants_sync`).
/// Cost:     O(queued frames) for a push that removes and for `thin`, else O(1).
/// Owner:    the subscriber's `Egress`.
/// Source:   delivery.md, "What to leave out".
class VideoQueue {
 public:
  struct Bounds {
    std::size_t bytes_max = 1536 * 1024;
    std::size_t frames_max = 256;
  };

  /// What one pick hands out: bytes [offset, offset + bytes) of `frame`.
  struct Piece {
    FrameRef frame;
    std::uint32_t offset = 0;
    std::uint32_t bytes = 0;
    [[nodiscard]] bool last() const { return offset + bytes == frame->description.length; }
  };

  VideoQueue(Bounds bounds, Duration latency_budget)
      : bounds_(bounds), latency_budget_(latency_budget) {}

  void set_latency_budget(Duration budget) { latency_budget_ = budget; }
  /// Frames of higher temporal layers are left out as they come.
  void set_max_temporal_layer(std::uint8_t layer) { max_temporal_layer_ = layer; }
  /// The encoding to show; the old one goes on until a keyframe of this one comes.
  void set_encoding(EncodingId encoding);
  [[nodiscard]] EncodingId encoding() const { return encoding_; }

  /// A frame of the track, live.
  void push(const FrameRef& frame, EgressCounters& counters);
  /// A group to start from (`GroupCache::frames`): what the receiver lacks of it is queued, to be
  /// decoded at once, whatever its age. False when nothing of it helps, or when a new keyframe
  /// would bring the picture back sooner.
  bool push_group(std::span<const FrameRef> group, const LinkEstimate& link,
                  EgressCounters& counters);
  /// Drops everything: the track is hidden, or ends. A frame begun is abandoned.
  void clear(LeftOut reason, EgressCounters& counters);
  /// Nothing of the track is sent until it is resumed, and no keyframe is wanted for it; what comes
  /// is still measured. A frame begun is abandoned.
  void pause(EgressCounters& counters);
  void resume();
  [[nodiscard]] bool paused() const { return paused_; }
  /// What is queued is only to be decoded from here on, as after `push_group`: its picture is
  /// later than it should be, and what follows needs it all the same.
  void catch_up();

  /// Leaves out what would arrive too late, the least painful first; call before looking at
  /// `head`. `link.bytes_per_second` is this track's share.
  void thin(Time now, const LinkEstimate& link, EgressCounters& counters);

  [[nodiscard]] bool empty() const { return entries_.empty(); }
  /// The frame that goes next; only when not empty.
  [[nodiscard]] const Frame& head() const { return *entries_.front().frame; }
  [[nodiscard]] Time head_deadline() const { return deadline_of(entries_.front()); }
  [[nodiscard]] bool head_started() const { return !empty() && entries_.front().sent_bytes > 0; }
  [[nodiscard]] std::uint32_t head_remaining() const { return remaining(entries_.front()); }
  [[nodiscard]] std::size_t bytes() const { return bytes_; }  ///< not yet handed out
  /// The receiver is in the encoding that it is to be shown, and nothing queued leads it elsewhere.
  [[nodiscard]] bool settled() const {
    return sent_.encoding() == encoding_ && planned_.encoding() == encoding_;
  }

  /// The head is of the base layer, and what it shows will be past its deadline.
  [[nodiscard]] bool base_late(Time now, const LinkEstimate& link) const;

  /// Hands out up to `bytes_max` bytes of the head; the frame counts as sent with its last piece.
  [[nodiscard]] Piece take(std::size_t bytes_max, EgressCounters& counters);
  /// A frame that was begun and then given up: the receiver must be told. Given once.
  [[nodiscard]] std::optional<Piece> take_abandoned();
  [[nodiscard]] bool owes_abandon_mark() const { return abandoned_.has_value(); }

  /// How the receiver is in step with the track (`InStep`); nothing while it is not.
  [[nodiscard]] std::optional<InStep::Track> step(const LinkEstimate& link) const;
  /// A frame in step was sent whole: what `push`, `thin` and `take` would have noted of it.
  void sent_in_step(const FrameLog::Record& frame, EgressCounters& counters);

  /// The encoding of which a group or a keyframe is needed: to begin, to go on, or to change over.
  /// Nothing while there is no need; and while the track is starved, only now and then.
  [[nodiscard]] std::optional<EncodingId> wants_keyframe(Time now) const;
  /// The link did not keep up with the base layer twice in a row: the picture stands still, renewed
  /// by a keyframe now and then, until base frames are on time again.
  [[nodiscard]] bool starved() const { return give_ups_ >= kGiveUpsToStarve; }
  /// The head will be late, or a chain was given up and none has been on time since.
  [[nodiscard]] bool in_trouble(Time now, const LinkEstimate& link) const {
    return give_ups_ > 0 || base_late(now, link);
  }
  /// Delta frames of the base layer, as they come, sent or not; nothing before half a second.
  [[nodiscard]] std::optional<double> base_bytes_per_second(Time now) const {
    return base_.bytes_per_second(now);
  }

  /// What the link took of the frames offered since the last call.
  struct Toll {
    std::uint32_t offered = 0;
    std::uint32_t left_out = 0;  ///< not those that a newer keyframe made worthless
  };
  [[nodiscard]] Toll take_toll() { return std::exchange(toll_, {}); }

  [[nodiscard]] const BegunFrames& begun() const { return begun_; }
  /// These were begun elsewhere: `BegunFrames`.
  void note_begun(const BegunFrames& others) { begun_.note(others); }

 private:
  static constexpr int kGiveUpsToStarve = 2;

  struct Entry {
    FrameRef frame;
    std::uint32_t sent_bytes = 0;
    bool catch_up = false;  ///< decode-only: no deadline, part of a way back to live
  };

  [[nodiscard]] Time deadline_of(const Frame& frame) const;
  /// How old a frame of this layer may be when it arrives, at most.
  [[nodiscard]] Duration age_most(std::uint8_t layer, const LinkEstimate& link) const;
  [[nodiscard]] bool late(const Entry& entry, Time arrival, const LinkEstimate& link) const;
  [[nodiscard]] Time deadline_of(const Entry& entry) const { return deadline_of(*entry.frame); }
  [[nodiscard]] static std::uint32_t remaining(const Entry& entry) {
    return entry.frame->description.length - entry.sent_bytes;
  }
  void append(const FrameRef& frame, bool catch_up);
  void note_offered(const FrameDescription& description, Time arrival);
  void note_sent(const FrameDescription& description, EgressCounters& counters);
  void count(const Frame& frame, LeftOut reason, EgressCounters& counters);
  /// Removes entries by a rule, then all that depended on them; counts each.
  template <typename Predicate>
  void leave_out(Predicate rule, LeftOut reason, EgressCounters& counters);
  /// A keyframe comes: what was to go before it is left out.
  void supersede(EgressCounters& counters);
  void abandon_head(EgressCounters& counters);
  /// For a frame that can be decoded behind what is queued; an enhancement costs no base frame.
  void make_room(const FrameDescription& description, EgressCounters& counters);
  /// Enhancement frames of `layer` among the first `up_to` + 1 are to be left out.
  struct Thinning {
    std::size_t up_to = 0;
    std::uint8_t layer = 0;
  };
  [[nodiscard]] std::optional<Thinning> next_thinning(Time now, const LinkEstimate& link) const;
  [[nodiscard]] std::size_t base_bytes() const;
  [[nodiscard]] bool holds_keyframe() const;
  void give_up_chain(Time now, const LinkEstimate& link, EgressCounters& counters);
  [[nodiscard]] bool keyframe_is_quicker(std::size_t chain_bytes, const LinkEstimate& link,
                                         Time now) const;
  /// The link carries the base layer: when that is late, it is only behind.
  [[nodiscard]] bool base_fits(const LinkEstimate& link, Time now) const;
  [[nodiscard]] bool full(std::size_t bytes) const;
  void thin_enhancements(Time now, const LinkEstimate& link, EgressCounters& counters);
  void give_up_late_chain(Time now, const LinkEstimate& link, EgressCounters& counters);

  Bounds bounds_;
  Duration latency_budget_;
  std::uint8_t max_temporal_layer_ = 15;
  EncodingId encoding_{};
  RingDeque<Entry> entries_;
  std::size_t bytes_ = 0;
  DependencyTracker sent_;     ///< what the receiver has whole
  DependencyTracker planned_;  ///< the same once the queue is sent
  RateMeter base_;             ///< delta frames of the base layer, as they come
  BegunFrames begun_;
  Toll toll_;
  std::optional<Piece> abandoned_;
  std::uint32_t last_keyframe_bytes_ = 0;
  bool paused_ = false;
  bool wants_sync_ = true;  ///< a new subscription needs its first keyframe
  int give_ups_ = 0;        ///< chains given up since a delta frame of the base was on time
  Time sync_not_before_ = Time::min();
};

}  // namespace sluice::media
