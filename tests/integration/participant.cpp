#include "tests/integration/participant.h"

#include <poll.h>

#include <algorithm>

namespace sluice::integration {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

Participant::Participant(std::uint16_t port, const Options& options)
    : options_{options}, wire_{port, options.wire}, allowance_from_{steady_clock::now()} {
  wire_.open();
}

Json Participant::join(const std::string& room, const Json& members) {
  say_hello();
  Json message{{"type", "join"}, {"room", room}};
  message.update(members);
  return request(message);
}

Json Participant::attach(const std::string& room, const Json& participant, const Json& key) {
  say_hello();
  return request({{"type", "attach"}, {"room", room}, {"participant", participant}, {"key", key}});
}

void Participant::say_hello() {
  send({{"type", "hello"}, {"versions", {1}}, {"client", "integration-test/1"}});
}

media::TrackHandle Participant::publish(const Json& description) {
  Json message = description;
  message["type"] = "publish";
  const Json reply = request(message);
  if (reply.value("type", "") != "published") {
    faults_.push_back("publish was answered with " + reply.dump());
    return media::TrackHandle{};
  }
  return media::TrackHandle{reply["track"]["handle"].get<std::uint16_t>()};
}

Json Participant::request(Json message) {
  const std::int64_t id = next_id_++;
  message["id"] = id;
  send(message);
  Json reply;
  wait_until(
      [&] {
        const auto found = std::ranges::find_if(
            controls_, [&](const Json& control) { return control.value("reply_to", -1) == id; });
        if (found == controls_.end()) return false;
        reply = *found;
        controls_.erase(found);
        return true;
      },
      milliseconds{5000});
  return reply;
}

void Participant::send(const Json& message) { wire_.send_text(message.dump()); }

void Participant::turn() {
  read();
  while (!wire_.inbox().empty()) {
    const WireMessage message = std::move(wire_.inbox().front());
    wire_.inbox().pop_front();
    receive(message);
  }
  report(steady_clock::now());
}

void Participant::read() {
  if (options_.read_bytes_per_second == 0) {
    wire_.read();
    return;
  }
  const SteadyTime now = steady_clock::now();
  const auto per_second = static_cast<double>(options_.read_bytes_per_second);
  allowance_bytes_ += per_second * std::chrono::duration<double>(now - allowance_from_).count();
  allowance_from_ = now;
  // A link does not save up: what was not used within 10 ms is gone.
  allowance_bytes_ = std::min(allowance_bytes_, per_second / 100);
  if (allowance_bytes_ < 1) return;
  allowance_bytes_ -= static_cast<double>(wire_.read(static_cast<std::size_t>(allowance_bytes_)));
}

void Participant::receive(const WireMessage& message) {
  if (!message.binary) {
    const Json control = Json::parse(message.bytes, nullptr, false);
    if (!control.is_object()) {
      faults_.push_back("not a JSON object: " + message.bytes);
      return;
    }
    if (control.value("type", "") == "ping") {
      send({{"type", "pong"}, {"reply_to", control["id"]}});
    } else {
      controls_.push_back(control);
    }
    return;
  }
  media_bytes_ += message.bytes.size();
  const auto chunk = media::parse_chunk(std::as_bytes(std::span{message.bytes}));
  if (!chunk) {
    faults_.push_back(std::string{"bad media from the server: "} + describe(chunk.error()));
    return;
  }
  tracks_[chunk->header.track].receive(*chunk, message.arrived);
}

void Participant::report(SteadyTime now) {
  const bool due = media_bytes_ > reported_bytes_ && now - reported_ >= milliseconds{50};
  if (!options_.reports || !due || wire_.closed()) return;
  send({{"type", "report"}, {"received_bytes", media_bytes_}});
  reported_bytes_ = media_bytes_;
  reported_ = now;
}

std::optional<Json> Participant::take(const std::string& type) {
  const auto found = std::ranges::find_if(
      controls_, [&](const Json& control) { return control.value("type", "") == type; });
  if (found == controls_.end()) return std::nullopt;
  Json control = std::move(*found);
  controls_.erase(found);
  return control;
}

Json Participant::wait_for(const std::string& type) {
  std::optional<Json> found;
  wait_until([&] { return (found = take(type)).has_value(); }, milliseconds{5000});
  return found.value_or(Json{});
}

bool Participant::wait_until(const std::function<bool()>& holds, milliseconds timeout) {
  const SteadyTime deadline = steady_clock::now() + timeout;
  for (;;) {
    turn();
    if (holds()) return true;
    if (steady_clock::now() > deadline) return false;
    if (wire_.closed()) {
      poll(nullptr, 0, 1);
    } else {
      (void)wire_.wait_readable(milliseconds{10});
    }
  }
}

std::vector<std::string> Participant::faults() const {
  std::vector<std::string> all = faults_;
  for (const auto& [handle, track] : tracks_) {
    all.insert(all.end(), track.faults().begin(), track.faults().end());
  }
  return all;
}

std::size_t Participant::take_keyframe_requests() {
  std::size_t count = 0;
  while (take("keyframe")) ++count;
  return count;
}

Json camera_track(int temporal_layers) {
  return {{"kind", "video"}, {"source", "camera"}, {"codec", "vp8"},
          {"width", 640},    {"height", 360},      {"temporal_layers", temporal_layers}};
}

Json microphone_track() {
  return {{"kind", "audio"},
          {"source", "microphone"},
          {"codec", "opus"},
          {"sample_rate", 48000},
          {"channels", 1}};
}

}  // namespace sluice::integration
