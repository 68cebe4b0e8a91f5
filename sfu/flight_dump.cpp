#include "sfu/flight_dump.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <variant>

namespace sluice::sfu {
namespace {

using Json = nlohmann::ordered_json;
using media::Time;

double milliseconds(std::int64_t microseconds) { return static_cast<double>(microseconds) / 1000; }

std::string name_of(signaling::SessionId session) {
  return std::to_string(static_cast<std::uint64_t>(session));
}

Json to_json(const media::EgressCounters::OfKind& counters) {
  Json left_out = Json::object();
  for (std::size_t reason = 0; reason < counters.left_out.size(); ++reason) {
    left_out[media::name_of(static_cast<media::LeftOut>(reason))] = counters.left_out[reason];
  }
  return {{"frames_sent", counters.frames_sent},
          {"bytes_sent", counters.bytes_sent},
          {"left_out", std::move(left_out)}};
}

Json to_json(const FlightSession& session) {
  Json json{{"session", name_of(session.session)},
            {"congested", session.congested},
            {"records", session.records},
            {"subscriptions", session.subscriptions},
            {"published", session.published},
            {"audio", to_json(session.totals.of(media::MediaKind::kAudio))},
            {"video", to_json(session.totals.of(media::MediaKind::kVideo))}};
  if (session.last_record_ago) {
    json["last_record_ago_ms"] = milliseconds(session.last_record_ago->count());
  }
  return json;
}

std::string utc(std::chrono::system_clock::time_point time) {
  const auto since = std::chrono::floor<std::chrono::milliseconds>(time.time_since_epoch());
  const std::time_t seconds = std::chrono::floor<std::chrono::seconds>(since).count();
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  std::array<char, 40> text{};
  const std::size_t length = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S", &parts);
  std::snprintf(text.data() + length, text.size() - length, ".%03dZ",
                static_cast<int>(since.count() % 1000));
  return text.data();
}

/// Writes the lines of one dump; times count from the first moment that is remembered.
class LineWriter {
 public:
  explicit LineWriter(const FlightDump& dump) : dump_{dump}, begin_{dump.now - dump.kept} {}

  [[nodiscard]] std::string write() && {
    line(head());
    for (const FlightDump::Track& track : dump_.tracks) {
      for (const media::OfferedFrame& frame : track.offered) offered(track, frame);
    }
    for (const media::FlightRecord& record : dump_.records) {
      if (record.time < begin_) continue;
      std::visit([&](const auto& event) { this->record(record.time, event); }, record.event);
    }
    return std::move(text_);
  }

 private:
  void line(const Json& json) {
    text_ += json.dump();
    text_ += '\n';
  }
  [[nodiscard]] double at(Time time) const { return milliseconds((time - begin_).count()); }
  [[nodiscard]] Json begin(const char* event, Time time) const {
    return {{"e", event}, {"t", at(time)}};
  }
  [[nodiscard]] Json begin(const char* event, Time time, const media::FrameName& frame) const {
    return {{"e", event},
            {"t", at(time)},
            {"track", static_cast<unsigned>(frame.track)},
            {"enc", static_cast<unsigned>(frame.encoding)},
            {"n", frame.number},
            {"layer", frame.temporal_layer}};
  }
  [[nodiscard]] Json begin(const char* event, Time time, media::TrackHandle track) const {
    return {{"e", event}, {"t", at(time)}, {"track", static_cast<unsigned>(track)}};
  }

  [[nodiscard]] Json head() const {
    Json tracks = Json::array();
    for (const FlightDump::Track& track : dump_.tracks) tracks.push_back(head(track));
    // Before the oldest record nothing is known once records were overwritten.
    const double known_from = dump_.records_overwritten && !dump_.records.empty()
                                  ? std::max(at(dump_.records.front().time), 0.0)
                                  : 0;
    Json json{{"format", "sluice-flight"},
              {"version", kFlightFormatVersion},
              {"session", name_of(dump_.summary.session)},
              {"begins_utc",
               utc(dump_.wall_now -
                   std::chrono::duration_cast<std::chrono::system_clock::duration>(dump_.kept))},
              {"length_ms", milliseconds(dump_.kept.count())},
              {"known_from_ms", known_from},
              {"congested", dump_.summary.congested},
              {"totals",
               {{"audio", to_json(dump_.summary.totals.of(media::MediaKind::kAudio))},
                {"video", to_json(dump_.summary.totals.of(media::MediaKind::kVideo))}}},
              {"tracks", std::move(tracks)}};
    return json;
  }

  [[nodiscard]] Json head(const FlightDump::Track& track) const {
    Json encodings = Json::array();
    for (const signaling::EncodingInfo& each : track.encodings) {
      encodings.push_back({{"enc", each.encoding},
                           {"width", each.width},
                           {"height", each.height},
                           {"bitrate_bps", each.bitrate_bps}});
    }
    const double offered_from = track.offered_overwritten && !track.offered.empty()
                                    ? std::max(at(track.offered.front().arrival), 0.0)
                                    : 0;
    return {{"track", static_cast<unsigned>(track.handle)},
            {"source", signaling::to_string(track.source)},
            {"muted", track.muted},
            {"temporal_layers", track.temporal_layers},
            {"encodings", std::move(encodings)},
            {"subscribed_ms", std::max(at(track.since), 0.0)},
            {"offered_from_ms", offered_from},
            {"latency_budget_ms", milliseconds(track.settings.latency_budget.count())},
            {"max_layer", track.settings.max_temporal_layer},
            {"priority", track.settings.priority},
            {"hidden", track.settings.hidden},
            {"simulcast", track.settings.simulcast},
            {"largest_enc", static_cast<unsigned>(track.largest)},
            {"shown_enc", static_cast<unsigned>(track.shown)},
            {"starved", track.starved}};
  }

