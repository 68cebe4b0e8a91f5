#include "client/flight/flight_text.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <tuple>

namespace sluice::client {
namespace {

using Json = nlohmann::ordered_json;

std::string line(const char* format, auto... values) {
  std::array<char, 512> text{};
  std::snprintf(text.data(), text.size(), format, values...);
  return text.data();
}

std::string seconds(double ms) { return line("%.1f", ms / 1000); }

/// What a reason means for who has not read delivery.md.
const char* meaning_of(media::LeftOut reason) {
  switch (reason) {
    case media::LeftOut::kThinned:
      return "an enhancement layer that the link does not carry";
    case media::LeftOut::kExpired:
      return "too late, or sure to be";
    case media::LeftOut::kSuperseded:
      return "a newer keyframe made it worthless";
    case media::LeftOut::kAbandoned:
      return "given up half-way";
    case media::LeftOut::kOverflowed:
      return "the queue was full";
    case media::LeftOut::kOrphaned:
      break;
  }
  return "a frame that it needs was left out";
}

/// `84 of 90 sent, 30 of them late; left out: 6 thinned`.
std::string tally_text(const FrameTally& tally) {
  std::string text = line("%llu of %llu sent", static_cast<unsigned long long>(tally.sent()),
                          static_cast<unsigned long long>(tally.all()));
  if (tally.later > 0) {
    text += line(", %llu after a wait", static_cast<unsigned long long>(tally.later));
  }
  if (tally.all_left_out() > 0) text += "; left out: " + reasons_text(tally);
  if (tally.background > 0) {
    text += line("; and %llu of an encoding that was only prepared",
                 static_cast<unsigned long long>(tally.background));
  }
  return text;
}

FrameTally tally_between(const TrackStory& track, double from_ms, double to_ms) {
  FrameTally tally;
  const auto first = std::ranges::lower_bound(
      track.frames, from_ms, {}, [](const FrameStory& frame) { return frame.offered->at_ms; });
  for (auto frame = first; frame != track.frames.end() && frame->offered->at_ms < to_ms; ++frame) {
    tally.add(*frame);
  }
  return tally;
}

std::string encoding_name(const FlightLog::Track& track, unsigned encoding) {
  for (const FlightLog::Encoding& each : track.encodings) {
    if (each.encoding == encoding) return line("%ux%u", each.width, each.height);
  }
  return line("encoding %u", encoding);
}

std::string change_text(const FlightLog::Track& track, const FlightLog::EncodingChange& change) {
  const std::string from = encoding_name(track, change.from);
  const std::string to = encoding_name(track, change.to);
  switch (change.step) {
    case media::EncodingStep::kSwitch:
      return from + " gives way to " + to + ", which the link carries better";
    case media::EncodingStep::kTry:
      return to + " is tried out beside " + from;
    case media::EncodingStep::kFetch:
      return "the link carries " + to + ": its keyframe is fetched";
    case media::EncodingStep::kCommit:
      return to + " is shown from here on";
    case media::EncodingStep::kAbort:
      break;
  }
  return to + " is given up, " + from + " goes on";
}

/// Things worth a line of their own, in order.
struct Remark {
  double at_ms = 0;
  std::string text;
};

std::vector<Remark> remarks_of(const FlightStory& story) {
  std::vector<Remark> remarks;
  for (const TrackStory& each : story.tracks) {
    const FlightLog::Track& track = *each.track;
    const std::string name = name_of(track) + ": ";
    for (const auto& change : track.encoding_changes) {
      remarks.push_back({change.at_ms, name + change_text(track, change)});
    }
    for (const auto& change : track.subscription_changes) {
      if (change.hidden == change.was_hidden) continue;
      remarks.push_back({change.at_ms, name + (change.hidden ? "hidden by the participant"
                                                             : "wanted again by the participant")});
    }
    for (const auto& starved : track.starved) {
      remarks.push_back(
          {starved.at_ms,
           name + (starved.starved ? "paused: the link does not carry even its base layer"
                                   : "live again")});
    }
    for (const auto& asked : track.keyframes_asked) {
      remarks.push_back({asked.at_ms, name + "its publisher is asked for a keyframe"});
    }
    for (const Freeze& freeze : each.freezes) {
      remarks.push_back(
          {freeze.from_ms,
           name +
               line("the picture stands still for %.1f s", (freeze.to_ms - freeze.from_ms) / 1000) +
               (freeze.over ? "" : " and longer") + ", because " + freeze.because});
    }
  }
  std::ranges::sort(remarks, {},
                    [](const Remark& each) { return std::tie(each.at_ms, each.text); });
  return remarks;
}

/// What was known of the link last in [from_ms, to_ms).
const FlightLog::Link* last_link(const FlightLog& log, double from_ms, double to_ms) {
  const FlightLog::Link* const link = link_at(log, std::nextafter(to_ms, 0));
  return link == nullptr || link->at_ms < from_ms ? nullptr : link;
}

std::string link_text(const FlightLog& log, double from_ms, double to_ms) {
  const auto rate = delivered_bps(log, from_ms, to_ms);
  const FlightLog::Link* const link = last_link(log, from_ms, to_ms);
  if (link == nullptr) return "       -      -      -      -";
  const std::string shown = rate ? line("%.0f", *rate / 1000) : "-";
  const std::string cap = link->cap_bytes ? line("%.1f", *link->cap_bytes / 1000.0) : "-";
  return line("%8s %6.0f %6s %6.1f%s", shown.c_str(), link->queueing_delay_ms, cap.c_str(),
              link->in_flight_bytes / 1000.0, link->outage ? " OUTAGE" : "");
}

bool eventful(const FlightStory& story, double from_ms, double to_ms) {
  for (const TrackStory& track : story.tracks) {
    const FrameTally tally = tally_between(track, from_ms, to_ms);
    if (tally.later > 0 || tally.all_left_out() > 0) return true;
  }
  const FlightLog::Link* const link = last_link(*story.log, from_ms, to_ms);
  return link != nullptr && link->congested;
}

/// Short, and nothing was lost.
bool passing(const FlightStory& story, const Congestion& congestion) {
  constexpr double kMomentMs = 500;
  return congestion.to_ms - congestion.from_ms < kMomentMs &&
         std::ranges::none_of(
             story.tracks,
             [&](const TrackStory& track) {
               return tally_between(track, congestion.from_ms, congestion.to_ms).all_left_out() > 0;
             });
}

std::string cause_text(const FlightStory& story, const TrackStory& track, const FrameStory& frame) {
  const FlightLog::Fate& fate = *frame.fate;
  std::string text =
      line("left out at %.3f s, %.0f ms after it came, as %s: %s.\n", fate.at_ms / 1000,
           fate.at_ms - frame.offered->at_ms, name_of(fate.reason), meaning_of(fate.reason));
  if (fate.to_deadline_ms >= 0) {
    text += line("    %.0f ms were left until its deadline;", fate.to_deadline_ms);
  } else {
    text += line("    It was %.0f ms past its deadline;", -fate.to_deadline_ms);
  }
  text += line(" %u bytes of the track waited", fate.queued_bytes);
  const FlightLog::Link* const link = link_at(*story.log, fate.at_ms);
  if (link != nullptr && link->bits_per_second) {
    const auto rate = static_cast<double>(*link->bits_per_second);
    text += line(", which take %.0f ms of the link alone (%.0f kbit/s)",
                 fate.queued_bytes * 8000.0 / rate, rate / 1000);
  }
  text += ".\n";
  const FlightLog::Socket* const socket = socket_at(*story.log, fate.at_ms);
  const bool for_its_age =
      fate.reason == media::LeftOut::kThinned || fate.reason == media::LeftOut::kExpired;
  if (for_its_age && link != nullptr && socket != nullptr) {
    text += line("    Once on its way it would still have taken about %.0f ms.\n",
                 socket->min_round_trip_ms / 2 + link->queueing_delay_ms);
  }
  for (const std::uint32_t needed : frame.offered->needs) {
    for (const FrameStory& other : track.frames) {
      const bool same =
          other.offered->number == needed && other.offered->encoding == frame.offered->encoding;
      if (same && other.end == FrameEnd::kLeftOut) {
        text += line("    Frame %u, which it needs, was left out as %s.\n", needed,
                     name_of(other.fate->reason));
      }
    }
  }
  return text;
}

std::string end_text(const FlightStory& story, const TrackStory& track, const FrameStory& frame) {
  const FlightLog::Offered& offered = *frame.offered;
  switch (frame.end) {
    case FrameEnd::kAtOnce:
      return "sent at once, within 20 ms.\n";
    case FrameEnd::kLater: {
      std::string text = line("sent whole at %.3f s, %.0f ms after it came",
                              frame.fate->at_ms / 1000, frame.fate->waited_ms);
      if (frame.begun != nullptr) {
        text += line("; its first bytes after %.0f ms", frame.begun->waited_ms);
      }
      const double to_deadline =
          offered.at_ms - offered.late_ms + track.track->latency_budget_ms - frame.fate->at_ms;
      return text + line(to_deadline >= 0 ? "; %.0f ms before its deadline.\n"
                                          : "; %.0f ms past its deadline, to be decoded only.\n",
                         std::abs(to_deadline));
    }
    case FrameEnd::kLeftOut:
      return cause_text(story, track, frame);
    case FrameEnd::kOther:
      return "not for this participant: another encoding was shown, or its layer not asked for.\n";
    case FrameEnd::kNotWanted:
      return "not wanted: the track was hidden or not subscribed.\n";
    case FrameEnd::kUnderWay:
      return "waiting, or on its way, when the log ends.\n";
    case FrameEnd::kUnknown:
      break;
  }
  return "from before what is remembered.\n";
}

std::string frame_block(const FlightStory& story, const TrackStory& track,
                        const FrameStory& frame) {
  const FlightLog::Offered& offered = *frame.offered;
  const std::string kind =
      track.track->video
          ? line("%s%s, layer %u, ", offered.keyframe ? "keyframe of " : "",
                 encoding_name(*track.track, offered.encoding).c_str(), offered.layer)
          : std::string{};
  std::string text =
      line("%s, frame %u (%s%u bytes), offered at %.3f s", name_of(*track.track).c_str(),
           offered.number, kind.c_str(), offered.bytes, offered.at_ms / 1000);
  if (offered.late_ms >= 1) text += line(", %.0f ms late from its publisher", offered.late_ms);
  text += ":\n  " + end_text(story, track, frame);
  const double at_ms = frame.fate != nullptr ? frame.fate->at_ms : offered.at_ms;
  const FlightLog::Link* const link = link_at(*story.log, at_ms);
  const FlightLog::Socket* const socket = socket_at(*story.log, at_ms);
  constexpr double kFreshMs = 200;
  if (link != nullptr && socket != nullptr && at_ms - link->at_ms < kFreshMs) {
    text += line(
        "    The link then: %.0f ms of queue, %.1f kB on their way, cap %s kB, unsent in "
        "the kernel %u bytes,\n    round trip %.0f ms (smallest %.0f).\n",
        link->queueing_delay_ms, link->in_flight_bytes / 1000.0,
        link->cap_bytes ? line("%.1f", *link->cap_bytes / 1000.0).c_str() : "off",
        socket->unsent_bytes, socket->round_trip_ms, socket->min_round_trip_ms);
  }
  return text;
}

Json to_json(const FrameTally& tally) {
  Json left_out = Json::object();
  for (std::size_t reason = 0; reason < tally.left_out.size(); ++reason) {
    if (tally.left_out[reason] == 0) continue;
    left_out[name_of(static_cast<media::LeftOut>(reason))] = tally.left_out[reason];
  }
  return {{"at_once", tally.at_once},
          {"later", tally.later},
          {"background", tally.background},
          {"left_out", std::move(left_out)}};
}

}  // namespace

std::string name_of(const FlightLog::Track& track) {
  return line("%s %u", track.source.c_str(), track.handle);
}

std::string summary_text(const FlightStory& story) {
  const FlightLog& log = *story.log;
  std::string text = line("Session %s, %.0f s from %s; times are seconds from then.\n",
                          log.session.c_str(), log.length_ms / 1000, log.begins_utc.c_str());
  if (story.tracks.empty()) {
    return text + "This participant is subscribed to nothing, so nothing was sent to it.\n";
  }
  if (story.begin_ms > 0) {
    text += "This participant came at " + seconds(story.begin_ms) + ".\n";
  }
  if (log.known_from_ms > 0) {
    text += "Decisions before " + seconds(log.known_from_ms) + " are forgotten.\n";
  }
  std::size_t silent = 0;
  for (const TrackStory& each : story.tracks) {
    if (each.frames.empty()) {
      ++silent;
      continue;
    }
    text +=
        line("  %-16s %s", (name_of(*each.track) + ":").c_str(), tally_text(each.tally).c_str());
    if (!each.freezes.empty()) {
      double frozen = 0;
      for (const Freeze& freeze : each.freezes) frozen += freeze.to_ms - freeze.from_ms;
      text += line("; %zu freeze%s, %.1f s", each.freezes.size(),
                   each.freezes.size() == 1 ? "" : "s", frozen / 1000);
    }
    text += '\n';
  }
  if (silent > 0) text += line("  and %zu tracks that were silent\n", silent);
  text += '\n';
  if (story.congestions.empty()) {
    return text +
           "The link took everything at once: what this participant misses was lost before "
           "the server\nor behind it.\n";
  }
  std::size_t moments = 0;
  for (const Congestion& each : story.congestions) {
    if (passing(story, each)) {
      ++moments;
      continue;
    }
    text += line("%s-%s s: the link ", seconds(each.from_ms).c_str(), seconds(each.to_ms).c_str());
    text += each.delivered_bps ? line("delivered %.0f kbit/s of %.0f offered",
                                      *each.delivered_bps / 1000, each.offered_bps / 1000)
                               : "was busy for a moment";
    text += line("; its queue held up to %.0f ms%s\n", each.queueing_delay_most_ms,
                 each.outage ? "; for a while it took nothing at all" : "");
    for (const TrackStory& track : story.tracks) {
      const FrameTally tally = tally_between(track, each.from_ms, each.to_ms);
      if (tally.all_left_out() == 0 && tally.later == 0) continue;
      text += "    " + name_of(*track.track) + ": " + tally_text(tally) + '\n';
    }
    for (const TrackStory& track : story.tracks) {
      for (const Freeze& freeze : track.freezes) {
        if (freeze.to_ms < each.from_ms || freeze.from_ms > each.to_ms) continue;
        text += line("    %s-%s s: %s stood still for %.1f s, because ",
                     seconds(freeze.from_ms).c_str(), seconds(freeze.to_ms).c_str(),
                     name_of(*track.track).c_str(), (freeze.to_ms - freeze.from_ms) / 1000) +
                freeze.because + '\n';
      }
    }
  }
  if (moments > 0) {
    text += line("%zu moment%s of less than half a second in which something had to wait\n",
                 moments, moments == 1 ? "" : "s");
  }
  return text;
}

std::string timeline_text(const FlightStory& story) {
  const FlightLog& log = *story.log;
  const std::vector<Remark> remarks = remarks_of(story);
  std::string text =
      "    s   kbit/s  queue    cap  in flight\n"
      "         acked     ms     kB     kB   tracks: sent (after a wait), left out\n";
  auto remark = remarks.begin();
  const auto whole_seconds = static_cast<int>(std::ceil(log.length_ms / 1000));
  const auto first_second = static_cast<int>(story.begin_ms / 1000);
  int quiet_since = first_second;
  const auto end_quiet = [&](int second) {
    if (second > quiet_since) {
      text += line("%5d-%d: everything at once\n", quiet_since, second);
    }
  };
  for (int second = first_second; second < whole_seconds; ++second) {
    const double from_ms = second * 1000.0;
    const double to_ms = from_ms + 1000;
    const bool remarkable = remark != remarks.end() && remark->at_ms < to_ms;
    if (!remarkable && !eventful(story, from_ms, to_ms)) continue;
    end_quiet(second);
    quiet_since = second + 1;
    text += line("%5d %s ", second, link_text(log, from_ms, to_ms).c_str());
    for (const TrackStory& track : story.tracks) {
      const FrameTally tally = tally_between(track, from_ms, to_ms);
      if (tally.all() == 0) continue;
      text += line(" %s: %llu", name_of(*track.track).c_str(),
                   static_cast<unsigned long long>(tally.sent()));
      if (tally.later > 0) text += line(" (%llu)", static_cast<unsigned long long>(tally.later));
      if (tally.all_left_out() > 0) text += ", " + reasons_text(tally);
      text += ';';
    }
    if (text.back() == ';') text.pop_back();
    text += '\n';
    for (; remark != remarks.end() && remark->at_ms < to_ms; ++remark) {
      text += line("      %6.2f  ", remark->at_ms / 1000) + remark->text + '\n';
    }
  }
  end_quiet(whole_seconds);
  return text;
}

std::string frame_text(const FlightStory& story, std::uint32_t number,
                       std::optional<unsigned> track) {
  std::string text;
  for (const TrackStory& each : story.tracks) {
    if (track && each.track->handle != *track) continue;
    for (const FrameStory& frame : each.frames) {
      if (frame.offered->number == number) text += frame_block(story, each, frame);
    }
  }
  return text;
}

std::string moment_text(const FlightStory& story, double at_ms) {
  std::string text;
  for (const TrackStory& each : story.tracks) {
    const auto next = std::ranges::upper_bound(
        each.frames, at_ms, {}, [](const FrameStory& frame) { return frame.offered->at_ms; });
    // Of the encodings that were offered together, the one that was meant for this participant.
    const auto rest = std::ranges::subrange(each.frames.begin(), next);
    const auto meant = std::find_if(
        std::make_reverse_iterator(rest.end()), std::make_reverse_iterator(rest.begin()),
        [](const FrameStory& frame) { return frame.end != FrameEnd::kOther; });
    if (meant != std::make_reverse_iterator(rest.begin())) text += frame_block(story, each, *meant);
  }
  return text;
}

Json story_json(const FlightStory& story) {
  const FlightLog& log = *story.log;
  Json congestions = Json::array();
  for (const Congestion& each : story.congestions) {
    Json json{{"from_s", each.from_ms / 1000},
              {"to_s", each.to_ms / 1000},
              {"offered_bps", std::llround(each.offered_bps)},
              {"queueing_delay_most_ms", each.queueing_delay_most_ms},
              {"outage", each.outage}};
    if (each.delivered_bps) json["delivered_bps"] = std::llround(*each.delivered_bps);
    congestions.push_back(std::move(json));
  }
  Json tracks = Json::array();
  for (const TrackStory& each : story.tracks) {
    Json freezes = Json::array();
    for (const Freeze& freeze : each.freezes) {
      freezes.push_back({{"from_s", freeze.from_ms / 1000},
                         {"to_s", freeze.to_ms / 1000},
                         {"over", freeze.over},
                         {"because", freeze.because},
                         {"offered", to_json(freeze.offered)}});
    }
    Json rows = Json::array();
    for (double from_ms = 0; from_ms < log.length_ms; from_ms += 1000) {
      const FrameTally tally = tally_between(each, from_ms, from_ms + 1000);
      if (tally.all() == 0) continue;
      Json row = to_json(tally);
      row["from_s"] = from_ms / 1000;
      rows.push_back(std::move(row));
    }
    tracks.push_back({{"track", each.track->handle},
                      {"source", each.track->source},
                      {"frames", to_json(each.tally)},
                      {"freezes", std::move(freezes)},
                      {"seconds", std::move(rows)}});
  }
  Json remarks = Json::array();
  for (const Remark& each : remarks_of(story)) {
    remarks.push_back({{"at_s", each.at_ms / 1000}, {"text", each.text}});
  }
  return {{"session", log.session},
          {"begins_utc", log.begins_utc},
          {"length_s", log.length_ms / 1000},
          {"participant_came_s", story.begin_ms / 1000},
          {"known_from_s", log.known_from_ms / 1000},
          {"congestions", std::move(congestions)},
          {"tracks", std::move(tracks)},
          {"remarks", std::move(remarks)}};
}

}  // namespace sluice::client
