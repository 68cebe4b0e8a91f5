#include "client/flight/flight_log.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "signaling/json_reader.h"

namespace sluice::client {
namespace {

using Json = nlohmann::json;

// A day: ten minutes are the most that a server remembers.
constexpr double kTimeMostMs = 86'400'000;
constexpr std::size_t kTracksMax = 512;
constexpr std::size_t kTextMax = 64;

/// Reads members of one line and remembers the first that is wrong.
class Members {
 public:
  explicit Members(const Json& object) : object_{object} {}

  [[nodiscard]] const std::string& fault() const { return fault_; }

  double number(const char* name, double min, double max) {
    const Json* const value = find(name);
    if (value == nullptr) return fail(name, "is missing"), min;
    if (!value->is_number()) return fail(name, "is no number"), min;
    const auto number = value->get<double>();
    if (!std::isfinite(number) || number < min || number > max) {
      return fail(name, "is out of its range"), min;
    }
    return number;
  }
  double time(const char* name) { return number(name, 0, kTimeMostMs); }
  template <typename Integer>
  Integer integer(const char* name, double max = std::numeric_limits<Integer>::max()) {
    return static_cast<Integer>(number(name, 0, max));
  }
  template <typename Integer>
  Integer integer_or(const char* name, Integer otherwise) {
    return find(name) == nullptr ? otherwise : integer<Integer>(name);
  }
  bool boolean_or(const char* name, bool otherwise) {
    const Json* const value = find(name);
    if (value == nullptr) return otherwise;
    if (!value->is_boolean()) return fail(name, "is neither true nor false"), otherwise;
    return value->get<bool>();
  }
  std::string text(const char* name) {
    const Json* const value = find(name);
    if (value == nullptr || !value->is_string()) return fail(name, "is no text"), std::string{};
    const auto& text = value->get_ref<const std::string&>();
    // It is shown on a terminal.
    const bool plain = std::ranges::all_of(text, [](char c) { return c > ' ' && c < '\x7f'; });
    if (!plain || text.size() > kTextMax) return fail(name, "is no short word"), std::string{};
    return text;
  }
  /// A word of `count` that `name_of` knows.
  template <typename Word, typename NameOf>
  Word word(const char* name, std::size_t count, NameOf name_of) {
    const std::string spelled = text(name);
    for (std::size_t index = 0; index < count; ++index) {
      const auto word = static_cast<Word>(index);
      if (spelled == name_of(word)) return word;
    }
    fail(name, "is none of the words that are known");
    return {};
  }
  const Json* list(const char* name, std::size_t count_max) {
    const Json* const value = find(name);
    if (value == nullptr) return nullptr;
    if (!value->is_array() || value->size() > count_max) {
      return fail(name, "is no list of a sensible length"), nullptr;
    }
    return value;
  }
  void fail(const char* name, const char* what) {
    if (fault_.empty()) fault_ = std::string{name} + " " + what;
  }

 private:
  [[nodiscard]] const Json* find(const char* name) const {
    const auto found = object_.find(name);
    return found == object_.end() ? nullptr : &*found;
  }

