#include "tests/bench/load/load_member.h"

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>
#include <span>
#include <stdexcept>

#include "media/big_endian.h"

namespace sluice::bench {
namespace {

using nlohmann::json;
using namespace std::chrono_literals;

json hello() { return {{"type", "hello"}, {"versions", {1}}, {"client", "sluice-bench"}}; }

}  // namespace

media::Time load_now() {
  return media::Time{std::chrono::duration_cast<media::Duration>(
      std::chrono::steady_clock::now().time_since_epoch())};
}

LoadMember::LoadMember(const Target& target, Role role, Tally& tally)
    : wire_{target.wire}, role_{role}, tally_{tally}, connection_{target} {}

void LoadMember::join(const std::string& room) {
  if (wire_ == Wire::kLimit) {
    connection_.send_bytes((role_.subscribes ? "s" : "p") + room + "\n");
    joined_ = true;
    return;
  }
  connection_.send_control(hello().dump());
  connection_.send_control(
      json{{"type", "join"}, {"room", room}, {"auto_subscribe", role_.subscribes}}.dump());
}

void LoadMember::publish_camera(std::size_t encodings) {
  if (wire_ == Wire::kLimit) {
    published_.push_back(1);
    return;
  }
  json camera{{"type", "publish"}, {"kind", "video"}, {"source", "camera"},  {"codec", "vp8"},
              {"width", 1280},     {"height", 720},   {"temporal_layers", 1}};
  for (std::size_t encoding = 0; encoding < encodings && encodings > 1; ++encoding) {
    camera["encodings"].push_back({{"encoding", encoding},
                                   {"width", encoding == 0 ? 320 : 1280},
                                   {"height", encoding == 0 ? 180 : 720},
                                   {"bitrate_bps", encoding == 0 ? 150'000 : 1'000'000}});
  }
  connection_.send_control(camera.dump());
}

void LoadMember::publish_microphone() {
  connection_.send_control(json{{"type", "publish"},
                                {"kind", "audio"},
                                {"source", "microphone"},
                                {"codec", "opus"},
                                {"sample_rate", 48000},
                                {"channels", 1}}
                               .dump());
}

void LoadMember::add_source(std::size_t published, media::EncodingId encoding,
                            MediaSource::Shape shape, media::Time start) {
  sources_.emplace_back(media::TrackHandle{published_.at(published)}, encoding, shape, start);
}

media::Time LoadMember::due() const {
  media::Time earliest = media::Time::max();
  for (const MediaSource& source : sources_) earliest = std::min(earliest, source.due());
  return earliest;
}

void LoadMember::send_due() {
  MediaSource& next = *std::ranges::min_element(sources_, {}, &MediaSource::due);
  connection_.send_media(next.next(load_now()));
}

void LoadMember::read() {
  connection_.read([this](const CutMessage& message) {
    if (message.media) {
      on_media(message);
    } else {
      on_control(message.bytes);
    }
  });
  if (role_.reports) report();
}

void LoadMember::on_control(std::string_view text) {
  // In a room of a thousand, half a million of these come while it fills.
  if (text.starts_with(R"({"type":"participant_)")) {
    ++comings_and_goings_;
    return;
  }
  const json message = json::parse(text);
  const auto type = message.at("type").get<std::string>();
  if (type == "joined") {
    joined_ = true;
  } else if (type == "published") {
    published_.push_back(message.at("track").at("handle").get<std::uint16_t>());
  } else if (type == "subscribed") {
    ++subscribed_;
  } else if (type == "report_interval") {
    report_interval_ =
        std::chrono::milliseconds{message.at("report_interval_ms").get<std::int64_t>()};
  } else if (type == "ping") {
    connection_.send_control(json{{"type", "pong"}, {"reply_to", message.at("id")}}.dump());
  } else if (type == "keyframe") {
    // Of a simulcast track all encodings make one: the server says which, by a track id that the
    // handles here do not know; rare enough not to matter.
    for (MediaSource& source : sources_) source.request_keyframe();
  } else if (type == "error" || type == "goodbye") {
    throw std::runtime_error("the server says: " + std::string{text});
  }
}

void LoadMember::on_media(const CutMessage& message) {
  constexpr std::uint8_t kFirst = 0x01;
  constexpr std::uint8_t kLast = 0x02;
  received_bytes_ += message.length;
  media::BigEndianReader reader{std::as_bytes(std::span{message.bytes})};
  const std::uint8_t flags = reader.u8();
  const std::uint8_t layers = reader.u8();
  const std::size_t handle = reader.u16();
  const media::FrameNumber number = reader.u32();
  reader.u32();  // offset
  if (incoming_.size() <= handle) incoming_.resize(handle + 1);
  Incoming& incoming = incoming_[handle];
  if ((flags & kFirst) != 0) {
    reader.u32();  // length
    incoming.capture_us = static_cast<std::int64_t>(reader.u64());
  }
  if ((flags & kLast) == 0) return;
  // Frame numbers are those of an encoding: a change of it counts anew.
  const std::uint8_t encoding = layers >> 4;
  const bool follows = incoming.started && incoming.encoding == encoding;
  const media::FrameNumber skipped = follows ? number - incoming.number - 1 : 0;
  incoming.encoding = encoding;
  incoming.number = number;
  incoming.started = true;
  const media::Time captured{media::Duration{incoming.capture_us}};
  if (captured < tally_.counts_from || captured >= tally_.counts_until) return;
  tally_.lost += skipped;
  ++tally_.delivered;
  if (tally_.delivered_by_handle.size() <= handle) tally_.delivered_by_handle.resize(handle + 1);
  ++tally_.delivered_by_handle[handle];
  const std::int64_t age = load_now().time_since_epoch().count() - incoming.capture_us;
  tally_.ages_us.push_back(static_cast<std::uint32_t>(std::max<std::int64_t>(age, 0)));
}

void LoadMember::report() {
  const media::Time now = load_now();
  if (received_bytes_ == reported_bytes_ || now - last_report_ < report_interval_) return;
  last_report_ = now;
  reported_bytes_ = received_bytes_;
  connection_.send_control(json{{"type", "report"}, {"received_bytes", received_bytes_}}.dump());
}

}  // namespace sluice::bench
