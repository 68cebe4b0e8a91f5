#pragma once

#include <memory>
#include <string>
#include <variant>

#include "signaling/goodbye_reason.h"
#include "signaling/ids.h"
#include "signaling/protocol_error.h"
#include "signaling/subscription_settings.h"
#include "signaling/track_info.h"

namespace sluice::signaling {

/// A control message, serialised once and shared by all who get it.
using ControlText = std::shared_ptr<const std::string>;

// What the room layer wants done. Effects must be applied in the order given: a subscription ends
// before its `unsubscribed` is sent, and begins after its `subscribed`.

/// Send this control message to this session.
struct SendTo {
  SessionId session{};
  ControlText text;
  /// The code when the message is an `error`, so that it can be counted.
  std::optional<ErrorCode> error;
  /// It may wait a little for what else goes to this session, and so may all of which this is said
  /// until something goes: in a crowd somebody comes or leaves all the time, and a write costs more
  /// than anything in it.
  bool unhurried = false;
};

/// This session is in its room now: tell `SessionProtocol::joined`, before what follows is sent.
struct SessionJoined {
  SessionId session{};
  RoomId room{};
};

/// This session is out of its room: call `SessionProtocol::dismiss`.
struct CloseSession {
  SessionId session{};
  GoodbyeReason reason{};
};

/// This session's request failed fatally: call `SessionProtocol::fail`.
struct FailSession {
  SessionId session{};
  ProtocolError error;
};

// Facts for the media side.

struct TrackAdded {
  RoomId room{};
  SessionId publisher{};
  TrackInfo track;
};

/// Its subscriptions were removed before, each with a `SubscriptionRemoved`.
struct TrackRemoved {
  RoomId room{};
  SessionId publisher{};
  TrackHandle handle{};
};

/// A subscription began, or its settings changed; `settings` are whole. `subscriber` may be a lane.
/// Says all of the track that
/// a shard must know which serves the first subscriber of a track from elsewhere.
struct SubscriptionChanged {
  RoomId room{};
  SessionId subscriber{};
  TrackHandle handle{};
  SubscriptionSettings settings;
  SessionId publisher{};
  TrackInfo track;
};

struct SubscriptionRemoved {
  RoomId room{};
  SessionId subscriber{};
  TrackHandle handle{};
};

/// A lane may carry frames of this track of its participant's; `publisher` is the session that the
/// track was added with.
struct LaneTrackAdded {
  RoomId room{};
  SessionId lane{};
  SessionId publisher{};
  TrackHandle handle{};
};

struct LaneTrackRemoved {
  RoomId room{};
  SessionId lane{};
  TrackHandle handle{};
};

/// `subscriber` cannot go on without a keyframe of this track.
struct KeyframeWanted {
  RoomId room{};
  SessionId subscriber{};
  TrackHandle handle{};
};

struct MuteChanged {
  RoomId room{};
  SessionId publisher{};
  TrackHandle handle{};
  bool muted = false;
};

/// Its tracks and subscriptions were removed before.
struct SessionLeft {
  RoomId room{};
  SessionId session{};
  GoodbyeReason reason{};
};

/// The room was empty for its time and is gone; its id is not used again.
struct RoomRemoved {
  RoomId room{};
};

using RoomEffect =
    std::variant<SendTo, SessionJoined, CloseSession, FailSession, TrackAdded, TrackRemoved,
                 SubscriptionChanged, SubscriptionRemoved, LaneTrackAdded, LaneTrackRemoved,
                 KeyframeWanted, MuteChanged, SessionLeft, RoomRemoved>;

}  // namespace sluice::signaling
