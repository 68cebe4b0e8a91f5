#include <array>
#include <chrono>
#include <utility>

#include "signaling/message_json.h"
#include "signaling/room_state_json.h"
#include "signaling/server_message.h"

namespace sluice::signaling {

namespace {

// Only stops a broken server; a room's real bound is the server's own.
constexpr std::size_t kParticipantsReadMax = 65535;
constexpr std::size_t kSourcesReadMax = 16;
constexpr std::uint64_t kIntervalMaxMs = 3600000;  // an hour

std::uint32_t read_limit(ObjectReader& reader, const char* name) {
  return reader.integer<std::uint32_t>(name, 1, std::numeric_limits<std::uint32_t>::max());
}

Limits read_limits(ObjectReader reader) {
  Limits limits;
  limits.control_bytes = read_limit(reader, "control_bytes");
  limits.chunk_bytes = read_limit(reader, "chunk_bytes");
  limits.frame_bytes = read_limit(reader, "frame_bytes");
  limits.tracks = read_limit(reader, "tracks");
  limits.name_bytes = read_limit(reader, "name_bytes");
  limits.metadata_bytes = read_limit(reader, "metadata_bytes");
  limits.control_rate = read_limit(reader, "control_rate");
  return limits;
}

std::chrono::milliseconds read_interval(ObjectReader& reader, const char* name) {
  return std::chrono::milliseconds{reader.integer<std::uint32_t>(name, 1, kIntervalMaxMs)};
}

ServerBody read_hello(ObjectReader& reader) {
  ServerHello hello;
  hello.version =
      reader.integer<std::uint32_t>("version", 0, std::numeric_limits<std::uint32_t>::max());
  hello.server = reader.text("server", {});
  hello.limits = read_limits(reader.object("limits"));
  hello.ping_interval = read_interval(reader, "ping_interval_ms");
  hello.timeout = read_interval(reader, "timeout_ms");
  hello.report_interval = read_interval(reader, "report_interval_ms");
  hello.session = reader.optional_text("session", {});
  return hello;
}

Permissions read_permissions(ObjectReader reader) {
  Permissions permissions;
  permissions.can_publish = reader.boolean("can_publish");
  permissions.can_subscribe = reader.boolean("can_subscribe");
  for (const std::string& word : reader.texts("can_publish_sources", kSourcesReadMax, {})) {
    if (const auto source = track_source_from_string(word)) {
      permissions.can_publish_sources.push_back(*source);
    } else {
      reader.fail("can_publish_sources", "holds a source that this version does not know");
    }
  }
  return permissions;
}

ServerBody read_joined(ObjectReader& reader) {
  Joined joined;
  joined.room = reader.text("room", {});
  ObjectReader self = reader.object("participant");
  joined.participant = read_participant_info(self);
  reader.objects("participants", kParticipantsReadMax, [&](ObjectReader& participant) {
    joined.participants.push_back(read_participant_info(participant));
  });
  joined.permissions = read_permissions(reader.object("permissions"));
  joined.lane = reader.optional_text("lane", {});
  return joined;
}

ServerBody read_attached(ObjectReader& reader) { return Attached{read_participant_id(reader)}; }

ServerBody read_lane_closed(ObjectReader& reader) { return LaneClosed{reader.text("lane", {})}; }

ServerBody read_participant_joined(ObjectReader& reader) {
  ObjectReader participant = reader.object("participant");
  return ParticipantJoined{read_participant_info(participant)};
}

ServerBody read_participant_left(ObjectReader& reader) {
  return ParticipantLeft{.participant = read_participant_id(reader),
                         .reason = reader.word("reason", goodbye_reason_from_string)};
}

ServerBody read_published(ObjectReader& reader) {
  return Published{read_track_info(reader.object("track"))};
}

ServerBody read_unpublished(ObjectReader& reader) { return Unpublished{read_track_id(reader)}; }

ServerBody read_track_published(ObjectReader& reader) {
  return TrackPublished{.participant = read_participant_id(reader),
                        .track = read_track_info(reader.object("track"))};
}

ServerBody read_track_unpublished(ObjectReader& reader) {
  return TrackUnpublished{.participant = read_participant_id(reader),
                          .track = read_track_id(reader)};
}

ServerBody read_subscribed(ObjectReader& reader) {
  return Subscribed{.track = read_track_id(reader), .handle = read_handle(reader, "handle")};
}

ServerBody read_unsubscribed(ObjectReader& reader) { return Unsubscribed{read_track_id(reader)}; }

ServerBody read_keyframe(ObjectReader& reader) {
  return KeyframeOrder{.track = read_track_id(reader),
                       .encoding = reader.integer<std::uint8_t>("encoding", 0, 15)};
}

ServerBody read_demand(ObjectReader& reader) {
  Demand demand{.track = read_track_id(reader), .encodings = {}};
  for (const std::uint32_t encoding : reader.integers("encodings", kEncodingsMax)) {
    if (encoding >= kEncodingsMax) reader.fail("encodings", "must hold integers from 0 to 15");
    demand.encodings.push_back(static_cast<std::uint8_t>(encoding));
  }
  return demand;
}

ServerBody read_muted(ObjectReader& reader) {
  return Muted{.participant = read_participant_id(reader),
               .track = read_track_id(reader),
               .muted = reader.boolean("muted")};
}

ServerBody read_report(ObjectReader& reader) {
  return ServerReport{reader.integer<std::uint64_t>("received_bytes", 0, kJsonIntegerMax)};
}

ServerBody read_report_interval(ObjectReader& reader) {
  return ReportInterval{read_interval(reader, "report_interval_ms")};
}

ServerBody read_track_state(ObjectReader& reader) {
  return TrackStateChanged{.track = read_track_id(reader),
                           .state = reader.word("state", track_state_from_string),
                           .reason = reader.word("reason", track_state_reason_from_string)};
}

ServerBody read_error(ObjectReader& reader) {
  return ErrorReport{.code = reader.word("code", error_code_from_string),
                     .message = reader.text("message", {}),
                     .fatal = reader.boolean("fatal")};
}

ServerBody read_ping(ObjectReader&) { return Ping{}; }
ServerBody read_pong(ObjectReader&) { return Pong{}; }

ServerBody read_goodbye(ObjectReader& reader) {
  return Goodbye{reader.word("reason", goodbye_reason_from_string)};
}

using ServerType = MessageType<ServerBody>;
constexpr std::array<ServerType, std::variant_size_v<ServerBody>> kTypes{{
    {"hello", read_hello},
    {"joined", read_joined},
    {"participant_joined", read_participant_joined},
    {"participant_left", read_participant_left},
    {"published", read_published},
    {"unpublished", read_unpublished},
    {"track_published", read_track_published},
    {"track_unpublished", read_track_unpublished},
    {"subscribed", read_subscribed},
    {"unsubscribed", read_unsubscribed},
    {"keyframe", read_keyframe},
    {"demand", read_demand},
    {"muted", read_muted},
    {"report", read_report},
    {"report_interval", read_report_interval},
    {"track_state", read_track_state},
    {"attached", read_attached},
    {"lane_closed", read_lane_closed},
    {"error", read_error},
    {"ping", read_ping},
    {"pong", read_pong},
    {"goodbye", read_goodbye},
}};

}  // namespace

std::expected<ServerMessage, ProtocolError> parse_server_message(std::string_view text,
                                                                 std::size_t bytes_max) {
  return parse_message<ServerBody>(text, bytes_max, std::span<const ServerType>{kTypes});
}

}  // namespace sluice::signaling
