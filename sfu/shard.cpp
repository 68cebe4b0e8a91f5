#include "sfu/shard.h"

#include <malloc.h>
#include <unistd.h>

#include <variant>

#include "sfu/connection.h"

namespace sluice::sfu {
namespace {

using signaling::SessionId;

metrics::TrackSource metric_source(signaling::TrackSource source) {
  switch (source) {
    case signaling::TrackSource::kMicrophone:
      return metrics::TrackSource::kMicrophone;
    case signaling::TrackSource::kCamera:
      return metrics::TrackSource::kCamera;
    case signaling::TrackSource::kScreen:
      return metrics::TrackSource::kScreen;
    case signaling::TrackSource::kScreenAudio:
      break;
  }
  return metrics::TrackSource::kScreenAudio;
}

}  // namespace

Shard::Shard(ShardIndex index, const ShardSurroundings& server, metrics::ShardMetrics& metrics,
             media::FramePool& frame_pool)
    : index_{index},
      settings_{server.settings},
      metrics_{metrics},
      log_{server.log},
      connections_quota_{server.connections},
      sessions_quota_{server.sessions},
      flight_{.kept = settings_.flight_recorder, .now = now_},
      frame_pool_{frame_pool},
      port_{server.bus, index, metrics},
      rooms_{settings_.rooms,
             server.rooms,
             wheel_,
             port_,
             {.effect = [this](const signaling::RoomEffect& effect) { apply(effect); },
              .interest = [this](const InterestBegan& interest) { router_.expect(interest); }}},
      router_{{.wheel = wheel_,
               .metrics = metrics,
               .port = port_,
               .pump_queue = pump_queue_,
               .flight = flight_,
               .now = now_}},
      house_timer_{[this](media::Time) { keep_house(); }},
      // Every turn ends with another try.
      backlog_timer_{[](media::Time) {}},
      shut_down_timer_{[this](media::Time) { context_.stop(); }},
      descriptors_{context_, port_.event()} {
  // The bus closes its descriptor itself.
  others_.assign(::dup(port_.event()));
  await_others();
  turn([this] { keep_house(); });
}

Shard::~Shard() = default;

void Shard::listen(boost::asio::ip::tcp::acceptor acceptor) {
  listener_.emplace(std::move(acceptor), metrics_, log_,
                    [this](boost::asio::ip::tcp::socket socket) { adopt(std::move(socket)); });
  listener_->start();
  descriptors_.make_room(0);
}

void Shard::adopt(boost::asio::ip::tcp::socket socket) {
  turn([&] {
    if (shutting_down_ || !connections_quota_.take()) {
      metrics_.connections_refused[metrics::Refusal::kServerFull].add();
      return;
    }
    const SessionId id = session_id(index_, next_session_++);
    const auto connection = std::make_shared<Connection>(id, *this, std::move(socket));
    connections_.emplace(id, connection);
    connection->start();
    descriptors_.make_room(connections_.size());
  });
}

void Shard::shut_down_all() {
  turn([this] {
    for (std::size_t other = 0; other < port_.shards(); ++other) {
      const ShardIndex shard{static_cast<std::uint8_t>(other)};
      if (shard != index_) port_.send(shard, ShutDown{});
    }
    begin_to_shut_down();
  });
}

void Shard::begin_to_shut_down() {
  shutting_down_ = true;
  if (listener_) listener_->stop();
  wheel_.schedule(shut_down_timer_, now_ + kShutDownTime);
  for (const auto& [id, connection] : connections_) connection->shut_down();
}

void Shard::command(ShardIndex home, SessionId session, signaling::RoomCommand command) {
  if (home == index_) {
    commands_.emplace_back(session, std::move(command));
  } else if (port_.overloaded() && !std::holds_alternative<signaling::Leave>(command.request)) {
    rooms_.refuse(session, command);
  } else {
    port_.send(home, RoomRequest{.session = session, .command = std::move(command)});
  }
}

void Shard::pump_later(Session& session) { pump_queue_.add(session, now_); }

void Shard::pump_before_long(Session& session) { pump_queue_.add_unhurried(session, now_); }

void Shard::retire(const Connection& connection) { retired_.push_back(connection.id()); }

void Shard::finish_turn() {
  do {
    run_commands();
  } while (pump_queue_.pump_next());
  bury_retired();
  port_.flush();
  if (port_.backlogged()) wheel_.schedule(backlog_timer_, now_ + kBacklogRetry);
  if (shutting_down_ && connections_.empty()) context_.stop();
  arm_timer();
}

void Shard::bury_retired() {
  for (const SessionId id : retired_) {
    const auto found = connections_.find(id);
    if (found == connections_.end()) continue;
    // Its room may be on another shard and hear of it later than this.
    if (Session* const session = found->second->session()) session->leave_routes();
    connections_.erase(found);
    connections_quota_.give_back();
  }
  retired_.clear();
}

void Shard::run_commands() {
  while (!commands_.empty()) {
    const auto [session, command] = std::move(commands_.front());
    commands_.pop_front();
    rooms_.handle(session, command, now_);
  }
}

void Shard::await_others() {
  others_.async_read_some(boost::asio::buffer(&others_count_, sizeof others_count_),
                          [this](const boost::system::error_code& cancelled, std::size_t) {
                            if (cancelled) return;
                            turn([this] {
                              port_.receive([this](ShardMessage& message) { handle(message); },
                                            [this](ShardIndex from, const Crossing& crossing) {
                                              router_.receive(from, crossing);
                                            });
                            });
                            await_others();
                          });
}

void Shard::handle(ShardMessage& message) {
  if (auto* request = std::get_if<RoomRequest>(&message)) {
    commands_.emplace_back(request->session, std::move(request->command));
  } else if (const auto* news = std::get_if<RoomNews>(&message)) {
    for (const signaling::RoomEffect& effect : news->effects) apply(effect);
    for (const InterestBegan& interest : news->interests) router_.expect(interest);
  } else if (const auto* began = std::get_if<InterestBegan>(&message)) {
    router_.handle(*began);
  } else if (const auto* ended = std::get_if<InterestEnded>(&message)) {
    router_.handle(*ended, now_);
  } else if (const auto* asked = std::get_if<KeyframeAsked>(&message)) {
    router_.handle(*asked, now_);
  } else if (const auto* wanted = std::get_if<EncodingsWanted>(&message)) {
    router_.handle(*wanted, now_);
  } else {
    begin_to_shut_down();
  }
}

void Shard::apply(const signaling::RoomEffect& effect) {
  std::visit([this](const auto& each) { apply(each); }, effect);
}

void Shard::count_error(signaling::ErrorCode code) {
  // The codes were given to the metrics in the order of the enum (server.cpp).
  metrics_.protocol_errors[static_cast<std::size_t>(code)].add();
}

void Shard::apply(const signaling::SendTo& effect) {
  if (effect.error) count_error(*effect.error);
  if (Session* const to = session(effect.session)) to->send(effect.text, effect.unhurried);
}

void Shard::apply(const signaling::SessionJoined& effect) {
  if (Session* const member = session(effect.session)) member->joined();
}

void Shard::apply(const signaling::CloseSession& effect) {
  if (Session* const member = session(effect.session)) member->dismiss(effect.reason);
}

void Shard::apply(const signaling::FailSession& effect) {
  if (Session* const member = session(effect.session)) member->fail(effect.error);
}

void Shard::apply(const signaling::TrackAdded& effect) {
  Session* const publisher = session(effect.publisher);
  if (publisher == nullptr) return;
  publisher->track_added(router_.add(effect.room, effect.track, *publisher, now_));
}

void Shard::apply(const signaling::TrackRemoved& effect) {
  TrackRoute* const route = router_.find(effect.room, effect.handle);
  if (route == nullptr) return;
  if (Session* const publisher = session(effect.publisher)) publisher->track_removed(*route);
  router_.remove(effect.room, effect.handle);
}

void Shard::apply(const signaling::SubscriptionChanged& effect) {
  Session* const subscriber = session(effect.subscriber);
  if (subscriber == nullptr) return;
  TrackRoute* const route =
      router_.find_or_open(effect.room, effect.track, shard_of(effect.publisher));
  if (route == nullptr) return;
  subscriber->subscription_changed(*route, effect.settings);
  // The session may have refused it.
  router_.release(*route);
}

void Shard::apply(const signaling::SubscriptionRemoved& effect) {
  TrackRoute* const route = router_.find(effect.room, effect.handle);
  Session* const subscriber = session(effect.subscriber);
  if (route == nullptr || subscriber == nullptr) return;
  subscriber->subscription_removed(*route);
  router_.release(*route);
}

void Shard::apply(const signaling::LaneTrackAdded& effect) {
  if (Session* const lane = session(effect.lane)) {
    lane->lane_track_added(effect.room, effect.handle, shard_of(effect.publisher));
  }
}

void Shard::apply(const signaling::LaneTrackRemoved& effect) {
  if (Session* const lane = session(effect.lane)) lane->lane_track_removed(effect.handle);
}

void Shard::apply(const signaling::KeyframeWanted& effect) {
  TrackRoute* const route = router_.find(effect.room, effect.handle);
  Session* const subscriber = session(effect.subscriber);
  if (route != nullptr && subscriber != nullptr) subscriber->keyframe_wanted(*route);
}

void Shard::apply(const signaling::MuteChanged& effect) {
  TrackRoute* const route = router_.find(effect.room, effect.handle);
  if (route == nullptr) return;
  route->set_muted(effect.muted);
  for (Session* subscriber : route->subscribers()) subscriber->mute_changed(*route);
}

void Shard::apply(const signaling::SessionLeft& effect) {
  log_.debug("session_left", {{"session", static_cast<std::uint64_t>(effect.session)},
                              {"reason", signaling::to_string(effect.reason)}});
}

void Shard::apply(const signaling::RoomRemoved& effect) {
  log_.debug("room_removed", {{"room", static_cast<std::uint64_t>(effect.room)}});
}

Session* Shard::session(SessionId id) {
  const auto found = connections_.find(id);
  return found == connections_.end() ? nullptr : found->second->session();
}

std::vector<FlightSession> Shard::flight_sessions() const {
  std::vector<FlightSession> sessions;
  for (const auto& [id, connection] : connections_) {
    if (const Session* const each = connection->session()) {
      sessions.push_back(each->flight_session(sfu::now()));
    }
  }
  return sessions;
}

std::optional<FlightDump> Shard::flight_dump(SessionId id) {
  Session* const asked = session(id);
  if (asked == nullptr) return std::nullopt;
  return asked->flight_dump(sfu::now());
}

void Shard::add_offered(FlightDump::Track& track) {
  const TrackRoute* const route = router_.find(track.room, track.handle);
  if (route == nullptr) return;
  track.offered = route->offered().frames();
  track.offered_overwritten = route->offered().overwritten();
}

void Shard::keep_house() {
  constexpr unsigned kTurnsPerSecond = std::chrono::seconds{1} / kHeartbeatInterval;
  constexpr unsigned kTurnsPerTrim = 5 * kTurnsPerSecond;
  heartbeat_.store(now_.time_since_epoch().count(), std::memory_order_relaxed);
  count_rooms();
  router_.settle_groups();
  if (house_turns_ % kTurnsPerSecond == 0) {
    for (const auto& [id, connection] : connections_) {
      Session* const each = connection->session();
      if (each == nullptr) continue;
      each->count_egress();
      each->pace_reports();
      each->release_stale_records();
    }
    router_.release_stale_records();
    metrics_.flight_recorder_bytes.set(static_cast<std::int64_t>(flight_.bytes));
  }
  if (house_turns_ % kTurnsPerTrim == 0) trim();
  ++house_turns_;
  wheel_.schedule(house_timer_, now_ + kHeartbeatInterval);
}

void Shard::trim() {
  frame_pool_.trim();
  if (!connections_.empty()) {
    trims_when_empty_ = kTrimsWhenEmpty;
  } else if (trims_when_empty_ > 0) {
    --trims_when_empty_;
    // The allocator keeps what was freed below what is still used. To look for it holds up who
    // allocates, so it is done when nobody is here.
    ::malloc_trim(0);
  }
}

void Shard::count_rooms() {
  const signaling::RoomCounts counts = rooms_.counts();
  metrics_.rooms.set(static_cast<std::int64_t>(counts.rooms));
  metrics_.participants.set(static_cast<std::int64_t>(counts.participants));
  for (const signaling::TrackSource source : signaling::kTrackSources) {
    metrics_.tracks[metric_source(source)].set(static_cast<std::int64_t>(counts.tracks(source)));
  }
}

void Shard::arm_timer() {
  const media::Time next = wheel_.next_deadline();
  if (next >= os_timer_at_) return;
  os_timer_at_ = next;
  os_timer_.expires_at(to_steady(next));
  os_timer_.async_wait([this, next](const boost::system::error_code& cancelled) {
    if (!cancelled) on_timer(next);
  });
}

void Shard::on_timer(media::Time armed_for) {
  turn([&] {
    metrics_.event_loop_lag.observe(std::chrono::duration<double>(now_ - armed_for).count());
    strain_.timer_ran(armed_for, connections_.size(), now_);
    os_timer_at_ = media::Time::max();
    wheel_.advance(now_);
    while (media::Timer* const timer = wheel_.pop_expired()) {
      static_cast<ShardTimer*>(timer)->expired(now_);
    }
  });
}

}  // namespace sluice::sfu
