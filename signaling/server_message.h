#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "signaling/error_code.h"
#include "signaling/ids.h"
#include "signaling/limits.h"
#include "signaling/message.h"
#include "signaling/participant_info.h"
#include "signaling/permissions.h"
#include "signaling/protocol_error.h"
#include "signaling/track_info.h"
#include "signaling/track_state.h"

namespace sluice::signaling {

// Every control message that the server sends. Source: docs/protocol.md section 4.

/// `hello`: the version that both speak from here on, and the server's limits and intervals.
struct ServerHello {
  std::uint32_t version = 1;
  std::string server;  ///< name and version, for logs
  Limits limits;
  std::chrono::milliseconds ping_interval{2000};
  std::chrono::milliseconds timeout{10000};
  std::chrono::milliseconds report_interval{50};
  std::optional<std::string> session;  ///< what the server calls this connection in its log

  friend bool operator==(const ServerHello&, const ServerHello&) = default;
};

/// `joined`: the whole state of the room.
struct Joined {
  std::string room;
  ParticipantInfo participant;                ///< yourself
  std::vector<ParticipantInfo> participants;  ///< the others
  Permissions permissions;
  std::optional<std::string>
      lane;  ///< the key of `Attach`, for who asked and where there are lanes

  friend bool operator==(const Joined&, const Joined&) = default;
};

/// `attached`: this connection is a lane of `participant` now.
struct Attached {
  ParticipantId participant;
  friend bool operator==(const Attached&, const Attached&) = default;
};

/// `lane_closed` to the participant: its lane is gone, what it carried comes here again.
struct LaneClosed {
  std::string lane;  ///< the key for another one
  friend bool operator==(const LaneClosed&, const LaneClosed&) = default;
};

struct ParticipantJoined {
  ParticipantInfo participant;
  friend bool operator==(const ParticipantJoined&, const ParticipantJoined&) = default;
};

/// Its tracks are gone with it; no `track_unpublished` comes for them.
struct ParticipantLeft {
  ParticipantId participant;
  GoodbyeReason reason{};
  friend bool operator==(const ParticipantLeft&, const ParticipantLeft&) = default;
};

struct Published {
  TrackInfo track;
  friend bool operator==(const Published&, const Published&) = default;
};

struct Unpublished {
  TrackId track;
  friend bool operator==(const Unpublished&, const Unpublished&) = default;
};

struct TrackPublished {
  ParticipantId participant;
  TrackInfo track;
  friend bool operator==(const TrackPublished&, const TrackPublished&) = default;
};

/// Ends its subscriptions too; no `unsubscribed` comes for them.
struct TrackUnpublished {
  ParticipantId participant;
  TrackId track;
  friend bool operator==(const TrackUnpublished&, const TrackUnpublished&) = default;
};

struct Subscribed {
  TrackId track;
  TrackHandle handle{};
  friend bool operator==(const Subscribed&, const Subscribed&) = default;
};

struct Unsubscribed {
  TrackId track;
  friend bool operator==(const Unsubscribed&, const Unsubscribed&) = default;
};

/// `keyframe` to a publisher: make one of this encoding soon.
struct KeyframeOrder {
  TrackId track;
  std::uint8_t encoding = 0;
  friend bool operator==(const KeyframeOrder&, const KeyframeOrder&) = default;
};

/// `demand` to the publisher of a simulcast track: the encodings that some subscriber may be sent.
/// The others need not be encoded; one that comes back begins with a keyframe.
struct Demand {
  TrackId track;
  std::vector<std::uint8_t> encodings;  ///< ascending
  friend bool operator==(const Demand&, const Demand&) = default;
};

struct Muted {
  ParticipantId participant;
  TrackId track;
  bool muted = false;
  friend bool operator==(const Muted&, const Muted&) = default;
};

/// `report`: how far the server has read the media that this client publishes.
struct ServerReport {
  std::uint64_t received_bytes = 0;  ///< of media messages since the connection began
  friend bool operator==(const ServerReport&, const ServerReport&) = default;
};

/// `report_interval`: the client shall report this often from here on.
struct ReportInterval {
  std::chrono::milliseconds interval{};
  friend bool operator==(const ReportInterval&, const ReportInterval&) = default;
};

/// The server stopped or resumed sending a track to this subscriber.
struct TrackStateChanged {
  TrackId track;
  TrackState state{};
  TrackStateReason reason{};
  friend bool operator==(const TrackStateChanged&, const TrackStateChanged&) = default;
};

/// `error`; `reply_to` of the message names the request that failed, where there was one.
struct ErrorReport {
  ErrorCode code{};
  std::string message;
  bool fatal = false;
  friend bool operator==(const ErrorReport&, const ErrorReport&) = default;
};

using ServerBody =
    std::variant<ServerHello, Joined, ParticipantJoined, ParticipantLeft, Published, Unpublished,
                 TrackPublished, TrackUnpublished, Subscribed, Unsubscribed, KeyframeOrder, Demand,
                 Muted, ServerReport, ReportInterval, TrackStateChanged, Attached, LaneClosed,
                 ErrorReport, Ping, Pong, Goodbye>;
using ServerMessage = Message<ServerBody>;

/// Reads one control message of the server, for clients; never throws, whatever the bytes.
///
/// Names and metadata are not held to limits: the client knows those only from `hello`.
/// Errors: kTooLarge (over `bytes_max`), kBadMessage, kInvalidField, kUnknownType,
///         kUnknownRequired.
[[nodiscard]] std::expected<ServerMessage, ProtocolError> parse_server_message(
    std::string_view text, std::size_t bytes_max);

/// The message as one line of JSON; bytes that are not UTF-8 are replaced by U+FFFD.
[[nodiscard]] std::string serialise(const ServerMessage& message);

/// A participant as `joined` lists it.
[[nodiscard]] std::string serialise(const ParticipantInfo& participant);

/// `joined` with `others` in place of its participants: each serialised before, with commas
/// between. In a room of a thousand, the thousand objects are most of what it costs to let somebody
/// in.
[[nodiscard]] std::string serialise_joined(const Joined& joined, std::string_view others,
                                           std::optional<std::uint64_t> reply_to);

/// The `error` message for `error`.
[[nodiscard]] ServerMessage error_message(const ProtocolError& error);

}  // namespace sluice::signaling
