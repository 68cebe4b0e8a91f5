#pragma once

#include <cstddef>
#include <memory>
#include <unordered_map>

#include "metrics/shard_metrics.h"
#include "sfu/track_route.h"
#include "signaling/ids.h"

namespace sluice::sfu {

/// The tracks that are published or subscribed on one shard, by room and handle.
///
/// Changes only when the room layer says so (`signaling::RoomEffect`), so a frame never waits for
/// signaling: its publisher holds its routes, and they hold their subscribers.
/// Bound: that of the rooms. Owner: the shard.
class MediaRouter {
 public:
  /// Both outlive the router.
  MediaRouter(media::TimerWheel& wheel, metrics::ShardMetrics& metrics)
      : wheel_{wheel}, metrics_{metrics} {}

  TrackRoute& add(signaling::RoomId room, signaling::TrackInfo info, Session& publisher);
  void remove(signaling::RoomId room, signaling::TrackHandle handle);
  /// Null when there is no such track.
  [[nodiscard]] TrackRoute* find(signaling::RoomId room, signaling::TrackHandle handle);

 private:
  struct Key {
    signaling::RoomId room{};
    signaling::TrackHandle handle{};
    friend bool operator==(const Key&, const Key&) = default;
  };
  struct KeyHash {
    std::size_t operator()(const Key& key) const {
      // Room ids count up, so the bits above a handle's tell them apart.
      return std::hash<std::uint64_t>{}(static_cast<std::uint64_t>(key.room) << 16 |
                                        static_cast<std::uint64_t>(key.handle));
    }
  };

  media::TimerWheel& wheel_;
  metrics::ShardMetrics& metrics_;
  std::unordered_map<Key, std::unique_ptr<TrackRoute>, KeyHash> routes_;
};

}  // namespace sluice::sfu