  void offered(const FlightDump::Track& track, const media::OfferedFrame& frame) {
    if (frame.arrival < begin_) return;
    Json json = begin("offered", frame.arrival,
                      {.number = frame.number,
                       .track = media::TrackHandle{static_cast<std::uint16_t>(track.handle)},
                       .encoding = frame.encoding,
                       .temporal_layer = frame.temporal_layer});
    json["bytes"] = frame.length;
    json["late_ms"] = static_cast<double>(frame.lateness_100us) / 10;
    if (frame.group_low != 0) json["group"] = frame.group_low;
    if (frame.keyframe) json["key"] = true;
    if (frame.discardable) json["discardable"] = true;
    if (frame.dependency_count > 0) {
      const auto kept =
          std::min<std::size_t>(frame.dependency_count, media::OfferedFrame::kDependencies);
      Json& needs = json["needs"] = Json::array();
      for (std::size_t index = 0; index < kept; ++index) {
        needs.push_back(frame.number - frame.dependency_deltas[index]);
      }
    }
    line(json);
  }

  void record(Time time, const media::FrameBegun& begun) {
    Json json = begin("begun", time, begun.frame);
    json["waited_ms"] = milliseconds(begun.waited_us);
    line(json);
  }
  void record(Time time, const media::FrameSent& sent) {
    Json json = begin("sent", time, sent.frame);
    json["waited_ms"] = milliseconds(sent.waited_us);
    line(json);
  }
  void record(Time time, const media::FrameLeftOut& left_out) {
    Json json = begin("left_out", time, left_out.frame);
    json["why"] = media::name_of(left_out.reason);
    json["to_deadline_ms"] = milliseconds(left_out.to_deadline_us);
    json["queued_bytes"] = left_out.queued_bytes;
    line(json);
  }
  void record(Time time, const media::EncodingChange& change) {
    Json json = begin("encoding", time, change.track);
    json["step"] = media::name_of(change.step);
    json["from"] = static_cast<unsigned>(change.from);
    json["to"] = static_cast<unsigned>(change.to);
    line(json);
  }
  void record(Time time, const media::KeyframeAsked& asked) {
    Json json = begin("keyframe_asked", time, asked.track);
    json["enc"] = static_cast<unsigned>(asked.encoding);
    line(json);
  }
  void record(Time time, const media::TrackStarved& starved) {
    Json json = begin("starved", time, starved.track);
    json["starved"] = starved.starved;
    line(json);
  }
  void record(Time time, const media::SubscriptionChange& change) {
    Json json = begin("subscription", time, change.track);
    json["was_hidden"] = change.was_hidden;
    json["hidden"] = change.hidden;
    json["was_max_layer"] = change.was_max_temporal_layer;
    json["max_layer"] = change.max_temporal_layer;
    line(json);
  }
  void record(Time time, const media::SocketSeen& socket) {
    Json json = begin("socket", time);
    json["outstanding"] = socket.outstanding_bytes;
    json["unsent"] = socket.unsent_bytes;
    json["acked"] = socket.acked_bytes_low;
    json["rtt_ms"] = milliseconds(socket.round_trip_us);
    json["min_rtt_ms"] = milliseconds(socket.min_round_trip_us);
    line(json);
  }
  void record(Time time, const media::LinkBelief& belief) {
    Json json = begin("link", time);
    if (belief.bytes_per_second > 0) json["bps"] = std::uint64_t{belief.bytes_per_second} * 8;
    if (belief.cap_bytes > 0) json["cap"] = belief.cap_bytes;
    json["in_flight"] = belief.in_flight_bytes;
    json["queue_ms"] = milliseconds(belief.queueing_delay_us);
    json["congested"] = belief.congested;
    if (belief.outage) json["outage"] = true;
    line(json);
  }
  void record(Time time, const media::ReportSeen& report) {
    Json json = begin("report", time);
    json["received"] = report.received_bytes_low;
    line(json);
  }

  const FlightDump& dump_;
  Time begin_;
  std::string text_;
};

}  // namespace

std::string to_json_lines(const FlightDump& dump) { return LineWriter{dump}.write(); }

std::string to_json(std::span<const FlightSession> sessions) {
  std::vector<const FlightSession*> sorted;
  for (const FlightSession& session : sessions) sorted.push_back(&session);
  std::ranges::sort(sorted, {}, [](const FlightSession* session) {
    return std::pair{session->last_record_ago.value_or(media::Duration::max()), session->session};
  });
  Json list = Json::array();
  for (const FlightSession* session : sorted) list.push_back(to_json(*session));
  return Json{{"format", "sluice-flight-sessions"},
              {"version", kFlightFormatVersion},
              {"sessions", std::move(list)}}
             .dump() +
         "\n";
}

}  // namespace sluice::sfu
