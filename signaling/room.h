#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "signaling/client_message.h"
#include "signaling/goodbye_reason.h"
#include "signaling/handle_allocator.h"
#include "signaling/id_generator.h"
#include "signaling/ids.h"
#include "signaling/participant_info.h"
#include "signaling/permissions.h"
#include "signaling/room_command.h"
#include "signaling/room_counts.h"
#include "signaling/room_effect.h"
#include "signaling/room_limits.h"
#include "signaling/server_message.h"
#include "signaling/subscription_settings.h"

namespace sluice::signaling {

/// Who is in one room, what they publish, and who watches what. Sans-IO.
///
/// Each member's view, built from the messages that it was sent, equals this state at every moment.
/// Refusals go to the sender as an `error` and change nothing.
class Room {
 public:
  using Effects = std::vector<RoomEffect>;
  using RequestId = std::optional<std::uint64_t>;
  using Time = std::chrono::steady_clock::time_point;

  /// `limits` and `ids` outlive the room.
  Room(RoomId id, std::string name, const RoomLimits& limits, IdGenerator& ids);

  [[nodiscard]] RoomId id() const { return id_; }
  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] bool empty() const { return members_.empty(); }

  /// Takes `session` in, or fails it with kRoomFull. A member with the same identity is replaced.
  /// True when it is in.
  bool join(SessionId session, RequestId request, const AuthorizedJoin& join, Time now,
            Effects& effects);
  /// Takes `session`, a member, out; its lane is closed.
  void leave(SessionId session, GoodbyeReason reason, Effects& effects);

  /// Makes `session` the lane of a member: the sound that it is sent goes there from here on, and
  /// its own may come from there. Fails the session with kUnauthorized unless the key is the one
  /// that this member was given last, nobody has used it and its time is not over. True when it is
  /// in.
  bool attach(SessionId session, RequestId request, const Attach& attach, Time now,
              Effects& effects);
  /// `lane` is gone: what it carried goes over its member's own connection again, and the member
  /// is given another key.
  void detach(SessionId lane, GoodbyeReason reason, Time now, Effects& effects);
  /// The lane of a member, when it has one.
  [[nodiscard]] std::optional<SessionId> lane_of(SessionId session) const;

  // The requests of a member.
  void publish(SessionId session, RequestId request, const Publish& publish, Effects& effects);
  void unpublish(SessionId session, RequestId request, const Unpublish& unpublish,
                 Effects& effects);
  void subscribe(SessionId session, RequestId request, const Subscribe& subscribe,
                 Effects& effects);
  void unsubscribe(SessionId session, RequestId request, const Unsubscribe& unsubscribe,
                   Effects& effects);
  void request_keyframe(SessionId session, RequestId request, const KeyframeRequest& keyframe,
                        Effects& effects);
  void mute(SessionId session, RequestId request, const Mute& mute, Effects& effects);

  [[nodiscard]] RoomCounts counts() const;
  /// The member with `identity`, if there is one.
  [[nodiscard]] std::optional<SessionId> session_of(const std::string& identity) const;
  /// Everyone who is seen, with what they publish.
  [[nodiscard]] std::vector<ParticipantInfo> participants() const;

 private:
  /// Lets one connection in as the lane of a member.
  struct LaneKey {
    std::string text;
    Time until;
  };
  struct Member {
    ParticipantInfo info;
    std::string text;  ///< `info` as `joined` lists it; empty when that must be made anew
    Permissions permissions;
    bool auto_subscribe = true;
    bool hidden = false;
    std::map<TrackId, SubscriptionSettings> subscriptions;
    std::optional<LaneKey> lane_key;
    std::optional<SessionId> lane;  ///< never together with a key
  };
  struct TrackPlace {
    SessionId publisher{};
    TrackHandle handle{};
    TrackKind kind{};
  };

  static void send(SessionId to, RequestId request, ServerBody body, Effects& effects);
  /// Serialises once for all.
  void send_to_others(SessionId except, const ServerBody& body, Effects& effects,
                      bool unhurried = false) const;
  /// Who comes and goes may be told a little later.
  [[nodiscard]] bool crowded() const { return members_.size() > kCrowd; }
  /// Everyone who is seen, as `joined` lists them.
  [[nodiscard]] std::string roster();
  static void refuse(SessionId session, RequestId request, ErrorCode code, std::string message,
                     Effects& effects);
  /// `message` ends where the track's id follows.
  static void refuse_unknown(SessionId session, RequestId request, std::string message,
                             const TrackId& track, Effects& effects);
  /// Does nothing at the subscriber's limit: nobody asked, so nobody is told.
  void auto_subscribe(SessionId session, Member& member, const TrackId& track,
                      const TrackPlace& place, Effects& effects);
  void announce_subscription(SessionId session, RequestId request,
                             const SubscriptionSettings& settings, const TrackId& track,
                             const TrackPlace& place, Effects& effects) const;
  [[nodiscard]] SubscriptionChanged subscription(SessionId subscriber,
                                                 const SubscriptionSettings& settings,
                                                 const TrackId& track,
                                                 const TrackPlace& place) const;
  [[nodiscard]] LaneKey make_lane_key(Time now);
  /// The connection of a member's that media of this kind goes to.
  [[nodiscard]] static SessionId receiver(SessionId session, const Member& member, TrackKind kind) {
    return kind == TrackKind::kAudio ? member.lane.value_or(session) : session;
  }
  /// The sound that a member is sent goes to one of its connections, no more to the other: first
  /// there, then not here. On two shards each of which does its part when it hears of it, a frame
  /// may come twice or be left out.
  void move_sound(const Member& member, SessionId from, SessionId to, Effects& effects) const;
  /// Ends the subscriptions of a track that its publisher's list does not hold any more.
  void remove_track(SessionId publisher, const TrackInfo& track, Effects& effects);
  [[nodiscard]] TrackInfo* own_track(SessionId session, const TrackId& track);

  static constexpr std::size_t kCrowd = 64;

  RoomId id_;
  std::string name_;
  const RoomLimits& limits_;
  IdGenerator& ids_;
  HandleAllocator handles_;
  std::map<SessionId, Member> members_;
  std::map<SessionId, SessionId> lanes_;  ///< whose lane a session is
  std::map<TrackId, TrackPlace> tracks_;
};

/// The end of a session that attached where no lane is expected.
[[nodiscard]] FailSession lane_refusal(SessionId session, Room::RequestId request);

}  // namespace sluice::signaling
