#include "tests/sim/recorded_meeting.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <stdexcept>
#include <tuple>

#include "tests/sim/meeting_loop.h"

namespace sluice::sim {
namespace {

using client::FlightLog;
using client::FlightStory;
using client::FrameEnd;

constexpr double kPieceMs = 200;
constexpr double kQueueSeconds = 0.2;
constexpr double kStandingQueueMs = 50;
constexpr double kNearMs = 1000;
/// Slower is as good as not at all, and a link must have some rate.
constexpr double kLeastRate = 1000;
/// The scorer's model of simulcast.
constexpr int kEncodingsMost = 3;

Duration from_ms(double ms) { return Duration{static_cast<Duration::rep>(ms * 1000)}; }

/// Without a queue it was the cap that held things back, not the link.
bool queue_stood(const FlightLog& log, double begin_ms, double end_ms) {
  constexpr double kQueueMs = 10;
  return std::ranges::any_of(log.links, [&](const FlightLog::Link& link) {
    return link.at_ms >= begin_ms && link.at_ms <= end_ms && link.queueing_delay_ms >= kQueueMs;
  });
}

/// Where the link was congested throughout, and so showed what it carries.
std::vector<std::optional<double>> known_rates(const FlightStory& story, double begin_ms) {
  const FlightLog& log = *story.log;
  std::vector<std::optional<double>> rates;
  for (double at_ms = begin_ms; at_ms < log.length_ms; at_ms += kPieceMs) {
    rates.emplace_back();
    const bool congested =
        std::ranges::any_of(story.congestions, [&](const client::Congestion& each) {
          return each.from_ms <= at_ms && each.to_ms >= at_ms + kPieceMs;
        });
    if (!congested || !queue_stood(log, at_ms - kNearMs, at_ms + kNearMs)) continue;
    // Looks are 50 ms apart: over a piece and its neighbours the steps even out.
    const auto rate = client::delivered_bps(log, at_ms - kPieceMs / 2, at_ms + 1.5 * kPieceMs);
    if (!rate) continue;
    rates.back() = std::max(*rate, kLeastRate);
    // The cap keeps the queue short, and with it the link sometimes idle. Where no queue stood,
    // what the server's estimator took from the busy intervals is nearer to what the link carries.
    const FlightLog::Link* const link = client::link_at(log, at_ms + kPieceMs / 2);
    if (link != nullptr && link->queueing_delay_ms < kStandingQueueMs && link->bits_per_second) {
      rates.back() = std::max(*rates.back(), static_cast<double>(*link->bits_per_second));
    }
  }
  return rates;
}

void rebuild_link(const FlightStory& story, double begin_ms, RecordedMeeting& meeting) {
  const FlightLog& log = *story.log;
  const auto rates = known_rates(story, begin_ms);
  double fastest = 2 * meeting.offered_bits_per_second;
  double sum = 0;
  std::size_t known = 0;
  for (const auto& rate : rates) {
    if (!rate) continue;
    fastest = std::max(fastest, *rate);
    sum += *rate;
    ++known;
  }
  std::vector<Capacity::Piece> pieces;
  pieces.reserve(rates.size());
  for (const auto& rate : rates) {
    pieces.push_back({.length = from_ms(kPieceMs),
                      .bits_per_second = rate.value_or(std::max(fastest, kLeastRate))});
  }
  meeting.congested_share = static_cast<double>(known) / static_cast<double>(rates.size());
  meeting.congested_bits_per_second = known == 0 ? 0 : sum / static_cast<double>(known);
  double round_trip_ms = log.sockets.empty() ? 1 : log.sockets.front().min_round_trip_ms;
  for (const FlightLog::Socket& each : log.sockets) {
    round_trip_ms = std::min(round_trip_ms, each.min_round_trip_ms);
  }
  const double typical = known == 0 ? fastest : meeting.congested_bits_per_second;
  meeting.link = {
      .capacity = Capacity{std::move(pieces)},
      .round_trip = std::max(from_ms(round_trip_ms), Duration{100}),
      .queue_bytes = static_cast<std::size_t>(std::max(16'384.0, typical / 8 * kQueueSeconds))};
}

/// How long a byte took that was given to the kernel at a moment, for all the server knew.
Duration way_at(const FlightLog& log, double at_ms) {
  constexpr double kFreshMs = 200;
  const FlightLog::Link* const link = client::link_at(log, at_ms);
  const FlightLog::Socket* const socket = client::socket_at(log, at_ms);
  double ms = 0;
  if (socket != nullptr) ms += socket->min_round_trip_ms / 2;
  if (link != nullptr && at_ms - link->at_ms < kFreshMs) ms += link->queueing_delay_ms;
  return from_ms(ms);
}

RecordedMeeting::Offer offer_of(const FlightStory& story, const client::TrackStory& track,
                                const client::FrameStory& frame, double begin_ms) {
  const FlightLog::Offered& offered = *frame.offered;
  const media::TrackHandle handle{static_cast<std::uint16_t>(track.track->handle)};
  RecordedMeeting::Offer offer{
      .description = {.track = handle,
                      .encoding = media::EncodingId{static_cast<std::uint8_t>(offered.encoding)},
                      .temporal_layer = static_cast<std::uint8_t>(offered.layer),
                      .number = offered.number,
                      .length = std::clamp<std::uint32_t>(offered.bytes, 1, 2 * 1024 * 1024),
                      .keyframe = offered.keyframe,
                      .discardable = offered.discardable},
      .kind = track.track->video ? media::MediaKind::kVideo : media::MediaKind::kAudio,
      .arrival = Time{from_ms(offered.at_ms - begin_ms)},
      .lateness = from_ms(offered.late_ms)};
  offer.description.capture_time = (offer.arrival - offer.lateness).time_since_epoch();
  for (const std::uint32_t needed : offered.needs) {
    const std::uint32_t delta = offered.number - needed;
    if (delta == 0 || delta > 0xffff) continue;
    offer.description.dependency_deltas[offer.description.dependency_count++] =
        static_cast<std::uint16_t>(delta);
  }
  if (frame.end == FrameEnd::kAtOnce || frame.end == FrameEnd::kLater) {
    offer.sent = Time{from_ms(frame.sent_ms() - begin_ms)};
    offer.on_its_way = way_at(*story.log, frame.sent_ms());
  }
  return offer;
}

/// Adds a track's offers; nothing may depend on what came before the first of them.
void add_track(const FlightStory& story, const client::TrackStory& track, double begin_ms,
               RecordedMeeting& meeting) {
  const FlightLog::Track& logged = *track.track;
  const auto most = std::min<unsigned>(logged.largest_encoding, kEncodingsMost - 1);
  std::set<std::pair<unsigned, std::uint32_t>> present;
  std::set<unsigned> begun;
  bool any = false;
  for (const client::FrameStory& frame : track.frames) {
    const FlightLog::Offered& offered = *frame.offered;
    const bool useful =
        !logged.video || (offered.encoding <= most && offered.layer <= logged.max_layer);
    if (frame.end == FrameEnd::kNotWanted || offered.at_ms < begin_ms || !useful) continue;
    RecordedMeeting::Offer offer = offer_of(story, track, frame, begin_ms);
    if (logged.video) {
      if (!begun.contains(offered.encoding)) {
        if (offered.layer > 0 && !offered.keyframe) continue;
        begun.insert(offered.encoding);
        offer.description.keyframe = true;
      }
      if (offer.description.keyframe) offer.description.dependency_count = 0;
      const bool whole =
          std::ranges::all_of(offer.description.dependencies(), [&](std::uint16_t delta) {
            return present.contains({offered.encoding, offered.number - delta});
          });
      if (!whole) continue;
      present.insert({offered.encoding, offered.number});
    }
    any = true;
    meeting.offers.push_back(offer);
  }
  if (!any) return;
  meeting.tracks.push_back(
      {.handle = media::TrackHandle{static_cast<std::uint16_t>(logged.handle)},
       .kind = logged.video ? media::MediaKind::kVideo : media::MediaKind::kAudio,
       .latency_budget = from_ms(logged.latency_budget_ms),
       .encodings = logged.video ? static_cast<int>(most) + 1 : 1});
}

/// One receiver for each track, as each has its own decoder.
class Receivers {
 public:
  Receivers(const RecordedMeeting& meeting, bool best_only) {
    for (const RecordedMeeting::Track& track : meeting.tracks) {
      receivers_.emplace(track.handle, ReceiverModel{{.audio = track.latency_budget,
                                                      .video = track.latency_budget},
                                                     best_only ? 1 : track.encodings});
    }
  }
  void offered(const media::Frame& frame) { of(frame).offered(frame); }
  void received(const WireMessage& message, Time now) { of(*message.frame).received(message, now); }
  [[nodiscard]] std::uint64_t media_bytes() const {
    std::uint64_t bytes = 0;
    for (const auto& [handle, receiver] : receivers_) bytes += receiver.media_bytes();
    return bytes;
  }
  [[nodiscard]] ReplayOutcome finish(const RecordedMeeting& meeting, Time now) {
    ReplayOutcome all;
    for (const RecordedMeeting::Track& track : meeting.tracks) {
      const ReceiverModel::Outcome outcome = receivers_.at(track.handle).finish(now);
      all.bytes += outcome.bytes_received;
      if (track.kind == media::MediaKind::kAudio) {
        all.sounds_offered += outcome.audio_sent;
        all.sounds_on_time += outcome.audio_on_time;
        all.sound_gaps += outcome.audio_gaps;
        all.sound_ages.insert(all.sound_ages.end(), outcome.audio_ages.begin(),
                              outcome.audio_ages.end());
        continue;
      }
      all.pictures_offered += outcome.video_sent;
      all.pictures_on_time += outcome.video_on_time;
      all.freezes += outcome.freezes;
      all.freeze_seconds += outcome.freeze_seconds;
      all.switches += outcome.switches;
      all.picture_ages.insert(all.picture_ages.end(), outcome.video_ages.begin(),
                              outcome.video_ages.end());
    }
    return all;
  }

 private:
  ReceiverModel& of(const media::Frame& frame) { return receivers_.at(frame.description.track); }
  std::map<media::TrackHandle, ReceiverModel> receivers_;
};

/// The publishers of a recorded meeting, who also answer requests for keyframes.
class ReplayPublishers {
 public:
  ReplayPublishers(const RecordedMeeting& meeting, bool best_only, media::FramePool& pool)
      : meeting_(meeting), best_only_(best_only), pool_(pool) {
    for (const RecordedMeeting::Track& track : meeting.tracks) {
      largest_[track.handle] = media::EncodingId{static_cast<std::uint8_t>(track.encodings - 1)};
    }
    for (const RecordedMeeting::Offer& offer : meeting.offers) {
      Encoding& encoding = encodings_[key(offer)];
      if (offer.description.keyframe) {
        encoding.keyframe_bytes += offer.description.length;
        ++encoding.keyframes;
      }
    }
  }

  [[nodiscard]] Time next_arrival() const {
    return next_ == meeting_.offers.size() ? Time::max() : meeting_.offers[next_].arrival;
  }
  void request_keyframe(const media::Egress::SyncWanted& wanted, Time now) {
    // A publisher's round trip and its encoder.
    constexpr Duration kAnswer = std::chrono::milliseconds{100};
    const auto encoding = best_only_ ? largest_.at(wanted.track) : wanted.encoding;
    Time& at = encodings_[{wanted.track, encoding}].requested;
    at = std::min(at, now + kAnswer);
  }
  std::vector<media::FrameRef> arrivals(Time now) {
    std::vector<media::FrameRef> frames;
    for (; next_arrival() <= now; ++next_) {
      if (media::FrameRef frame = make(meeting_.offers[next_])) frames.push_back(std::move(frame));
    }
    return frames;
  }
  [[nodiscard]] bool forwards(const RecordedMeeting::Offer& offer) const {
    return !best_only_ || offer.kind == media::MediaKind::kAudio ||
           offer.description.encoding == largest_.at(offer.description.track);
  }
  [[nodiscard]] media::FrameRef frame_of(const RecordedMeeting::Offer& offer,
                                         media::FrameDescription description) {
    if (best_only_) description.encoding = {};
    media::FrameBuilder frame = pool_.allocate(description, offer.kind);
    invariant(static_cast<bool>(frame), "the simulator's pool is never exhausted");
    frame->arrival = offer.arrival;
    frame->lateness = offer.lateness;
    return std::move(frame).finish();
  }

 private:
  using Key = std::pair<media::TrackHandle, media::EncodingId>;
  struct Encoding {
    std::uint64_t keyframe_bytes = 0;
    std::uint64_t keyframes = 0;
    std::uint32_t group = 0;
    Time requested = Time::max();
  };
  static Key key(const RecordedMeeting::Offer& offer) {
    return {offer.description.track, offer.description.encoding};
  }

  media::FrameRef make(const RecordedMeeting::Offer& offer) {
    if (!forwards(offer)) return {};
    media::FrameDescription description = offer.description;
    if (offer.kind == media::MediaKind::kVideo) {
      Encoding& encoding = encodings_[key(offer)];
      if (!description.keyframe && description.temporal_layer == 0 &&
          offer.arrival >= encoding.requested) {
        description.keyframe = true;
        description.dependency_count = 0;
        description.length =
            static_cast<std::uint32_t>(encoding.keyframe_bytes / encoding.keyframes);
      }
      if (description.keyframe) {
        ++encoding.group;
        encoding.requested = Time::max();
      }
      description.group = encoding.group;
    }
    return frame_of(offer, description);
  }

  const RecordedMeeting& meeting_;
  bool best_only_;
  media::FramePool& pool_;
  std::map<media::TrackHandle, media::EncodingId> largest_;
  std::map<Key, Encoding> encodings_;
  std::size_t next_ = 0;
};

constexpr std::size_t kPoolBytes = std::size_t{1} << 31;

}  // namespace

RecordedMeeting recorded_meeting(const FlightStory& story) {
  const FlightLog& log = *story.log;
  const double begin_ms = std::max(log.known_from_ms, story.begin_ms);
  RecordedMeeting meeting{.length = from_ms(log.length_ms - begin_ms)};
  for (const client::TrackStory& track : story.tracks) add_track(story, track, begin_ms, meeting);
  if (meeting.offers.empty() || meeting.length <= Duration::zero()) {
    throw std::runtime_error("the log holds no frame that could be replayed");
  }
  std::ranges::sort(meeting.offers, {}, [](const RecordedMeeting::Offer& offer) {
    const media::FrameDescription& frame = offer.description;
    return std::tuple{offer.arrival, frame.track, frame.encoding, frame.number};
  });
  std::map<media::TrackHandle, int> encodings;
  for (const auto& track : meeting.tracks) encodings[track.handle] = track.encodings;
  double bits = 0;
  for (const RecordedMeeting::Offer& offer : meeting.offers) {
    const bool best =
        offer.kind == media::MediaKind::kAudio ||
        static_cast<int>(offer.description.encoding) + 1 == encodings.at(offer.description.track);
    if (best) bits += 8.0 * offer.description.length;
  }
  meeting.offered_bits_per_second = bits * 1e6 / static_cast<double>(meeting.length.count());
  rebuild_link(story, begin_ms, meeting);
  return meeting;
}

ReplayOutcome replay(const RecordedMeeting& meeting, bool best_only, const MakeReplaySender& make) {
  // A client reports 50 ms after something came (docs/protocol.md 4.8).
  constexpr Duration kReportInterval = std::chrono::milliseconds{50};
  media::FramePool pool{kPoolBytes};
  TcpLink link{meeting.link};
  ReplayPublishers publishers{meeting, best_only, pool};
  Receivers receivers{meeting, best_only};
  const std::unique_ptr<Sender> sender = make(link, meeting);
  const Time now = run_loop({.length = meeting.length,
                             .round_trip = meeting.link.round_trip,
                             .report_interval = kReportInterval},
                            link, publishers, receivers, *sender);
  return receivers.finish(meeting, now);
}

ReplayOutcome as_recorded(const RecordedMeeting& meeting) {
  media::FramePool pool{kPoolBytes};
  ReplayPublishers publishers{meeting, false, pool};
  Receivers receivers{meeting, false};
  struct Arrival {
    Time at{};
    media::FrameRef frame;
  };
  std::vector<Arrival> arrivals;
  for (const RecordedMeeting::Offer& offer : meeting.offers) {
    receivers.offered(*publishers.frame_of(offer, offer.description));
    if (!offer.sent) continue;
    // What the server sends can be decoded; that is not to be judged again by a part of the story.
    media::FrameDescription description = offer.description;
    description.keyframe = false;
    description.dependency_count = 0;
    arrivals.push_back(
        {.at = *offer.sent + offer.on_its_way, .frame = publishers.frame_of(offer, description)});
  }
  std::ranges::sort(arrivals, {}, [](const Arrival& arrival) {
    const media::FrameDescription& frame = arrival.frame->description;
    return std::tuple{arrival.at, frame.track, frame.capture_time, frame.encoding};
  });
  for (const Arrival& each : arrivals) {
    const media::FrameDescription& description = each.frame->description;
    receivers.received({.header = {.track = description.track,
                                   .encoding = description.encoding,
                                   .temporal_layer = description.temporal_layer,
                                   .frame = description.number,
                                   .last = true,
                                   .description = description},
                        .frame = each.frame,
                        .payload_bytes = description.length},
                       each.at);
  }
  return receivers.finish(meeting, Time{} + meeting.length);
}

}  // namespace sluice::sim
