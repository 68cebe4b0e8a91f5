#include "sfu/session.h"

#include <algorithm>
#include <chrono>
#include <utility>
#include <variant>

#include "media/chunk_header.h"
#include "sfu/clock.h"
#include "sfu/connection.h"
#include "sfu/metric_kinds.h"
#include "sfu/shard.h"
#include "sfu/subscription_settings.h"
#include "signaling/server_message.h"

namespace sluice::sfu {
namespace {

using namespace std::chrono_literals;
using signaling::ErrorCode;

// Sound that lies in a lane for longer is lost, and the participant's other connection may be well.
constexpr std::chrono::milliseconds kLaneStallMost{1000};

// Each track has 16 encodings at most, but nobody sends more than three; each may hold one frame of
// `frame_bytes` that is not whole yet.
constexpr std::size_t kStreamsPerTrack = 3;

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

void Session::send(signaling::ControlText text, bool unhurried) {
  step_out();
  if (!egress_.push_control(std::move(text))) {
    // It has not even read what was said about its room: there is nobody there.
    shard_.log().info("session_too_slow", {{"session", static_cast<std::uint64_t>(id_)},
                                           {"cause", "control messages are not read"}});
    connection_.abort_later();
    return;
  }
  unhurried ? shard_.pump_before_long(*this) : shard_.pump_later(*this);
}

void Session::send_control(const signaling::ServerMessage& message) {
  send(std::make_shared<const std::string>(signaling::serialise(message)));
}

void Session::track_added(TrackRoute& route) { tracks_.push_back(&route); }

void Session::track_removed(TrackRoute& route) {
  std::erase(tracks_, &route);
  assembler_.forget(route.media_handle());
}

void Session::subscription_changed(TrackRoute& route,
                                   const signaling::SubscriptionSettings& wanted) {
  const media::SubscriptionSettings settings =
      egress_settings(route.info().description, wanted, shard_.settings().latency);
  step_out();
  Subscription* known = subscription(route.media_handle());
  record_change(route.media_handle(), settings);
  if (!egress_.subscribe(route.media_handle(), settings)) {
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
  if (Subscription* const known = subscription(route.media_handle())) want(*known, 0);
  std::erase_if(subscriptions_, [&](const Subscription& each) { return each.route == &route; });
  count_egress();
  egress_.unsubscribe(route.media_handle());
  // What still waited was not thinned to fit a link: it lost its reader.
  meter_.count(egress_.counters(), metrics::LeftOut::kClosed, shard_.metrics());
}

void Session::want(Subscription& subscription, std::size_t encodings) {
  const std::size_t before = std::exchange(subscription.wanted, encodings);
  subscription.route->change_wanted(before, encodings, shard_.now());
}

void Session::keyframe_wanted(TrackRoute& route) {
  // The receiver's decoder is lost, so what the cache holds may be what lost it.
  if (subscription(route.media_handle()) == nullptr) return;
  route.request_keyframe(egress_.encoding_of(route.media_handle()),
                         metrics::KeyframeCause::kRequested, shard_.now());
}

void Session::mute_changed(TrackRoute& route) {
  step_out();
  const bool muted = route.info().description.muted;
  if (muted) egress_.flush(route.media_handle());
  tell_state(route, muted, signaling::TrackStateReason::kMuted);
  shard_.pump_later(*this);
}

void Session::tell_state(const TrackRoute& route, bool paused, signaling::TrackStateReason reason) {
  send_control({.body = signaling::TrackStateChanged{
                    .track = route.info().track,
                    .state = paused ? signaling::TrackState::kPaused : signaling::TrackState::kLive,
                    .reason = reason}});
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
    const media::TrackHandle handle = each.route->media_handle();
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
      tracks_, [&](const TrackRoute* track) { return track->media_handle() == handle; });
  return found == tracks_.end() ? nullptr : *found;
}

Session::Subscription* Session::subscription(media::TrackHandle handle) {
  const auto found = std::ranges::find_if(subscriptions_, [&](const Subscription& each) {
    return each.route->media_handle() == handle;
  });
  return found == subscriptions_.end() ? nullptr : &*found;
}

}  // namespace sluice::sfu
