#pragma once

#include <cstddef>

#include "media/frame_pool.h"
#include "media/left_out.h"
#include "media/link_estimate.h"
#include "media/loudness.h"
#include "media/ring_deque.h"

namespace sluice::media {

/// The audio frames of one track that one subscriber has yet to receive, oldest first.
///
/// Only what is too late to be heard is left out.
/// Bound:    `kFramesMax` frames. Overflow: the oldest is left out.
/// Sizing:   a budget of 200 ms holds 10 frames of 20 ms; 64 also hold 10 s budgets of long frames.
class AudioQueue {
 public:
  static constexpr std::size_t kFramesMax = 64;

  explicit AudioQueue(Duration latency_budget) : latency_budget_(latency_budget) {}
  void set_latency_budget(Duration budget) { latency_budget_ = budget; }

  void push(const FrameRef& frame, EgressCounters& counters);
  /// Leaves out what cannot arrive in time even if it is sent at once; and while more waits than
  /// the link takes away, also what would arrive just in time, as all that follow it would too.
  /// True when anything was left out.
  bool expire(Time now, const LinkEstimate& link, EgressCounters& counters);
  /// A frame that came alone and is no older than this is not left out.
  [[nodiscard]] Duration age_most(const LinkEstimate& link) const;
  void clear(LeftOut reason, EgressCounters& counters);

  [[nodiscard]] bool empty() const { return frames_.empty(); }
  [[nodiscard]] Time head_deadline() const { return deadline_of(*frames_.front()); }
  [[nodiscard]] FrameRef take(EgressCounters& counters);

  /// Among microphones of which not all can be heard the greatest goes first: how loud it is, and
  /// somewhat more for one that is being heard, so that two that are alike do not take turns.
  [[nodiscard]] int precedence() const { return loudness_.tenths() + (heard_ ? kHeardTenths : 0); }

 private:
  static constexpr int kHeardTenths = 60;

  void leave_out_head(LeftOut reason, EgressCounters& counters);
  void pop();
  [[nodiscard]] Time deadline_of(const Frame& frame) const {
    return frame.arrival - frame.lateness + latency_budget_;
  }

  Duration latency_budget_;
  std::size_t bytes_ = 0;
  Loudness loudness_;
  bool heard_ = false;  ///< the last packet was not left out
  RingDeque<FrameRef> frames_;
};

}  // namespace sluice::media
