#include "client/flight/flight_story.h"

#include <algorithm>
#include <cstdio>
#include <numeric>
#include <tuple>
#include <utility>

namespace sluice::client {
namespace {

using Track = FlightLog::Track;

// A link is looked at every 50 ms while it is congested: two congestions that are nearer than this
// are one.
constexpr double kMergedMs = 1000;
// Frames may wait unnoted for as long as this before the log's end.
constexpr double kEndMs = 500;

std::string text(const char* format, auto... values) {
  std::array<char, 256> line{};
  std::snprintf(line.data(), line.size(), format, values...);
  return line.data();
}

/// `1 picture was`, `3 pictures were`.
std::string pictures(std::uint64_t count) {
  return count == 1 ? "1 picture was"
                    : text("%llu pictures were", static_cast<unsigned long long>(count));
}

/// Which encoding a track was shown in when; the changes are walked from what it was at the end.
class ShownEncoding {
 public:
  explicit ShownEncoding(const Track& track) : last_{track.shown_encoding} {
    for (const auto& change : track.encoding_changes) {
      if (change.step == media::EncodingStep::kCommit) {
        moments_.push_back({change.at_ms, change.from});
      } else if (change.step == media::EncodingStep::kSwitch) {
        moments_.push_back({first_keyframe(track, change.to, change.at_ms), change.from});
      }
    }
  }
  [[nodiscard]] unsigned at(double ms) const {
    const auto next = std::ranges::upper_bound(moments_, ms, {}, &Moment::at_ms);
    return next == moments_.end() ? last_ : next->before;
  }

 private:
  struct Moment {
    double at_ms = 0;
    unsigned before = 0;
  };
  /// The old encoding goes on until a keyframe of the new one comes.
  static double first_keyframe(const Track& track, unsigned encoding, double from_ms) {
    for (const FlightLog::Offered& frame : track.offered) {
      if (frame.keyframe && frame.encoding == encoding && frame.at_ms >= from_ms) {
        return frame.at_ms;
      }
    }
    return from_ms;
  }
  std::vector<Moment> moments_;
  unsigned last_;
};

/// What the subscriber wanted of a track when.
class Wanted {
 public:
  explicit Wanted(const Track& track) : track_{track} {}
  [[nodiscard]] bool hidden(double ms) const {
    const auto next = after(ms);
    return next == track_.subscription_changes.end() ? track_.hidden : next->was_hidden;
  }
  [[nodiscard]] unsigned max_layer(double ms) const {
    const auto next = after(ms);
    return next == track_.subscription_changes.end() ? track_.max_layer : next->was_max_layer;
  }

