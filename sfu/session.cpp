#include "sfu/session.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>
#include <variant>

#include "media/chunk_header.h"
#include "sfu/clock.h"
#include "sfu/connection.h"
#include "sfu/metric_kinds.h"
#include "sfu/pump_queue.h"
#include "sfu/shard.h"
#include "sfu/subscription_settings.h"
#include "signaling/server_message.h"

namespace sluice::sfu {
namespace {

using namespace std::chrono_literals;
using signaling::ErrorCode;

// A reader that took nothing at all for so long has been shown a frozen picture for most of it.
constexpr media::Duration kTooSlow = 10s;

// Sound that lies in a lane for longer is lost, and the participant's other connection may be well.
constexpr std::chrono::milliseconds kLaneStallMost{1000};

// Each track has 16 encodings at most, but nobody sends more than three; each may hold one frame of
// `frame_bytes` that is not whole yet.
constexpr std::size_t kStreamsPerTrack = 3;

// The most often that a publisher is asked for one.
constexpr media::Duration kKeyframeNotedEach = 500ms;

// A track without its keyframe is looked after at least so often while others go on.
constexpr media::Duration kSyncPatience = 100ms;

iovec piece_of(std::span<const std::byte> bytes) {
  // sendmsg only reads it; the C interface cannot say so.
  return {.iov_base = const_cast<std::byte*>(bytes.data()), .iov_len = bytes.size()};
}

media::TrackHandle media_handle(const TrackRoute& route) {
  return media::TrackHandle{static_cast<std::uint16_t>(route.info().handle)};
}

}  // namespace

Session::Session(signaling::SessionId id, Shard& shard, Connection& connection,
                 MessageFraming framing, int descriptor)
    : express_{.in_step = {}, .transport = connection.transport(), .framing = framing},
      id_{id},
      shard_{shard},
      connection_{connection},
      protocol_{shard.settings().session,
                shard.settings().tokens ? &*shard.settings().tokens : nullptr,
                to_steady(shard.now()), id},
      assembler_{shard.frame_pool(), shard.settings().session.limits.frame_bytes,
                 kStreamsPerTrack * shard.settings().session.limits.tracks},
      recorder_{shard.flight()},
      egress_{media::Egress::Bounds{}},
      pump_{framing, descriptor, shard.settings().tcp.congestion, shard.metrics(), recorder_},
      protocol_timer_{[this](media::Time now) {
        perform(protocol_.on_time(to_steady(now)));
        watch_time();
      }},
      report_timer_{[this](media::Time) { report_media(); }},
      pump_timer_{[this](media::Time) { shard_.pump_later(*this); }} {
  egress_.record_to(recorder_);
  watch_time();
}

void Session::on_control(std::string_view text) {
  shard_.metrics().bytes_received[metrics::ByteKind::kControl].add(text.size());
  perform(protocol_.on_text(text, to_steady(shard_.now()), std::chrono::system_clock::now()));
  watch_time();
}

void Session::on_media(std::span<const std::byte> message) {
  if (!protocol_.on_binary_allowed()) {
    return fail_media(ErrorCode::kOutOfOrder, "media came before the session joined a room");
  }
  const auto chunk = media::parse_chunk(message);
  if (!chunk) return fail_media(ErrorCode::kBadMedia, media::describe(chunk.error()));
  if (protocol_.is_lane()) return on_lane_media(*chunk, message.size());
  TrackRoute* const track = own_track(chunk->header.track);
  if (track == nullptr) {
    return fail_media(ErrorCode::kNotYourTrack,
                      "handle " + std::to_string(static_cast<unsigned>(chunk->header.track)) +
                          " is not of a track that you publish");
  }
  if (!track->has(chunk->header.encoding)) {
    return fail_media(ErrorCode::kBadMedia, "the track was published without this encoding");
  }
  const auto frame = assembler_.add(*chunk, track->kind(), track->clock(), shard_.now());
  if (!frame) return fail_media(ErrorCode::kBadMedia, media::describe(frame.error()));
  count_received(track->kind(), message.size());
  if (!*frame) return;
  shard_.metrics().frames_received[frame_kind(track->kind())].add();
  track->receive(*frame);
}

void Session::count_received(media::MediaKind kind, std::size_t bytes) {
  media_bytes_received_ += bytes;
  shard_.metrics().bytes_received[byte_kind(kind)].add(bytes);
  if (report_timer_.pending()) return;
  shard_.wheel().schedule(report_timer_, shard_.now() + shard_.settings().session.report_interval);
}

void Session::heard() { protocol_.heard(to_steady(shard_.now())); }

void Session::fail(const signaling::ProtocolError& error) { perform(protocol_.fail(error)); }

void Session::fail_media(ErrorCode code, std::string message) {
  fail(signaling::protocol_error(code, std::move(message)));
}

void Session::dismiss(signaling::GoodbyeReason reason) { perform(protocol_.dismiss(reason)); }

void Session::connection_lost() {
  step_out();
  perform(protocol_.connection_lost());
}

void Session::leave_routes() {
  for (TrackRoute* const track : tracks_) track->publisher_lost();
  tracks_.clear();
  lane_tracks_.clear();
  while (!subscriptions_.empty()) {
    TrackRoute& route = *subscriptions_.back().route;
    subscription_removed(route);
    shard_.router().release(route);
  }
}

void Session::perform(std::vector<signaling::SessionAction> actions) {
  for (signaling::SessionAction& action : actions) {
    if (auto* control = std::get_if<signaling::SendControl>(&action)) {
      if (control->error) shard_.count_error(*control->error);
      send(std::move(control->text));
    } else if (auto* command = std::get_if<signaling::RoomCommand>(&action)) {
      if (const auto* join = std::get_if<signaling::AuthorizedJoin>(&command->request)) {
        home_ = shard_.home_of(join->room);
      } else if (const auto* attach = std::get_if<signaling::Attach>(&command->request)) {
        home_ = shard_.home_of(attach->room);
      }
      shard_.command(home_, id_, std::move(*command));
    } else if (const auto* report = std::get_if<signaling::ClientReport>(&action)) {
      step_out();
      if (!pump_.reported(report->received_bytes, shard_.now())) {
        fail(signaling::protocol_error(ErrorCode::kInvalidField,
                                       "received_bytes is not what can have been received"));
      }
      shard_.pump_later(*this);
    } else if (const auto* answer = std::get_if<signaling::PingAnswered>(&action)) {
      step_out();
      pump_.answered(answer->id, shard_.now());
    } else if (const auto* close = std::get_if<signaling::CloseConnection>(&action)) {
      connection_.finish(close->reason);
    }
  }
}

void Session::joined() {
  protocol_.joined(to_steady(shard_.now()));
  if (protocol_.is_lane()) connection_.limit_stall(kLaneStallMost);
  watch_time();
}

void Session::send(signaling::ControlText text) {
  step_out();
  if (!egress_.push_control(std::move(text))) {
    // It has not even read what was said about its room: there is nobody there.
    shard_.log().info("session_too_slow", {{"session", static_cast<std::uint64_t>(id_)},
                                           {"cause", "control messages are not read"}});
    connection_.abort_later();
    return;
  }
  shard_.pump_later(*this);
}

void Session::send_control(const signaling::ServerMessage& message) {
  send(std::make_shared<const std::string>(signaling::serialise(message)));
}

void Session::track_added(TrackRoute& route) { tracks_.push_back(&route); }

void Session::track_removed(TrackRoute& route) {
  std::erase(tracks_, &route);
  assembler_.forget(media_handle(route));
}

void Session::subscription_changed(TrackRoute& route,
                                   const signaling::SubscriptionSettings& wanted) {
  const media::SubscriptionSettings settings =
      egress_settings(route.info().description, wanted, shard_.settings().latency);
  step_out();
  Subscription* known = subscription(media_handle(route));
  record_change(media_handle(route), settings);
  if (!egress_.subscribe(media_handle(route), settings)) {
    fail(signaling::protocol_error(ErrorCode::kLimitReached, "too many subscriptions"));
    return;
  }
  const bool was_hidden = known != nullptr && known->hidden;
  if (known == nullptr) {
    route.add(*this);
    known = &subscriptions_.emplace_back(Subscription{.route = &route, .since = shard_.now()});
  }
  known->largest = wanted_encoding(route.info().description.video, wanted);
  known->simulcast = settings.simulcast;
  known->hidden = settings.hidden;
  want(*known, settings.hidden ? 0 : route.encodings_up_to(known->largest));
  if (was_hidden != settings.hidden) {
    tell_state(route, settings.hidden, signaling::TrackStateReason::kHidden);
  }
  shard_.pump_later(*this);
}

void Session::record_change(media::TrackHandle track, const media::SubscriptionSettings& after) {
  const media::SubscriptionSettings* const before = egress_.settings_of(track);
  if (before == nullptr) return;
  const media::SubscriptionChange change{.track = track,
                                         .was_hidden = before->hidden,
                                         .hidden = after.hidden,
                                         .was_max_temporal_layer = before->max_temporal_layer,
                                         .max_temporal_layer = after.max_temporal_layer};
  const bool changed = change.was_hidden != change.hidden ||
                       change.was_max_temporal_layer != change.max_temporal_layer;
  if (changed) recorder_.record(change);
}

void Session::subscription_removed(TrackRoute& route) {
  step_out();
  route.remove(*this);
  if (Subscription* const known = subscription(media_handle(route))) want(*known, 0);
  std::erase_if(subscriptions_, [&](const Subscription& each) { return each.route == &route; });
  count_egress();
  egress_.unsubscribe(media_handle(route));
  // What still waited was not thinned to fit a link: it lost its reader.
  meter_.count(egress_.counters(), metrics::LeftOut::kClosed, shard_.metrics());
}

void Session::want(Subscription& subscription, std::size_t encodings) {
  const std::size_t before = std::exchange(subscription.wanted, encodings);
  subscription.route->change_wanted(before, encodings, shard_.now());
}

void Session::keyframe_wanted(TrackRoute& route) {
  // The receiver's decoder is lost, so what the cache holds may be what lost it.
  if (subscription(media_handle(route)) == nullptr) return;
  route.request_keyframe(egress_.encoding_of(media_handle(route)),
                         metrics::KeyframeCause::kRequested, shard_.now());
}

void Session::mute_changed(TrackRoute& route) {
  step_out();
  const bool muted = route.info().description.muted;
  if (muted) egress_.flush(media_handle(route));
  tell_state(route, muted, signaling::TrackStateReason::kMuted);
  shard_.pump_later(*this);
}

void Session::tell_state(const TrackRoute& route, bool paused, signaling::TrackStateReason reason) {
  send_control({.body = signaling::TrackStateChanged{
                    .track = route.info().track,
                    .state = paused ? signaling::TrackState::kPaused : signaling::TrackState::kLive,
                    .reason = reason}});
}

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

void Session::step_out() {
  catch_up_books();
  express_.in_step.end();
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
  media::InStep::Headroom headroom = pump_.headroom();
  headroom.until = std::min(headroom.until, egress_.next_allocation());
  if (headroom.bytes == 0 || headroom.until <= now) return;
  // A track that lacks its keyframe asks for it when it is pumped.
  if (egress_.wants_sync()) headroom.until = std::min(headroom.until, now + kSyncPatience);
  media::InStep in_step;
  in_step.begin(headroom);
  std::size_t tracks = 0;
  for (const Subscription& each : subscriptions_) {
    if (each.hidden || !each.route->large()) continue;
    // With more tracks, the next frame would be one of the others.
    if (++tracks > media::InStep::kTracksMax) return;
    const auto step =
        egress_.step_of(media_handle(*each.route), each.route->next_in_step(), pump_.link());
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
  const Subscription* const known = subscription(media_handle(route));
  if (known == nullptr) return;
  step_out();
  // What it has already is passed over; where this does not help, a keyframe is asked for as ever.
  egress_.push_group(media_handle(route), route.group(egress_.encoding_of(media_handle(route))),
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

void Session::take_last_words(Outbox& outbox) {
  step_out();
  pump_.take_control(egress_, outbox, shard_.now());
}

void Session::tell_starved(EgressPump::Outcome outcome) {
  // Only a link that holds something back starves a track, or had starved it before.
  if (outcome == EgressPump::Outcome::kIdle && starved_tracks_ == 0) return;
  starved_tracks_ = 0;
  for (Subscription& each : subscriptions_) {
    const bool starved = egress_.starved(media_handle(*each.route));
    if (starved) ++starved_tracks_;
    if (starved == each.starved) continue;
    each.starved = starved;
    recorder_.record(media::TrackStarved{.track = media_handle(*each.route), .starved = starved});
    tell_state(*each.route, starved, signaling::TrackStateReason::kBandwidth);
  }
}

void Session::allocate_layers() {
  std::size_t count = 0;
  for (const Subscription& each : subscriptions_) {
    if (!each.simulcast || each.hidden) continue;
    if (count == ladders_.size()) ladders_.emplace_back();
    media::Egress::Ladder& ladder = ladders_[count++];
    ladder.track = media_handle(*each.route);
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

void Session::count_egress() {
  catch_up_books();
  meter_.count(egress_.counters(), metrics::LeftOut::kThinned, shard_.metrics());
}

FlightSession Session::flight_session(media::Time now) const {
  FlightSession session{.session = id_,
                        .subscriptions = subscriptions_.size(),
                        .published = tracks_.size(),
                        .records = recorder_.size(),
                        .congested = pump_.congested(),
                        .totals = egress_.counters()};
  if (recorder_.size() > 0) session.last_record_ago = now - recorder_.newest();
  session.totals.recorder = nullptr;
  return session;
}

FlightDump Session::flight_dump(media::Time now) const {
  FlightDump dump{.summary = flight_session(now),
                  .now = now,
                  .wall_now = std::chrono::system_clock::now(),
                  .kept = shard_.flight().kept,
                  .records = recorder_.records(),
                  .records_overwritten = recorder_.overwritten(),
                  .tracks = {}};
  for (const Subscription& each : subscriptions_) {
    const media::TrackHandle handle = media_handle(*each.route);
    const media::SubscriptionSettings* const settings = egress_.settings_of(handle);
    if (settings == nullptr) continue;
    dump.tracks.push_back({.room = each.route->room(),
                           .handle = each.route->info().handle,
                           .source = each.route->info().description.source,
                           .muted = each.route->info().description.muted,
                           .temporal_layers = each.route->info().description.video.temporal_layers,
                           .encodings = each.route->info().description.video.encodings,
                           .since = each.since,
                           .settings = *settings,
                           .largest = each.largest,
                           .shown = egress_.encoding_of(handle),
                           .starved = each.starved});
  }
  return dump;
}

void Session::report_media() {
  if (!protocol_.on_binary_allowed()) return;
  send_control({.body = signaling::ServerReport{.received_bytes = media_bytes_received_}});
}

void Session::watch_time() {
  shard_.wheel().schedule(protocol_timer_, to_media(protocol_.next_deadline()));
}

TrackRoute* Session::own_track(media::TrackHandle handle) const {
  const auto found = std::ranges::find_if(
      tracks_, [&](const TrackRoute* track) { return media_handle(*track) == handle; });
  return found == tracks_.end() ? nullptr : *found;
}

Session::Subscription* Session::subscription(media::TrackHandle handle) {
  const auto found = std::ranges::find_if(subscriptions_, [&](const Subscription& each) {
    return media_handle(*each.route) == handle;
  });
  return found == subscriptions_.end() ? nullptr : &*found;
}

}  // namespace sluice::sfu