  const Json& object_;
  std::string fault_;
};

FlightLog::Track read_track(const Json& object, std::string& fault) {
  Members members{object};
  FlightLog::Track track{.handle = members.integer<std::uint16_t>("track"),
                         .source = members.text("source")};
  track.video = track.source == "camera" || track.source == "screen";
  track.muted = members.boolean_or("muted", false);
  track.subscribed_ms = members.time("subscribed_ms");
  track.offered_from_ms = members.time("offered_from_ms");
  track.latency_budget_ms = members.time("latency_budget_ms");
  track.max_layer = members.integer<unsigned>("max_layer", 15);
  track.hidden = members.boolean_or("hidden", false);
  track.simulcast = members.boolean_or("simulcast", false);
  track.largest_encoding = members.integer<unsigned>("largest_enc", 15);
  track.shown_encoding = members.integer<unsigned>("shown_enc", 15);
  if (const Json* const encodings = members.list("encodings", 16)) {
    for (const Json& each : *encodings) {
      if (!each.is_object()) {
        members.fail("encodings", "has something else than objects");
        break;
      }
      Members of_encoding{each};
      track.encodings.push_back(
          {.encoding = of_encoding.integer<unsigned>("enc", 15),
           .width = of_encoding.integer<std::uint32_t>("width"),
           .height = of_encoding.integer<std::uint32_t>("height"),
           .bitrate_bps = of_encoding.integer<std::uint64_t>("bitrate_bps", 1e12)});
      if (fault.empty()) fault = of_encoding.fault();
    }
  }
  if (fault.empty()) fault = members.fault();
  return track;
}

std::string read_head(const Json& object, FlightLog& log) {
  Members members{object};
  if (members.text("format") != "sluice-flight") {
    return "this is no flight log: its first line has no \"format\":\"sluice-flight\"";
  }
  const auto version = members.integer<unsigned>("version");
  if (version != 1) {
    return "the log has version " + std::to_string(version) + ", this program reads version 1";
  }
  log.session = members.text("session");
  log.begins_utc = members.text("begins_utc");
  log.length_ms = members.time("length_ms");
  log.known_from_ms = members.time("known_from_ms");
  std::string fault;
  if (const Json* const tracks = members.list("tracks", kTracksMax)) {
    for (const Json& each : *tracks) {
      if (!each.is_object()) return "tracks has something else than objects";
      FlightLog::Track track = read_track(each, fault);
      if (!fault.empty()) return fault;
      if (log.track(track.handle) != nullptr) return "a track is there twice";
      log.tracks.push_back(std::move(track));
    }
  }
  return members.fault();
}

std::string read_offered(Members& members, FlightLog::Track& track) {
  FlightLog::Offered frame{.at_ms = members.time("t"),
                           .encoding = members.integer<unsigned>("enc", 15),
                           .number = members.integer<std::uint32_t>("n"),
                           .layer = members.integer<unsigned>("layer", 15),
                           .bytes = members.integer<std::uint32_t>("bytes"),
                           .late_ms = members.time("late_ms"),
                           .keyframe = members.boolean_or("key", false),
                           .discardable = members.boolean_or("discardable", false),
                           .needs = {}};
  if (const Json* const needs = members.list("needs", media::OfferedFrame::kDependencies)) {
    for (const Json& each : *needs) {
      if (!each.is_number_unsigned() ||
          each.get<std::uint64_t>() > std::numeric_limits<std::uint32_t>::max()) {
        return "needs has something else than frame numbers";
      }
      frame.needs.push_back(each.get<std::uint32_t>());
    }
  }
  track.offered.push_back(std::move(frame));
  return members.fault();
}

std::string read_fate(Members& members, FlightLog::Deed deed, FlightLog::Track& track) {
  FlightLog::Fate fate{.at_ms = members.time("t"),
                       .deed = deed,
                       .encoding = members.integer<unsigned>("enc", 15),
                       .number = members.integer<std::uint32_t>("n"),
                       .layer = members.integer<unsigned>("layer", 15)};
  if (deed == FlightLog::Deed::kLeftOut) {
    fate.reason = members.word<media::LeftOut>("why", media::kLeftOutReasons,
                                               [](media::LeftOut each) { return name_of(each); });
    fate.to_deadline_ms = members.number("to_deadline_ms", -kTimeMostMs, kTimeMostMs);
    fate.queued_bytes = members.integer<std::uint32_t>("queued_bytes");
  } else {
    fate.waited_ms = members.time("waited_ms");
  }
  track.fates.push_back(fate);
  return members.fault();
}

std::string read_of_track(const std::string& event, Members& members, FlightLog::Track& track) {
  if (event == "offered") return read_offered(members, track);
  if (event == "begun") return read_fate(members, FlightLog::Deed::kBegun, track);
  if (event == "sent") return read_fate(members, FlightLog::Deed::kSent, track);
  if (event == "left_out") return read_fate(members, FlightLog::Deed::kLeftOut, track);
  const double at_ms = members.time("t");
  if (event == "encoding") {
    track.encoding_changes.push_back(
        {.at_ms = at_ms,
         .step = members.word<media::EncodingStep>(
             "step", media::kEncodingSteps, [](media::EncodingStep each) { return name_of(each); }),
         .from = members.integer<unsigned>("from", 15),
         .to = members.integer<unsigned>("to", 15)});
  } else if (event == "subscription") {
    track.subscription_changes.push_back(
        {.at_ms = at_ms,
         .was_hidden = members.boolean_or("was_hidden", false),
         .hidden = members.boolean_or("hidden", false),
         .was_max_layer = members.integer<unsigned>("was_max_layer", 15),
         .max_layer = members.integer<unsigned>("max_layer", 15)});
  } else if (event == "starved") {
    track.starved.push_back({.at_ms = at_ms, .starved = members.boolean_or("starved", false)});
  } else if (event == "keyframe_asked") {
    track.keyframes_asked.push_back(
        {.at_ms = at_ms, .encoding = members.integer<unsigned>("enc", 15)});
  }
  return members.fault();
}

std::string read_line(const Json& object, FlightLog& log) {
  Members members{object};
  const std::string event = members.text("e");
  if (event == "socket") {
    log.sockets.push_back({.at_ms = members.time("t"),
                           .outstanding_bytes = members.integer<std::uint32_t>("outstanding"),
                           .unsent_bytes = members.integer<std::uint32_t>("unsent"),
                           .acked_bytes = members.integer<std::uint32_t>("acked"),
                           .round_trip_ms = members.time("rtt_ms"),
                           .min_round_trip_ms = members.time("min_rtt_ms")});
    return members.fault();
  }
  if (event == "link") {
    FlightLog::Link link{.at_ms = members.time("t"),
                         .in_flight_bytes = members.integer<std::uint32_t>("in_flight"),
                         .queueing_delay_ms = members.time("queue_ms"),
                         .congested = members.boolean_or("congested", false),
                         .outage = members.boolean_or("outage", false)};
    if (object.contains("bps")) link.bits_per_second = members.integer<std::uint64_t>("bps", 1e12);
    if (object.contains("cap")) link.cap_bytes = members.integer<std::uint32_t>("cap");
    log.links.push_back(link);
    return members.fault();
  }
  if (!members.fault().empty() || !object.contains("track")) return members.fault();
  const auto handle = members.integer<std::uint16_t>("track");
  if (!members.fault().empty()) return members.fault();
  const auto track = std::ranges::find(log.tracks, handle, &FlightLog::Track::handle);
  return track == log.tracks.end() ? std::string{} : read_of_track(event, members, *track);
}

void sort_by_time(FlightLog& log) {
  const auto by_time = [](auto& events) {
    // As the server writes them they are in order, and what happened at once stays as it is.
    const auto at = [](const auto& event) { return event.at_ms; };
    if (!std::ranges::is_sorted(events, {}, at)) std::ranges::sort(events, {}, at);
  };
  for (FlightLog::Track& track : log.tracks) {
    by_time(track.offered);
    by_time(track.fates);
    by_time(track.encoding_changes);
    by_time(track.subscription_changes);
    by_time(track.starved);
    by_time(track.keyframes_asked);
  }
  by_time(log.sockets);
  by_time(log.links);
}

}  // namespace

const FlightLog::Track* FlightLog::track(unsigned handle) const {
  const auto found = std::ranges::find(tracks, handle, &Track::handle);
  return found == tracks.end() ? nullptr : &*found;
}

std::expected<FlightLog, std::string> parse_flight_log(std::string_view text) {
  if (text.size() > kFlightLogBytesMax) return std::unexpected{"the log is larger than 256 MiB"};
  FlightLog log;
  std::size_t number = 0;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    ++number;
    const auto object = signaling::parse_json_object(line);
    const auto fail = [number](const std::string& what) {
      return std::unexpected{"line " + std::to_string(number) + ": " + what};
    };
    if (!object) {
      return fail(number == 1 ? "this is no flight log, but something else than lines of JSON"
                              : "this is no JSON object; is the file cut off?");
    }
    const std::string fault = number == 1 ? read_head(*object, log) : read_line(*object, log);
    if (!fault.empty()) return fail(fault);
  }
  if (number == 0) return std::unexpected{"the log is empty"};
  sort_by_time(log);
  return log;
}

}  // namespace sluice::client
