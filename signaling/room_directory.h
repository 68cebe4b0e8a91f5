#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "signaling/goodbye_reason.h"
#include "signaling/id_generator.h"
#include "signaling/ids.h"
#include "signaling/room.h"
#include "signaling/room_command.h"
#include "signaling/room_counts.h"
#include "signaling/room_effect.h"
#include "signaling/room_limits.h"
#include "signaling/shared_quota.h"

namespace sluice::signaling {

/// The rooms whose home is one shard: commands of sessions and a moment in, effects out.
///
/// A room is made by its first join and removed when it was empty for `empty_room_delay`.
/// Sans-IO: it sends nothing, reads no clock, and speaks with connections (on this shard or
/// another) only through values. Owner: the shard; not safe to share between threads.
class RoomDirectory {
 public:
  using Time = Room::Time;

  /// What the directories of several shards share so that together they are one.
  struct Place {
    RoomId first_room{1};                ///< ids count up from here; no other directory gets there
    std::shared_ptr<SharedQuota> quota;  ///< of rooms; null: `RoomLimits::rooms_max` of its own
  };

  RoomDirectory(const RoomLimits& limits, RandomSource random);
  RoomDirectory(const RoomLimits& limits, RandomSource random, Place place);
  // Rooms refer to the directory's limits and generator.
  RoomDirectory(const RoomDirectory&) = delete;
  RoomDirectory& operator=(const RoomDirectory&) = delete;

  /// One command of one session. Never fails: what is refused comes out as a message to its sender.
  [[nodiscard]] std::vector<RoomEffect> handle(SessionId session, const RoomCommand& command,
                                               Time now);

  /// Removes the rooms whose time is up.
  [[nodiscard]] std::vector<RoomEffect> on_time(Time now);
  /// When to call `on_time` next; `Time::max()` while no room is empty.
  [[nodiscard]] Time next_deadline() const;

  [[nodiscard]] RoomCounts counts() const;
  /// Where a session is, while it is in a room.
  [[nodiscard]] const Room* room_of(SessionId session) const;

 private:
  struct Entry {
    std::unique_ptr<Room> room;
    std::optional<Time> remove_at;  ///< set while the room is empty
  };

  void join(SessionId session, std::optional<std::uint64_t> id, const AuthorizedJoin& request,
            Time now, std::vector<RoomEffect>& effects);
  void attach(SessionId session, std::optional<std::uint64_t> id, const Attach& request, Time now,
              std::vector<RoomEffect>& effects);
  void leave(SessionId session, GoodbyeReason reason, Time now, std::vector<RoomEffect>& effects);
  /// A member is about to be out of its room.
  void forget(SessionId session, const Room& room);

  /// Removes the room that waits longest for its removal, which must exist.
  void remove_first(std::vector<RoomEffect>& effects);
  /// Plans or cancels the room's removal after someone came or went.
  void update_removal(Entry& entry, Time now);

  RoomLimits limits_;
  IdGenerator ids_;
  std::uint64_t next_room_;
  std::shared_ptr<SharedQuota> quota_;
  std::map<std::string, Entry> rooms_;
  std::set<std::pair<Time, std::string>> removals_;  ///< when, and which room by name
  std::unordered_map<SessionId, Room*> room_of_session_;
  std::unordered_map<SessionId, Room*> room_of_lane_;
};

}  // namespace sluice::signaling
