#pragma once

#include <cstddef>

#include "media/intrusive_list.h"
#include "media/timer_wheel.h"
#include "sfu/session.h"
#include "sfu/shard_timer.h"

namespace sluice::sfu {

/// The sessions of a shard that have something new to send, each once.
///
/// A session that was written to just before gathers for `kGatherTime`: a write costs the same for
/// one frame as for five, and in a meeting of 25 there are two frames each millisecond for
/// everyone. The others are pumped at the end of the turn, so that a turn that brings several
/// frames costs one write for each subscriber, and nobody sends from inside another's loop.
///
/// Only the subscribers of a track that has more than `kLargeRoom` are pumped in batches while the
/// frame is still handed out (`pump_all` after each `kBatch`): a thousand sessions would leave the
/// cache before they are written to.
/// What may wait, as who came and went in a crowd, goes with the next thing that the session is
/// sent: a thousand who join tell each other half a million times, in twenty times fewer writes.
/// Owner: its shard. A session may be destroyed while it is in here.
class PumpQueue {
 public:
  /// Small enough for what 16 sessions and their sockets use to stay in a core's own cache.
  static constexpr std::size_t kBatch = 16;
  /// Small beside the 20 ms of an audio packet; long enough for most of what a meeting brings to go
  /// out in a third of the writes.
  static constexpr std::chrono::milliseconds kGatherTime{2};
  /// Up to so many subscribers the writes that a turn saves are worth more.
  static constexpr std::size_t kLargeRoom = 64;

  /// Nobody sees in a list of more than sixty that somebody came so much later.
  static constexpr std::chrono::milliseconds kUnhurriedMost{100};

  /// `wheel` outlives the queue.
  explicit PumpQueue(media::TimerWheel& wheel);

  void add(Session& session, media::Time now);
  /// When it is added, or `kUnhurriedMost` from now.
  void add_unhurried(Session& session, media::Time now);
  /// Pumps the one that waits longest; false when nobody does.
  bool pump_next();
  void pump_all() {
    while (pump_next()) {
    }
  }

 private:
  using UnhurriedList = media::IntrusiveList<Session, Unhurried>;

  media::TimerWheel& wheel_;
  media::IntrusiveList<Session> now_;
  media::IntrusiveList<Session> gathering_;
  ShardTimer gather_timer_;
  UnhurriedList unhurried_;
  ShardTimer unhurried_timer_;
};

}  // namespace sluice::sfu
