// What a session is sent: frames in step with the others of a large room, or past its own egress.
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>
#include <vector>

#include "sfu/connection.h"
#include "sfu/metric_kinds.h"
#include "sfu/pump_queue.h"
#include "sfu/session.h"
#include "sfu/shard.h"

namespace sluice::sfu {
namespace {

using namespace std::chrono_literals;

// A reader that took nothing at all for so long has been shown a frozen picture for most of it.
constexpr media::Duration kTooSlow = 10s;

// The most often that a publisher is asked for one.
constexpr media::Duration kKeyframeNotedEach = 500ms;

// A track without its keyframe is looked after at least so often while others go on.
constexpr media::Duration kSyncPatience = 100ms;

iovec piece_of(std::span<const std::byte> bytes) {
  // sendmsg only reads it; the C interface cannot say so.
  return {.iov_base = const_cast<std::byte*>(bytes.data()), .iov_len = bytes.size()};
}

}  // namespace

media::InStep::Answer Session::send_in_step(const OutgoingFrame& frame) {
  using Answer = media::InStep::Answer;
  const std::size_t bytes = frame.wire_bytes(express_.framing);
  const Answer answer = express_.in_step.ask(frame.passing(), bytes, frame.now());
  if (answer != Answer::kSend) return answer;
  // What comes so soon after a write is gathered (`PumpQueue`).
  if (frame.now() - express_.wrote_all_at < PumpQueue::kGatherTime) return Answer::kAsk;
  const auto head = frame.head(express_.framing);
  const std::array<iovec, 2> pieces{piece_of(head), piece_of(frame.frame()->payload())};
  const auto taken = express_.transport.write(pieces, {});
  // Nothing went: the usual way finds out why, and waits or gives up.
  if (!taken) return Answer::kAsk;
  express_.in_step.sent(frame.passing(), bytes);
  express_.wrote_all_at = frame.now();
  if (*taken < bytes || express_.transport.unflushed_bytes() > 0) {
    step_out();
    if (*taken < bytes) connection_.keep_rest(head, frame.frame(), *taken);
    express_.wrote_all_at = {};
    shard_.pump_later(*this);
  }
  return answer;
}

void Session::catch_up_books() {
  express_.in_step.catch_up(
      [this](const media::InStep::Track& track) -> const media::FrameLog& {
        return subscription(track.track)->route->log(track.encoding);
      },
      [this](const media::FrameLog::Record& frame) {
        egress_.sent_in_step(frame);
        pump_.sent_in_step(frame.description, frame.sent);
      });
}

void Session::step_in(media::Time now) {
  std::array<const TrackRoute*, media::InStep::kTracksMax> tracks;
  std::size_t count = 0;
  for (const Subscription& each : subscriptions_) {
    if (each.hidden || !each.route->large()) continue;
    // With more tracks, the next frame would be one of the others.
    if (count == tracks.size()) return;
    tracks[count++] = each.route;
  }
  if (count == 0) return;
  media::InStep::Headroom headroom = pump_.headroom();
  headroom.until = std::min(headroom.until, egress_.next_allocation());
  if (headroom.bytes == 0 || headroom.until <= now) return;
  // A track that lacks its keyframe asks for it when it is pumped.
  if (egress_.wants_sync()) headroom.until = std::min(headroom.until, now + kSyncPatience);
  media::InStep in_step;
  in_step.begin(headroom);
  const media::LinkEstimate link = pump_.link();
  for (const TrackRoute* route : std::span{tracks}.first(count)) {
    const auto step = egress_.step_of(route->media_handle(), route->next_in_step(), link);
    if (step) in_step.add(*step);
  }
  express_.in_step = in_step;
}

void Session::deliver(const media::FrameRef& frame) {
  step_out();
  egress_.push(frame);
  shard_.pump_later(*this);
}

void Session::catch_up(TrackRoute& route) {
  const Subscription* const known = subscription(route.media_handle());
  if (known == nullptr) return;
  step_out();
  // What it has already is passed over; where this does not help, a keyframe is asked for as ever.
  egress_.push_group(route.media_handle(), route.group(egress_.encoding_of(route.media_handle())),
                     pump_.link());
  shard_.pump_later(*this);
}

void Session::pump() {
  step_out();
  shard_.look_at_clock();
  if (egress_.allocation_due(shard_.now())) allocate_layers();
  // Where a track cannot go on, the cache or the publisher is asked before what there is goes out:
  // a joiner's first frame is then in the same write as its `subscribed`.
  serve_wanted_syncs();
  const media::Time now = shard_.now();
  pump_.strained(shard_.strain().strained(now));
  const EgressPump::Outcome outcome = connection_.write_from(egress_, pump_);
  note_congestion(pump_.congested());
  if (outcome == EgressPump::Outcome::kLost) return;
  tell_starved(outcome);
  express_.wrote_all_at = outcome == EgressPump::Outcome::kIdle ? now : media::Time{};
  if (outcome == EgressPump::Outcome::kIdle) {
    pump_timer_.cancel();
    step_in(now);
    return;
  }
  if (now - pump_.stuck_since(now) > kTooSlow) {
    shard_.log().info("session_too_slow", {{"session", static_cast<std::uint64_t>(id_)},
                                           {"cause", "nothing was read for 10 s"}});
    dismiss(signaling::GoodbyeReason::kTooSlow);
    return;
  }
  shard_.wheel().schedule(pump_timer_,
                          media::LinkController::next_look(now, shard_.strain().coarseness(now)));
}

void Session::note_congestion(bool congested) {
  if (std::exchange(congested_, congested) == congested) return;
  congested ? shard_.note_congested() : shard_.note_relieved();
}

void Session::pace_reports() {
  // What a lane tells is of sound, and of few bytes.
  if (protocol_.is_lane()) return;
  const auto rare = report_pace_.look({.sessions = shard_.sessions(),
                                       .reports_often = pump_.reports_often(),
                                       .congested = pump_.congested(),
                                       .strained = shard_.strain().strained(shard_.now())});
  if (!rare) return;
  step_out();
  pump_.ask_for_rare_reports(*rare);
  send_control({.body = signaling::ReportInterval{
                    *rare ? ReportPace::kRare : shard_.settings().session.report_interval}});
}

void Session::take_last_words(Outbox& outbox) {
  step_out();
  pump_.take_control(egress_, outbox, shard_.now());
}

void Session::tell_starved(EgressPump::Outcome outcome) {
  // Only a link that holds something back starves a track, or had starved it before.
  const bool all_well = outcome == EgressPump::Outcome::kIdle && !egress_.judging_pauses();
  if (all_well && starved_tracks_ == 0) return;
  starved_tracks_ = 0;
  for (Subscription& each : subscriptions_) {
    const bool starved = egress_.starved(each.route->media_handle());
    if (starved) ++starved_tracks_;
    if (starved == each.starved) continue;
    each.starved = starved;
    recorder_.record(media::TrackStarved{.track = each.route->media_handle(), .starved = starved});
    tell_state(*each.route, starved, signaling::TrackStateReason::kBandwidth);
  }
}

void Session::allocate_layers() {
  std::size_t count = 0;
  for (const Subscription& each : subscriptions_) {
    if (!each.simulcast || each.hidden) continue;
    if (count == ladders_.size()) ladders_.emplace_back();
    media::Egress::Ladder& ladder = ladders_[count++];
    ladder.track = each.route->media_handle();
    ladder.rungs.clear();
    each.route->rungs(each.largest, shard_.now(), ladder.rungs);
  }
  egress_.allocate(std::span{ladders_}.first(count), pump_.link(), shard_.now());
}

void Session::serve_wanted_syncs() {
  // Into an outage nothing is sent but what waits already; asking for keyframes that could not
  // leave would cost the publisher and everybody else.
  if (pump_.outage(shard_.now())) return;
  std::vector<media::Egress::SyncWanted> wanted;
  egress_.sync_wanted(shard_.now(), wanted);
  for (const auto& sync : wanted) {
    Subscription* const known = subscription(sync.track);
    if (known == nullptr || known->route->awaits_group()) continue;
    const bool first = !std::exchange(known->started, true);
    if (egress_.push_group(sync.track, known->route->group(sync.encoding), pump_.link())) continue;
    // A need is told at each pump until it is met.
    if (shard_.now() - kKeyframeNotedEach > known->keyframe_noted) {
      known->keyframe_noted = shard_.now();
      recorder_.record(media::KeyframeAsked{.track = sync.track, .encoding = sync.encoding});
    }
    known->route->request_keyframe(
        sync.encoding, first ? metrics::KeyframeCause::kJoined : metrics::KeyframeCause::kLeftOut,
        shard_.now());
  }
}

}  // namespace sluice::sfu
