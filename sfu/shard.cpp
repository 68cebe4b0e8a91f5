#include "sfu/shard.h"

#include <openssl/rand.h>

#include <stdexcept>
#include <variant>

#include "sfu/connection.h"

namespace sluice::sfu {
namespace {

using signaling::SessionId;

std::uint64_t random_bits() {
  std::uint64_t bits = 0;
  if (RAND_bytes(reinterpret_cast<unsigned char*>(&bits), sizeof bits) != 1) {
    throw std::runtime_error("the system has no random numbers");
  }
  return bits;
}

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

Shard::Shard(const ServerSettings& settings, metrics::ShardMetrics& metrics, Log& log)
    : settings_{settings},
      metrics_{metrics},
      log_{log},
      rooms_{settings.rooms, random_bits},
      router_{wheel_, metrics},
      rooms_timer_{[this](media::Time now) { apply(rooms_.on_time(to_steady(now))); }},
      house_timer_{[this](media::Time) { keep_house(); }},
      shut_down_timer_{[this](media::Time) { context_.stop(); }} {
  turn([this] { keep_house(); });
}

Shard::~Shard() = default;

void Shard::adopt(boost::asio::ip::tcp::socket socket) {
  turn([&] {
    const std::size_t open = connections_.size();
    if (shutting_down_ || open >= settings_.connections_max + kRefusalsAtOnce) {
      metrics_.connections_refused[metrics::Refusal::kServerFull].add();
      return;
    }
    const SessionId id{next_session_++};
    const auto connection = std::make_shared<Connection>(id, *this, std::move(socket),
                                                         open >= settings_.connections_max);
    connections_.emplace(id, connection);
    connection->start();
  });
}

void Shard::shut_down() {
  turn([this] {
    shutting_down_ = true;
    wheel_.schedule(shut_down_timer_, now_ + kShutDownTime);
    for (const auto& [id, connection] : connections_) connection->shut_down();
  });
}

void Shard::command(SessionId session, signaling::RoomCommand command) {
  commands_.emplace_back(session, std::move(command));
}

void Shard::pump_later(Session& session) {
  if (!session.linked()) to_pump_.push_back(session);
}

void Shard::retire(const Connection& connection) { retired_.push_back(connection.id()); }

void Shard::finish_turn() {
  for (;;) {
    run_commands();
    Session* const session = to_pump_.pop_front();
    if (session == nullptr) break;
    session->pump();
  }
  for (const SessionId id : retired_) connections_.erase(id);
  retired_.clear();
  if (shutting_down_ && connections_.empty()) context_.stop();
  arm_timer();
}

void Shard::run_commands() {
  while (!commands_.empty()) {
    const auto [session, command] = std::move(commands_.front());
    commands_.pop_front();
    apply(rooms_.handle(session, command, to_steady(now_)));
  }
}

void Shard::apply(std::vector<signaling::RoomEffect> effects) {
  for (const signaling::RoomEffect& effect : effects) {
    std::visit([this](const auto& each) { apply(each); }, effect);
  }
  wheel_.schedule(rooms_timer_, to_media(rooms_.next_deadline()));
}

void Shard::count_error(signaling::ErrorCode code) {
  // The codes were given to the metrics in the order of the enum (server.cpp).
  metrics_.protocol_errors[static_cast<std::size_t>(code)].add();
}

void Shard::apply(const signaling::SendTo& effect) {
  if (effect.error) count_error(*effect.error);
  if (Session* const to = session(effect.session)) to->send(effect.text);
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
  publisher->track_added(router_.add(effect.room, effect.track, *publisher));
}

void Shard::apply(const signaling::TrackRemoved& effect) {
  TrackRoute* const route = router_.find(effect.room, effect.handle);
  if (route == nullptr) return;
  if (Session* const publisher = session(effect.publisher)) publisher->track_removed(*route);
  router_.remove(effect.room, effect.handle);
}

void Shard::apply(const signaling::SubscriptionChanged& effect) {
  TrackRoute* const route = router_.find(effect.room, effect.handle);
  Session* const subscriber = session(effect.subscriber);
  if (route != nullptr && subscriber != nullptr) {
    subscriber->subscription_changed(*route, effect.settings);
  }
}

void Shard::apply(const signaling::SubscriptionRemoved& effect) {
  TrackRoute* const route = router_.find(effect.room, effect.handle);
  Session* const subscriber = session(effect.subscriber);
  if (route != nullptr && subscriber != nullptr) subscriber->subscription_removed(*route);
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

void Shard::keep_house() {
  constexpr unsigned kTurnsPerSecond = std::chrono::seconds{1} / kHeartbeatInterval;
  constexpr unsigned kTurnsPerTrim = 5 * kTurnsPerSecond;
  heartbeat_.store(now_.time_since_epoch().count(), std::memory_order_relaxed);
  count_rooms();
  if (house_turns_ % kTurnsPerSecond == 0) {
    for (const auto& [id, connection] : connections_) {
      if (Session* const each = connection->session()) each->count_egress();
    }
  }
  if (house_turns_ % kTurnsPerTrim == 0) frame_pool_.trim();
  ++house_turns_;
  wheel_.schedule(house_timer_, now_ + kHeartbeatInterval);
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
    os_timer_at_ = media::Time::max();
    wheel_.advance(now_);
    while (media::Timer* const timer = wheel_.pop_expired()) {
      static_cast<ShardTimer*>(timer)->expired(now_);
    }
  });
}

}  // namespace sluice::sfu
