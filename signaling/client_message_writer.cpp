#include <utility>

#include "signaling/client_message.h"
#include "signaling/message_json.h"
#include "signaling/room_state_json.h"

namespace sluice::signaling {

namespace {

using Json = nlohmann::ordered_json;

struct TypeOf {
  std::string_view operator()(const ClientHello&) const { return "hello"; }
  std::string_view operator()(const Join&) const { return "join"; }
  std::string_view operator()(const Attach&) const { return "attach"; }
  std::string_view operator()(const Publish&) const { return "publish"; }
  std::string_view operator()(const Unpublish&) const { return "unpublish"; }
  std::string_view operator()(const Subscribe&) const { return "subscribe"; }
  std::string_view operator()(const Unsubscribe&) const { return "unsubscribe"; }
  std::string_view operator()(const KeyframeRequest&) const { return "keyframe"; }
  std::string_view operator()(const Mute&) const { return "mute"; }
  std::string_view operator()(const ClientReport&) const { return "report"; }
  std::string_view operator()(const Ping&) const { return "ping"; }
  std::string_view operator()(const Pong&) const { return "pong"; }
  std::string_view operator()(const Goodbye&) const { return "goodbye"; }
};

struct MemberWriter {
  Json& json;

  void operator()(const ClientHello& hello) const {
    json["versions"] = hello.versions;
    optional("client", hello.client);
  }
  void operator()(const Join& join) const {
    json["room"] = join.room;
    optional("name", join.name);
    optional("identity", join.identity);
    optional("token", join.token);
    optional("metadata", join.metadata);
    json["auto_subscribe"] = join.auto_subscribe;
    if (join.lanes) json["lanes"] = true;
  }
  void operator()(const Attach& attach) const {
    json["room"] = attach.room;
    json["participant"] = attach.participant.value;
    json["key"] = attach.key;
  }
  void operator()(const Publish& publish) const { write(publish.track, json); }
  void operator()(const Unpublish& unpublish) const { json["track"] = unpublish.track.value; }
  void operator()(const Subscribe& subscribe) const {
    const SubscriptionSettings& settings = subscribe.settings;
    json["track"] = subscribe.track.value;
    optional("max_width", settings.max_width);
    optional("max_height", settings.max_height);
    optional("max_temporal_layer", settings.max_temporal_layer);
    optional("priority", settings.priority);
    if (settings.latency_budget) json["latency_budget_ms"] = settings.latency_budget->count();
  }
  void operator()(const Unsubscribe& unsubscribe) const { json["track"] = unsubscribe.track.value; }
  void operator()(const KeyframeRequest& request) const { json["track"] = request.track.value; }
  void operator()(const Mute& mute) const {
    json["track"] = mute.track.value;
    json["muted"] = mute.muted;
  }
  void operator()(const ClientReport& report) const {
    json["received_bytes"] = report.received_bytes;
    if (report.tracks.empty()) return;
    auto& tracks = json["tracks"] = Json::array();
    for (const TrackReport& track : report.tracks) {
      Json entry;
      entry["handle"] = static_cast<std::uint16_t>(track.handle);
      entry["decoded"] = track.decoded;
      entry["shown"] = track.shown;
      entry["late"] = track.late;
      entry["undecodable"] = track.undecodable;
      entry["playout_delay_ms"] = track.playout_delay.count();
      tracks.push_back(std::move(entry));
    }
  }
  void operator()(const Ping&) const {}
  void operator()(const Pong&) const {}
  void operator()(const Goodbye& goodbye) const { json["reason"] = to_string(goodbye.reason); }

  template <typename Value>
  void optional(const char* name, const std::optional<Value>& value) const {
    if (value) json[name] = *value;
  }
};

}  // namespace

std::string serialise(const ClientMessage& message) {
  Json json = begin_object(message, std::visit(TypeOf{}, message.body));
  std::visit(MemberWriter{json}, message.body);
  return to_text(json);
}

}  // namespace sluice::signaling
