#include <utility>

#include "signaling/message_json.h"
#include "signaling/room_state_json.h"
#include "signaling/server_message.h"

namespace sluice::signaling {

namespace {

using Json = nlohmann::ordered_json;

struct TypeOf {
  std::string_view operator()(const ServerHello&) const { return "hello"; }
  std::string_view operator()(const Joined&) const { return "joined"; }
  std::string_view operator()(const ParticipantJoined&) const { return "participant_joined"; }
  std::string_view operator()(const ParticipantLeft&) const { return "participant_left"; }
  std::string_view operator()(const Published&) const { return "published"; }
  std::string_view operator()(const Unpublished&) const { return "unpublished"; }
  std::string_view operator()(const TrackPublished&) const { return "track_published"; }
  std::string_view operator()(const TrackUnpublished&) const { return "track_unpublished"; }
  std::string_view operator()(const Subscribed&) const { return "subscribed"; }
  std::string_view operator()(const Unsubscribed&) const { return "unsubscribed"; }
  std::string_view operator()(const KeyframeOrder&) const { return "keyframe"; }
  std::string_view operator()(const Demand&) const { return "demand"; }
  std::string_view operator()(const Muted&) const { return "muted"; }
  std::string_view operator()(const ServerReport&) const { return "report"; }
  std::string_view operator()(const ReportInterval&) const { return "report_interval"; }
  std::string_view operator()(const TrackStateChanged&) const { return "track_state"; }
  std::string_view operator()(const Attached&) const { return "attached"; }
  std::string_view operator()(const LaneClosed&) const { return "lane_closed"; }
  std::string_view operator()(const ErrorReport&) const { return "error"; }
  std::string_view operator()(const Ping&) const { return "ping"; }
  std::string_view operator()(const Pong&) const { return "pong"; }
  std::string_view operator()(const Goodbye&) const { return "goodbye"; }
};

Json to_json(const Limits& limits) {
  Json json;
  json["control_bytes"] = limits.control_bytes;
  json["chunk_bytes"] = limits.chunk_bytes;
  json["frame_bytes"] = limits.frame_bytes;
  json["tracks"] = limits.tracks;
  json["name_bytes"] = limits.name_bytes;
  json["metadata_bytes"] = limits.metadata_bytes;
  json["control_rate"] = limits.control_rate;
  return json;
}

Json to_json(const Permissions& permissions) {
  Json json;
  json["can_publish"] = permissions.can_publish;
  json["can_subscribe"] = permissions.can_subscribe;
  auto& sources = json["can_publish_sources"] = Json::array();
  for (const TrackSource source : permissions.can_publish_sources) {
    sources.push_back(to_string(source));
  }
  return json;
}

template <typename Part>
Json object_of(const Part& part) {
  Json json;
  write(part, json);
  return json;
}

struct MemberWriter {
  Json& json;

  void operator()(const ServerHello& hello) const {
    json["version"] = hello.version;
    json["server"] = hello.server;
    json["limits"] = to_json(hello.limits);
    json["ping_interval_ms"] = hello.ping_interval.count();
    json["timeout_ms"] = hello.timeout.count();
    json["report_interval_ms"] = hello.report_interval.count();
    if (hello.session) json["session"] = *hello.session;
  }
  void operator()(const Joined& joined) const {
    write_self(joined);
    auto& participants = json["participants"] = Json::array();
    for (const ParticipantInfo& participant : joined.participants) {
      participants.push_back(object_of(participant));
    }
    write_rights(joined);
  }
  // What comes before the participants, and after.
  void write_self(const Joined& joined) const {
    json["room"] = joined.room;
    json["participant"] = object_of(joined.participant);
  }
  void write_rights(const Joined& joined) const {
    json["permissions"] = to_json(joined.permissions);
    if (joined.lane) json["lane"] = *joined.lane;
  }
  void operator()(const ParticipantJoined& joined) const {
    json["participant"] = object_of(joined.participant);
  }
  void operator()(const ParticipantLeft& left) const {
    json["participant"] = left.participant.value;
    json["reason"] = to_string(left.reason);
  }
  void operator()(const Published& published) const { json["track"] = object_of(published.track); }
  void operator()(const Unpublished& unpublished) const { json["track"] = unpublished.track.value; }
  void operator()(const TrackPublished& published) const {
    json["participant"] = published.participant.value;
    json["track"] = object_of(published.track);
  }
  void operator()(const TrackUnpublished& unpublished) const {
    json["participant"] = unpublished.participant.value;
    json["track"] = unpublished.track.value;
  }
  void operator()(const Subscribed& subscribed) const {
    json["track"] = subscribed.track.value;
    json["handle"] = static_cast<std::uint16_t>(subscribed.handle);
  }
  void operator()(const Unsubscribed& unsubscribed) const {
    json["track"] = unsubscribed.track.value;
  }
  void operator()(const KeyframeOrder& order) const {
    json["track"] = order.track.value;
    json["encoding"] = order.encoding;
  }
  void operator()(const Demand& demand) const {
    json["track"] = demand.track.value;
    auto& encodings = json["encodings"] = Json::array();
    for (const std::uint8_t encoding : demand.encodings) encodings.push_back(encoding);
  }
  void operator()(const Muted& muted) const {
    json["participant"] = muted.participant.value;
    json["track"] = muted.track.value;
    json["muted"] = muted.muted;
  }
  void operator()(const ServerReport& report) const {
    json["received_bytes"] = report.received_bytes;
  }
  void operator()(const ReportInterval& report) const {
    json["report_interval_ms"] = report.interval.count();
  }
  void operator()(const TrackStateChanged& changed) const {
    json["track"] = changed.track.value;
    json["state"] = to_string(changed.state);
    json["reason"] = to_string(changed.reason);
  }
  void operator()(const Attached& attached) const {
    json["participant"] = attached.participant.value;
  }
  void operator()(const LaneClosed& closed) const { json["lane"] = closed.lane; }
  void operator()(const ErrorReport& error) const {
    json["code"] = to_string(error.code);
    json["message"] = error.message;
    json["fatal"] = error.fatal;
  }
  void operator()(const Ping&) const {}
  void operator()(const Pong&) const {}
  void operator()(const Goodbye& goodbye) const { json["reason"] = to_string(goodbye.reason); }
};

}  // namespace

std::string serialise(const ServerMessage& message) {
  Json json = begin_object(message, std::visit(TypeOf{}, message.body));
  std::visit(MemberWriter{json}, message.body);
  return to_text(json);
}

std::string serialise(const ParticipantInfo& participant) {
  return to_text(object_of(participant));
}

std::string serialise_joined(const Joined& joined, std::string_view others,
                             std::optional<std::uint64_t> reply_to) {
  const Message<Joined> message{.id = std::nullopt, .reply_to = reply_to, .body = {}};
  Json before = begin_object(message, TypeOf{}(joined));
  MemberWriter{before}.write_self(joined);
  Json after;
  MemberWriter{after}.write_rights(joined);
  std::string text = to_text(before);
  const std::string rest = to_text(after);
  constexpr std::string_view kOthers = ",\"participants\":[";
  text.reserve(text.size() + kOthers.size() + others.size() + rest.size() + 1);
  // Two objects become one around the list.
  text.pop_back();
  text.append(kOthers).append(others).append("],").append(rest, 1);
  return text;
}

ServerMessage error_message(const ProtocolError& error) {
  return {.id = std::nullopt,
          .reply_to = error.reply_to,
          .body = ErrorReport{.code = error.code, .message = error.message, .fatal = error.fatal}};
}

}  // namespace sluice::signaling