 private:
  [[nodiscard]] std::vector<FlightLog::SubscriptionChange>::const_iterator after(double ms) const {
    return std::ranges::upper_bound(track_.subscription_changes, ms, {},
                                    &FlightLog::SubscriptionChange::at_ms);
  }
  const Track& track_;
};

TrackStory tell_track(const FlightLog& log, const Track& track, bool congested_at_end) {
  TrackStory story{.track = &track};
  struct Fates {
    const FlightLog::Fate* begun = nullptr;
    const FlightLog::Fate* end = nullptr;
  };
  std::map<std::pair<unsigned, std::uint32_t>, Fates> fates;
  for (const FlightLog::Fate& fate : track.fates) {
    Fates& known = fates[{fate.encoding, fate.number}];
    (fate.deed == FlightLog::Deed::kBegun ? known.begun : known.end) = &fate;
  }
  const ShownEncoding shown{track};
  const Wanted wanted{track};
  for (const FlightLog::Offered& offered : track.offered) {
    FrameStory frame{.offered = &offered};
    const auto known = fates.find({offered.encoding, offered.number});
    if (known != fates.end()) {
      frame.begun = known->second.begun;
      frame.fate = known->second.end;
    }
    const bool is_shown = offered.encoding == shown.at(offered.at_ms) || !track.video;
    if (frame.fate != nullptr) {
      frame.end =
          frame.fate->deed == FlightLog::Deed::kSent ? FrameEnd::kLater : FrameEnd::kLeftOut;
      // Of a larger encoding on trial or fetched in the background, what is dropped is no loss.
      if (frame.end == FrameEnd::kLeftOut && !is_shown) frame.end = FrameEnd::kOther;
    } else if (offered.at_ms < track.subscribed_ms || wanted.hidden(offered.at_ms)) {
      frame.end = FrameEnd::kNotWanted;
    } else if (!is_shown || offered.layer > wanted.max_layer(offered.at_ms)) {
      frame.end = FrameEnd::kOther;
    } else if (offered.at_ms < log.known_from_ms) {
      frame.end = FrameEnd::kUnknown;
    } else if (frame.begun != nullptr ||
               (congested_at_end && offered.at_ms > log.length_ms - kEndMs)) {
      frame.end = FrameEnd::kUnderWay;
    } else {
      frame.end = FrameEnd::kAtOnce;
    }
    story.tally.add(frame);
    story.frames.push_back(frame);
  }
  return story;
}

/// Why no picture was sent between two that were, from what became of those between.
std::string reason_of(const FlightLog& log, const TrackStory& story, const Freeze& freeze,
                      const FrameStory* ending) {
  for (const FlightLog::Link& link : log.links) {
    if (link.outage && link.at_ms >= freeze.from_ms && link.at_ms <= freeze.to_ms) {
      return "the link took nothing at all (outage)";
    }
  }
  const auto rate = delivered_bps(log, freeze.from_ms, freeze.to_ms);
  const std::string at = rate ? text(" at %.0f kbit/s", *rate / 1000) : std::string{};
  const auto count = [&](media::LeftOut reason) {
    return freeze.offered.left_out[static_cast<std::size_t>(reason)];
  };
  const bool by_keyframe =
      ending != nullptr && ending->offered->keyframe && ending->fate != nullptr;
  const bool slow_keyframe = by_keyframe && ending->fate->waited_ms > Freeze::kFreezeMs / 2;
  const std::string keyframe =
      slow_keyframe ? text("a keyframe of %.1f kB had gone through in %.1f s",
                           ending->offered->bytes / 1000.0, ending->fate->waited_ms / 1000)
                    : std::string{"a keyframe came"};
  if (const std::uint64_t given_up = count(media::LeftOut::kExpired); given_up > 0) {
    return "the base layer could not arrive in time" + at + ": " +
           pictures(given_up + count(media::LeftOut::kOrphaned)) + " given up" +
           (by_keyframe ? ", until " + keyframe : "");
  }
  if (slow_keyframe) {
    return text("a keyframe of %.1f kB took %.1f s", ending->offered->bytes / 1000.0,
                ending->fate->waited_ms / 1000) +
           at +
           (freeze.offered.all_left_out() > 0
                ? "; meanwhile " + pictures(freeze.offered.all_left_out()) + " left out (" +
                      reasons_text(freeze.offered) + ")"
                : "");
  }
  if (freeze.offered.all_left_out() > 0) {
    return pictures(freeze.offered.all_left_out()) + " left out (" + reasons_text(freeze.offered) +
           ")" + at + (by_keyframe ? ", until " + keyframe : "");
  }
  if (freeze.offered.later > 0) return "the pictures waited for the link" + at;
  return std::ranges::any_of(story.track->encoding_changes,
                             [&](const auto& change) {
                               return change.at_ms >= freeze.from_ms &&
                                      change.at_ms <= freeze.to_ms;
                             })
             ? "the encoding was changed"
             : "its publisher sent pictures of another encoding only";
}

void find_freezes(const FlightLog& log, TrackStory& story) {
  std::vector<const FrameStory*> pictures;
  for (const FrameStory& frame : story.frames) {
    if (frame.end == FrameEnd::kAtOnce || frame.end == FrameEnd::kLater) pictures.push_back(&frame);
  }
  std::ranges::sort(pictures, {}, [](const FrameStory* picture) {
    return std::pair{picture->sent_ms(), picture->offered->at_ms};
  });
  const auto consider = [&](double from_ms, double to_ms, const FrameStory* ending) {
    if (to_ms - from_ms <= Freeze::kFreezeMs) return;
    Freeze freeze{.track = story.track->handle,
                  .from_ms = from_ms,
                  .to_ms = to_ms,
                  .over = ending != nullptr};
    double silent_since = from_ms;
    double longest_silence = 0;
    for (const FrameStory& frame : story.frames) {
      const double at_ms = frame.offered->at_ms;
      if (at_ms <= from_ms || at_ms > to_ms || frame.end == FrameEnd::kNotWanted) continue;
      longest_silence = std::max(longest_silence, at_ms - silent_since);
      silent_since = at_ms;
      freeze.offered.add(frame);
    }
    longest_silence = std::max(longest_silence, to_ms - silent_since);
    // Where nothing was offered nothing froze: a dark camera, a hidden tile, a screen that rests.
    if (to_ms - from_ms - longest_silence <= Freeze::kFreezeMs / 2) return;
    freeze.because = reason_of(log, story, freeze, ending);
    story.freezes.push_back(std::move(freeze));
  };
  for (std::size_t index = 1; index < pictures.size(); ++index) {
    consider(pictures[index - 1]->sent_ms(), pictures[index]->sent_ms(), pictures[index]);
  }
  if (!pictures.empty()) consider(pictures.back()->sent_ms(), log.length_ms, nullptr);
}

double offered_bps(const FlightLog& log, double from_ms, double to_ms) {
  double bytes = 0;
  for (const Track& track : log.tracks) {
    const Wanted wanted{track};
    for (const FlightLog::Offered& frame : track.offered) {
      const bool best = !track.video || frame.encoding == track.largest_encoding;
      const bool inside = frame.at_ms >= from_ms && frame.at_ms < to_ms;
      if (best && inside && !wanted.hidden(frame.at_ms) && frame.at_ms >= track.subscribed_ms) {
        bytes += frame.bytes;
      }
    }
  }
  return to_ms > from_ms ? bytes * 8000 / (to_ms - from_ms) : 0;
}

std::vector<Congestion> find_congestions(const FlightLog& log) {
  std::vector<Congestion> all;
  for (const FlightLog::Link& link : log.links) {
    if (all.empty() || link.at_ms - all.back().to_ms > kMergedMs) {
      if (!link.congested) continue;
      all.push_back({.from_ms = link.at_ms, .to_ms = link.at_ms});
    }
    Congestion& last = all.back();
    last.to_ms = link.at_ms;
    last.queueing_delay_most_ms = std::max(last.queueing_delay_most_ms, link.queueing_delay_ms);
    last.outage = last.outage || link.outage;
  }
  for (Congestion& each : all) {
    each.delivered_bps = delivered_bps(log, each.from_ms, each.to_ms);
    each.offered_bps = offered_bps(log, each.from_ms, each.to_ms);
  }
  return all;
}

template <typename Event>
const Event* last_until(const std::vector<Event>& events, double at_ms) {
  const auto next = std::ranges::upper_bound(events, at_ms, {}, &Event::at_ms);
  return next == events.begin() ? nullptr : &*std::prev(next);
}

}  // namespace

void FrameTally::add(const FrameStory& frame) {
  if (frame.end == FrameEnd::kAtOnce) ++at_once;
  if (frame.end == FrameEnd::kLater) ++later;
  if (frame.end == FrameEnd::kOther && frame.fate != nullptr) ++background;
  if (frame.end == FrameEnd::kLeftOut) ++left_out[static_cast<std::size_t>(frame.fate->reason)];
}

void FrameTally::add(const FrameTally& other) {
  at_once += other.at_once;
  later += other.later;
  background += other.background;
  for (std::size_t reason = 0; reason < left_out.size(); ++reason) {
    left_out[reason] += other.left_out[reason];
  }
}

std::string reasons_text(const FrameTally& tally) {
  std::string reasons;
  for (std::size_t reason = 0; reason < tally.left_out.size(); ++reason) {
    if (tally.left_out[reason] == 0) continue;
    reasons += text("%s%llu %s", reasons.empty() ? "" : ", ",
                    static_cast<unsigned long long>(tally.left_out[reason]),
                    name_of(static_cast<media::LeftOut>(reason)));
  }
  return reasons;
}

std::uint64_t FrameTally::all_left_out() const {
  return std::accumulate(left_out.begin(), left_out.end(), std::uint64_t{0});
}

const FlightLog::Link* link_at(const FlightLog& log, double at_ms) {
  return last_until(log.links, at_ms);
}

const FlightLog::Socket* socket_at(const FlightLog& log, double at_ms) {
  return last_until(log.sockets, at_ms);
}

std::optional<double> delivered_bps(const FlightLog& log, double from_ms, double to_ms) {
  // Acknowledgements come in steps: less than this says little.
  constexpr double kLeastMs = 200;
  const auto first = std::ranges::lower_bound(log.sockets, from_ms, {}, &FlightLog::Socket::at_ms);
  const FlightLog::Socket* const last = socket_at(log, to_ms);
  if (first == log.sockets.end() || last == nullptr || last->at_ms - first->at_ms < kLeastMs) {
    return std::nullopt;
  }
  const std::uint32_t bytes = last->acked_bytes - first->acked_bytes;
  return bytes * 8000.0 / (last->at_ms - first->at_ms);
}

FlightStory tell(const FlightLog& log) {
  FlightStory story{.log = &log, .begin_ms = log.length_ms};
  const bool congested_at_end = !log.links.empty() && log.links.back().congested;
  for (const Track& track : log.tracks) {
    story.begin_ms = std::min(story.begin_ms, track.subscribed_ms);
    story.tracks.push_back(tell_track(log, track, congested_at_end));
    if (track.video) find_freezes(log, story.tracks.back());
  }
  std::ranges::sort(story.tracks, {}, [](const TrackStory& each) {
    return std::tuple{each.frames.empty(), !each.track->video, each.track->handle};
  });
  story.congestions = find_congestions(log);
  return story;
}

}  // namespace sluice::client
