#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "signaling/ids.h"
#include "signaling/limits.h"
#include "signaling/message.h"
#include "signaling/protocol_error.h"
#include "signaling/subscription_settings.h"
#include "signaling/track_info.h"

namespace sluice::signaling {

// Every control message that a client sends. Source: docs/protocol.md section 4.

/// `hello`, the first message: the versions that the client speaks.
struct ClientHello {
  std::vector<std::uint32_t> versions;
  std::optional<std::string> client;  ///< name and version, for logs

  friend bool operator==(const ClientHello&, const ClientHello&) = default;
};

struct Join {
  std::string room;  ///< must be the token's room when the token names one
  std::optional<std::string> name;
  std::optional<std::string> identity;
  std::optional<std::string> token;
  std::optional<std::string> metadata;
  bool auto_subscribe = true;
  bool lanes = false;  ///< asks for the key that a lane attaches with

  friend bool operator==(const Join&, const Join&) = default;
};

/// `attach`, in place of `join`: this connection is to be a lane of a participant.
struct Attach {
  std::string room;
  ParticipantId participant;
  std::string key;  ///< what `joined` or `lane_closed` gave the participant; lets in once

  friend bool operator==(const Attach&, const Attach&) = default;
};

struct Publish {
  TrackDescription track;
  friend bool operator==(const Publish&, const Publish&) = default;
};

struct Unpublish {
  TrackId track;
  friend bool operator==(const Unpublish&, const Unpublish&) = default;
};

struct Subscribe {
  TrackId track;
  SubscriptionSettings settings;
  friend bool operator==(const Subscribe&, const Subscribe&) = default;
};

struct Unsubscribe {
  TrackId track;
  friend bool operator==(const Unsubscribe&, const Unsubscribe&) = default;
};

/// `keyframe` from a subscriber: it cannot go on without one.
struct KeyframeRequest {
  TrackId track;
  friend bool operator==(const KeyframeRequest&, const KeyframeRequest&) = default;
};

struct Mute {
  TrackId track;
  bool muted = false;
  friend bool operator==(const Mute&, const Mute&) = default;
};

/// What became of a track's frames at the receiver since the connection began.
struct TrackReport {
  TrackHandle handle{};
  std::uint64_t decoded = 0;
  std::uint64_t shown = 0;
  std::uint64_t late = 0;         ///< decoded too late to show
  std::uint64_t undecodable = 0;  ///< a dependency was missing
  std::chrono::milliseconds playout_delay{0};

  friend bool operator==(const TrackReport&, const TrackReport&) = default;
};

/// `report`: how far the client has read the media that the server sent it.
struct ClientReport {
  std::uint64_t received_bytes = 0;  ///< of media messages since the connection began
  std::vector<TrackReport> tracks;

  friend bool operator==(const ClientReport&, const ClientReport&) = default;
};

using ClientBody =
    std::variant<ClientHello, Join, Attach, Publish, Unpublish, Subscribe, Unsubscribe,
                 KeyframeRequest, Mute, ClientReport, Ping, Pong, Goodbye>;
using ClientMessage = Message<ClientBody>;

/// Reads one control message of a client; never throws, whatever the bytes.
///
/// Errors: kTooLarge (over `limits.control_bytes`), kBadMessage, kInvalidField, kUnknownType,
///         kUnknownRequired. An error carries the message's `id` where it could be read.
[[nodiscard]] std::expected<ClientMessage, ProtocolError> parse_client_message(
    std::string_view text, const Limits& limits);

/// The message as one line of JSON; bytes that are not UTF-8 are replaced by U+FFFD.
[[nodiscard]] std::string serialise(const ClientMessage& message);

}  // namespace sluice::signaling
