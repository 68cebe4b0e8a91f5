#pragma once

#include <bitset>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <utility>
#include <vector>

#include "media/mpsc_queue.h"
#include "media/spsc_ring.h"
#include "media/wake_flag.h"
#include "metrics/shard_metrics.h"
#include "sfu/shard_index.h"
#include "sfu/shard_message.h"

namespace sluice::sfu {

/// All that shards have in common: an inbox for each, and a ring for frames from each to each
/// other.
///
/// A shard gets at it through its `ShardPort` alone. Outlives the shards and is outlived by the
/// pools of the frames in it. No part of it takes a lock.
class ShardBus {
 public:
  /// 1 to `kShardsMax` shards. Throws std::system_error when there is no descriptor for their
  /// wake-ups.
  explicit ShardBus(std::size_t shards);
  ~ShardBus();
  ShardBus(const ShardBus&) = delete;
  ShardBus& operator=(const ShardBus&) = delete;

  [[nodiscard]] std::size_t shards() const { return inboxes_.size(); }

  /// Sizing: `MpscQueue` works it out for 500 joins a second; `SpscRing` for 500 tracks.
  static constexpr std::size_t kInboxMessages = 1024;
  static constexpr std::size_t kRingFrames = 1024;

 private:
  friend class ShardPort;
  // Boxed, so that a cell of the queue is two words: messages are a thousand times rarer than
  // frames.
  using Boxed = std::unique_ptr<ShardMessage>;
  using Ring = media::SpscRing<Crossing>;

  struct Inbox {
    media::MpscQueue<Boxed> messages{kInboxMessages};
    media::WakeFlag wake;  ///< for the messages and for all rings that end here
    int event = -1;        ///< eventfd that the shard's loop waits for
  };

  [[nodiscard]] Inbox& inbox(ShardIndex shard) {
    return *inboxes_[static_cast<std::size_t>(shard)];
  }
  [[nodiscard]] Ring& ring(ShardIndex from, ShardIndex to) {
    return *rings_[static_cast<std::size_t>(from) * shards() + static_cast<std::size_t>(to)];
  }

  std::vector<std::unique_ptr<Inbox>> inboxes_;
  std::vector<std::unique_ptr<Ring>> rings_;  ///< null from a shard to itself
};

/// One shard's end of the bus. Owner: the shard; only its thread uses it.
///
/// Frames:   `offer` never waits. When the other shard lags behind by a whole ring the frame is
///           refused, and what then becomes of the track is the caller's (`TrackRoute`).
/// Messages: carry state, so they are never dropped: what finds the inbox full waits in a backlog
/// of
///           the sender, in its order, and goes before what is sent later. The backlog is bounded
///           by its causes: while any is over `kBacklogMax`, `overloaded()` says so and the shard
///           refuses what clients ask of rooms, except to leave.
/// Order:    what is sent to one shard arrives in that order. A frame is handled after the messages
///           that were sent before it was offered, by whomever. (Not so behind a full inbox, or
///           when a sender is interrupted in the middle of a push; a frame whose track is not known
///           yet is then a stray, which `MediaRouter` puts right.)
/// Waking:   once for each turn of the sender and each receiver, at `flush`, and not at all while
/// the
///           receiver is on its way already.
class ShardPort {
 public:
  /// Both outlive the port. `metrics` are those of this shard.
  ShardPort(ShardBus& bus, ShardIndex self, metrics::ShardMetrics& metrics);

  [[nodiscard]] ShardIndex self() const { return self_; }
  [[nodiscard]] std::size_t shards() const { return bus_.shards(); }
  /// Becomes readable when something arrived.
  [[nodiscard]] int event() const { return bus_.inbox(self_).event; }

  /// Sends to another shard.
  void send(ShardIndex to, ShardMessage message);
  /// Hands a frame to another shard; false, and it is left alone, when the ring is full.
  [[nodiscard]] bool offer(ShardIndex to, Crossing&& crossing);
  /// At the end of a turn: delivers what waits, and wakes those who got something.
  void flush();

  /// Something waits for a full inbox: call `flush` again soon.
  [[nodiscard]] bool backlogged() const { return waiting_ > 0; }
  [[nodiscard]] bool overloaded() const { return waiting_ > kBacklogMax; }

  /// Hands over what has arrived: `on_message(message)`, then `on_crossing(from, crossing)`. At
  /// most what the queues hold at once; when more came meanwhile the event is set again.
  template <class OnMessage, class OnCrossing>
  void receive(OnMessage&& on_message, OnCrossing&& on_crossing) {
    bus_.inbox(self_).wake.clear();
    // Frames are taken first and handled last: whatever was sent before them can be seen by then.
    take_crossings();
    take_messages();
    for (ShardBus::Boxed& message : messages_) on_message(*message);
    messages_.clear();
    for (auto& [from, crossing] : crossings_) on_crossing(from, std::move(crossing));
    crossings_.clear();
  }

  static constexpr std::size_t kBacklogMax = 4096;

 private:
  void take_crossings();
  void take_messages();
  void wake(ShardIndex shard);

  ShardBus& bus_;
  ShardIndex self_;
  metrics::ShardMetrics& metrics_;
  std::vector<std::deque<ShardBus::Boxed>> backlogs_;  ///< by receiver
  std::size_t waiting_ = 0;                            ///< in all backlogs
  std::bitset<kShardsMax> to_wake_;
  // What a turn has taken; empty between turns, and kept so that nothing is allocated.
  std::vector<ShardBus::Boxed> messages_;
  std::vector<std::pair<ShardIndex, Crossing>> crossings_;
};

}  // namespace sluice::sfu
