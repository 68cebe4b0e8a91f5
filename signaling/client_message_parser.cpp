#include <array>
#include <chrono>
#include <utility>

#include "signaling/client_message.h"
#include "signaling/message_json.h"
#include "signaling/room_state_json.h"

namespace sluice::signaling {

namespace {

constexpr std::size_t kVersionsMax = 32;
constexpr std::size_t kTrackReportsMax = 1024;
constexpr std::uint64_t kPixelsMax = 16384;
constexpr std::uint64_t kPlayoutDelayMaxMs = 60000;
constexpr std::size_t kLaneKeyBytesMax = 128;  // ours are shorter

using Text = ObjectReader::Text;

ObjectReader::TextRule name_rule(const Limits& limits, std::size_t bytes_min) {
  return {.bytes_min = bytes_min, .bytes_max = limits.name_bytes, .text = Text::kNoControl};
}

ClientBody read_hello(ObjectReader& reader, const Limits& limits) {
  ClientHello hello;
  hello.versions = reader.integers("versions", kVersionsMax);
  hello.client = reader.optional_text("client", name_rule(limits, 0));
  return hello;
}

ClientBody read_join(ObjectReader& reader, const Limits& limits) {
  Join join;
  join.room = reader.text("room", name_rule(limits, 1));
  join.name = reader.optional_text("name", name_rule(limits, 0));
  join.identity = reader.optional_text("identity", name_rule(limits, 1));
  join.token = reader.optional_text("token", {.text = Text::kPrintableAscii});
  join.metadata = reader.optional_text("metadata", {.bytes_max = limits.metadata_bytes});
  join.auto_subscribe = reader.boolean_or("auto_subscribe", true);
  join.lanes = reader.boolean_or("lanes", false);
  return join;
}

ClientBody read_attach(ObjectReader& reader, const Limits& limits) {
  return Attach{
      .room = reader.text("room", name_rule(limits, 1)),
      .participant = read_participant_id(reader),
      .key = reader.text("key", {.bytes_max = kLaneKeyBytesMax, .text = Text::kPrintableAscii})};
}

ClientBody read_publish(ObjectReader& reader, const Limits&) {
  return Publish{read_track_description(reader)};
}

ClientBody read_unpublish(ObjectReader& reader, const Limits&) {
  return Unpublish{read_track_id(reader)};
}

ClientBody read_subscribe(ObjectReader& reader, const Limits&) {
  Subscribe subscribe{.track = read_track_id(reader), .settings = {}};
  SubscriptionSettings& settings = subscribe.settings;
  settings.max_width = reader.optional_integer<std::uint32_t>("max_width", 0, kPixelsMax);
  settings.max_height = reader.optional_integer<std::uint32_t>("max_height", 0, kPixelsMax);
  settings.max_temporal_layer = reader.optional_integer<std::uint8_t>("max_temporal_layer", 0, 7);
  settings.priority = reader.optional_integer<std::uint8_t>("priority", 1, 255);
  const auto budget_ms = reader.optional_integer<std::uint32_t>("latency_budget_ms", 20, 10000);
  if (budget_ms) settings.latency_budget = std::chrono::milliseconds{*budget_ms};
  return subscribe;
}

ClientBody read_unsubscribe(ObjectReader& reader, const Limits&) {
  return Unsubscribe{read_track_id(reader)};
}

ClientBody read_keyframe(ObjectReader& reader, const Limits&) {
  return KeyframeRequest{read_track_id(reader)};
}

ClientBody read_mute(ObjectReader& reader, const Limits&) {
  return Mute{.track = read_track_id(reader), .muted = reader.boolean("muted")};
}

TrackReport read_track_report(ObjectReader& reader) {
  TrackReport track;
  track.handle = read_handle(reader, "handle");
  track.decoded = reader.integer<std::uint64_t>("decoded", 0, kJsonIntegerMax);
  track.shown = reader.integer<std::uint64_t>("shown", 0, kJsonIntegerMax);
  track.late = reader.integer<std::uint64_t>("late", 0, kJsonIntegerMax);
  track.undecodable = reader.integer<std::uint64_t>("undecodable", 0, kJsonIntegerMax);
  track.playout_delay = std::chrono::milliseconds{
      reader.integer<std::uint32_t>("playout_delay_ms", 0, kPlayoutDelayMaxMs)};
  return track;
}

ClientBody read_report(ObjectReader& reader, const Limits&) {
  ClientReport report;
  report.received_bytes = reader.integer<std::uint64_t>("received_bytes", 0, kJsonIntegerMax);
  if (reader.has("tracks")) {
    reader.objects("tracks", kTrackReportsMax,
                   [&](ObjectReader& track) { report.tracks.push_back(read_track_report(track)); });
  }
  return report;
}

ClientBody read_ping(ObjectReader&, const Limits&) { return Ping{}; }
ClientBody read_pong(ObjectReader&, const Limits&) { return Pong{}; }

ClientBody read_goodbye(ObjectReader& reader, const Limits&) {
  return Goodbye{reader.word("reason", goodbye_reason_from_string)};
}

using ClientType = MessageType<ClientBody, Limits>;
constexpr std::array<ClientType, std::variant_size_v<ClientBody>> kTypes{{
    {"hello", read_hello},
    {"join", read_join},
    {"attach", read_attach},
    {"publish", read_publish},
    {"unpublish", read_unpublish},
    {"subscribe", read_subscribe},
    {"unsubscribe", read_unsubscribe},
    {"keyframe", read_keyframe},
    {"mute", read_mute},
    {"report", read_report},
    {"ping", read_ping},
    {"pong", read_pong},
    {"goodbye", read_goodbye},
}};

}  // namespace

std::expected<ClientMessage, ProtocolError> parse_client_message(std::string_view text,
                                                                 const Limits& limits) {
  return parse_message<ClientBody, Limits>(text, limits.control_bytes,
                                           std::span<const ClientType>{kTypes}, limits);
}

}  // namespace sluice::signaling
