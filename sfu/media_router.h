#pragma once

#include <cstddef>
#include <memory>
#include <unordered_map>
#include <vector>

#include "metrics/shard_metrics.h"
#include "sfu/shard_bus.h"
#include "sfu/shard_message.h"
#include "sfu/track_route.h"
#include "signaling/ids.h"

namespace sluice::sfu {

/// The tracks that are published or subscribed on one shard, by room and handle.
///
/// Changes only when the room layer says so (`signaling::RoomEffect`) or another shard gains or
/// loses interest, so a frame never waits for signaling: its publisher holds its routes, and they
/// hold their subscribers and the shards that have some. Bound: that of the rooms. Owner: the
/// shard.
class MediaRouter {
 public:
  explicit MediaRouter(const TrackRoute::Surroundings& shard) : shard_{shard} {}

  /// A track is published on this shard.
  TrackRoute& add(signaling::RoomId room, signaling::TrackInfo info, Session& publisher,
                  media::Time now);
  void remove(signaling::RoomId room, signaling::TrackHandle handle);
  /// Null when there is no such track.
  [[nodiscard]] TrackRoute* find(signaling::RoomId room, signaling::TrackHandle handle);

  /// The route of a track to its subscribers here. For the first one of a track of another shard it
  /// is made, and that shard is told. Null when its publisher was on this shard and has gone
  /// already.
  [[nodiscard]] TrackRoute* find_or_open(signaling::RoomId room, const signaling::TrackInfo& info,
                                         ShardIndex publisher_shard);
  /// To be called when a subscriber has gone: ends a route from another shard that has none.
  void release(TrackRoute& route);

  /// A frame came over a lane on this shard: it goes on to the route of its track.
  void receive_from_lane(Crossing&& frame, ShardIndex publisher_shard);

  // From other shards.

  void receive(ShardIndex from, const Crossing& crossing);
  /// The room says that a shard is about to show interest, so that a new track's first frames reach
  /// those who were subscribed to it before its publisher was told that it is published.
  void expect(const InterestBegan& interest);
  void handle(const InterestBegan& interest);
  void handle(const InterestEnded& interest, media::Time now);
  void handle(const KeyframeAsked& asked, media::Time now);
  void handle(const EncodingsWanted& wanted, media::Time now);
  /// Sends the groups that did not fit their ring: the next frame, which would bring them, may be
  /// far away. O(tracks), for the housekeeping.
  void settle_groups();
  /// Forgets what tracks were offered too long ago. O(tracks), for the housekeeping.
  void release_stale_records();

 private:
  struct Key {
    signaling::RoomId room{};
    signaling::TrackHandle handle{};
    friend bool operator==(const Key&, const Key&) = default;
  };
  struct KeyHash {
    std::size_t operator()(const Key& key) const {
      // Room ids count up, so the bits above a handle's tell them apart.
      return std::hash<std::uint64_t>{}(static_cast<std::uint64_t>(key.room) << 16 ^
                                        static_cast<std::uint64_t>(key.handle) ^
                                        static_cast<std::uint64_t>(key.room) >> kShardShift);
    }
  };

  /// Another shard's interest in a track that is not here.
  struct EarlyInterest {
    ShardIndex shard{};
    std::size_t wanted = 0;  ///< of the encodings
  };

  TrackRoute::Surroundings shard_;
  std::unordered_map<Key, std::unique_ptr<TrackRoute>, KeyHash> routes_;
  /// Interest in tracks that are not here: the room's word of them is still on its way, or they
  /// were removed and the end of the interest is. Messages of two shards have no common order.
  std::unordered_map<Key, std::vector<EarlyInterest>, KeyHash> early_interest_;
};

}  // namespace sluice::sfu
