#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "sfu/shard_bus.h"
#include "sfu/shard_timer.h"
#include "signaling/room_directory.h"

namespace sluice::sfu {

/// The rooms whose home is one shard, and the way of what they decide to those whom it concerns.
///
/// A room decides in one place, so its members agree on one order of events, wherever they live.
/// Its effects for sessions of this shard are applied at once, those for another shard travel there
/// together, in one message for each command, so that every shard sees them in the room's order.
/// Owner: the shard.
class HomeRooms {
 public:
  /// Carries out what concerns this shard.
  struct Here {
    std::function<void(const signaling::RoomEffect&)> effect;
    std::function<void(const InterestBegan&)> interest;
  };

  /// `wheel` and `port` outlive it.
  HomeRooms(const signaling::RoomLimits& limits, std::shared_ptr<signaling::SharedQuota> quota,
            media::TimerWheel& wheel, ShardPort& port, Here here);

  /// Carries out what a session, on whichever shard, asks of its room. Refuses all but to leave
  /// while the port is overloaded: what comes of a command would only wait.
  void handle(signaling::SessionId session, const signaling::RoomCommand& command, media::Time now);
  /// Tells a session that the server is too busy for its command.
  void refuse(signaling::SessionId session, const signaling::RoomCommand& command);

  [[nodiscard]] signaling::RoomCounts counts() const { return rooms_.counts(); }

 private:
  void carry_out(std::vector<signaling::RoomEffect> effects);
  void announce(const signaling::SubscriptionChanged& effect);

  ShardPort& port_;
  media::TimerWheel& wheel_;
  Here here_;
  signaling::RoomDirectory rooms_;
  std::vector<RoomNews> news_;  ///< by shard; empty between two commands
  ShardTimer timer_;
};

}  // namespace sluice::sfu
