#pragma once

#include <cstddef>
#include <memory>
#include <type_traits>
#include <variant>
#include <vector>

#include "media/frame_pool.h"
#include "metrics/labels.h"
#include "sfu/shard_index.h"
#include "signaling/ids.h"
#include "signaling/room_command.h"
#include "signaling/room_effect.h"

namespace sluice::sfu {

// What one shard tells another. All of it is values: nothing in here points into a shard, but
// frames, whose reference counts any thread may change.

/// A session asks something of its room, whose home is the receiver.
struct RoomRequest {
  signaling::SessionId session{};
  signaling::RoomCommand command;
};

/// `from` has a first subscriber of a track that the receiver publishes: send its frames, after the
/// group that leads to them.
struct InterestBegan {
  signaling::RoomId room{};
  signaling::TrackHandle track{};
  ShardIndex from{};
};

/// What a room on the sender wants done with sessions and tracks of the receiver, in this order;
/// and which shards are about to show interest in tracks of the receiver (`MediaRouter::expect`).
struct RoomNews {
  std::vector<signaling::RoomEffect> effects;
  std::vector<InterestBegan> interests;
};

/// `from` has no subscriber of it any more.
struct InterestEnded {
  signaling::RoomId room{};
  signaling::TrackHandle track{};
  ShardIndex from{};
};

/// Subscribers on the sender, merged into one, need a keyframe of a track that the receiver
/// publishes.
struct KeyframeAsked {
  signaling::RoomId room{};
  signaling::TrackHandle track{};
  media::EncodingId encoding{};
  metrics::KeyframeCause cause{};
};

/// Subscribers on `from` have use for so many encodings of a simulcast track that the receiver
/// publishes, counted from the smallest; none of them did before the first of these came.
struct EncodingsWanted {
  signaling::RoomId room{};
  signaling::TrackHandle track{};
  ShardIndex from{};
  std::size_t wanted = 0;  ///< 0: nobody there is shown anything
};

/// The server stops.
struct ShutDown {};

using ShardMessage = std::variant<RoomRequest, RoomNews, InterestBegan, InterestEnded,
                                  KeyframeAsked, EncodingsWanted, ShutDown>;

/// What crosses to another shard through a ring: a frame of a track that has subscribers there, or,
/// when `group` is set, the way to the present of all its encodings, each from its keyframe on.
struct Crossing {
  signaling::RoomId room{};
  signaling::TrackHandle track{};
  media::FrameRef frame;
  std::unique_ptr<const std::vector<media::FrameRef>> group;
};
static_assert(std::is_nothrow_move_constructible_v<Crossing>);

}  // namespace sluice::sfu
