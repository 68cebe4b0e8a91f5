#include "sfu/home_rooms.h"

#include <openssl/rand.h>

#include <optional>
#include <stdexcept>
#include <utility>
#include <variant>

#include "sfu/clock.h"

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

/// Whose shard carries an effect out; nothing when it is not one session's.
struct ConcernedSession {
  std::optional<SessionId> operator()(const signaling::SendTo& effect) const {
    return effect.session;
  }
  std::optional<SessionId> operator()(const signaling::SessionJoined& effect) const {
    return effect.session;
  }
  std::optional<SessionId> operator()(const signaling::CloseSession& effect) const {
    return effect.session;
  }
  std::optional<SessionId> operator()(const signaling::FailSession& effect) const {
    return effect.session;
  }
  std::optional<SessionId> operator()(const signaling::TrackAdded& effect) const {
    return effect.publisher;
  }
  std::optional<SessionId> operator()(const signaling::TrackRemoved& effect) const {
    return effect.publisher;
  }
  std::optional<SessionId> operator()(const signaling::SubscriptionChanged& effect) const {
    return effect.subscriber;
  }
  std::optional<SessionId> operator()(const signaling::SubscriptionRemoved& effect) const {
    return effect.subscriber;
  }
  std::optional<SessionId> operator()(const signaling::LaneTrackAdded& effect) const {
    return effect.lane;
  }
  std::optional<SessionId> operator()(const signaling::LaneTrackRemoved& effect) const {
    return effect.lane;
  }
  std::optional<SessionId> operator()(const signaling::KeyframeWanted& effect) const {
    return effect.subscriber;
  }
  std::optional<SessionId> operator()(const signaling::SessionLeft& effect) const {
    return effect.session;
  }
  std::optional<SessionId> operator()(const signaling::RoomRemoved&) const { return std::nullopt; }
  // Shards without a route of the track pass over it: rare enough not to keep book of who has one.
  std::optional<SessionId> operator()(const signaling::MuteChanged&) const { return std::nullopt; }
};

}  // namespace

HomeRooms::HomeRooms(const signaling::RoomLimits& limits,
                     std::shared_ptr<signaling::SharedQuota> quota, media::TimerWheel& wheel,
                     ShardPort& port, Here here)
    : port_{port},
      wheel_{wheel},
      here_{std::move(here)},
      rooms_{limits,
             random_bits,
             {.first_room = first_room_id(port.self()), .quota = std::move(quota)}},
      news_(port.shards()),
      timer_{[this](media::Time now) { carry_out(rooms_.on_time(to_steady(now))); }} {}

void HomeRooms::handle(SessionId session, const signaling::RoomCommand& command, media::Time now) {
  if (port_.overloaded() && !std::holds_alternative<signaling::Leave>(command.request)) {
    refuse(session, command);
  } else {
    carry_out(rooms_.handle(session, command, to_steady(now)));
  }
}

void HomeRooms::refuse(SessionId session, const signaling::RoomCommand& command) {
  // A join that fails ends the connection, so does a lane's; anything else may be asked again.
  const bool join = std::holds_alternative<signaling::AuthorizedJoin>(command.request) ||
                    std::holds_alternative<signaling::Attach>(command.request);
  carry_out({signaling::FailSession{
      .session = session,
      .error = signaling::protocol_error(
          join ? signaling::ErrorCode::kServerFull : signaling::ErrorCode::kRateLimited,
          "the server is too busy", command.id)}});
}

void HomeRooms::carry_out(std::vector<signaling::RoomEffect> effects) {
  for (signaling::RoomEffect& effect : effects) {
    const std::optional<SessionId> session = std::visit(ConcernedSession{}, effect);
    if (const auto* subscription = std::get_if<signaling::SubscriptionChanged>(&effect)) {
      announce(*subscription);
    }
    if (std::holds_alternative<signaling::MuteChanged>(effect)) {
      for (RoomNews& news : news_) news.effects.push_back(effect);
    }
    if (!session || shard_of(*session) == port_.self()) {
      here_.effect(effect);
    } else {
      news_[static_cast<std::size_t>(shard_of(*session))].effects.push_back(std::move(effect));
    }
  }
  for (std::size_t to = 0; to < news_.size(); ++to) {
    RoomNews news = std::exchange(news_[to], {});
    const ShardIndex shard{static_cast<std::uint8_t>(to)};
    if (shard == port_.self() || (news.effects.empty() && news.interests.empty())) continue;
    port_.send(shard, std::move(news));
  }
  wheel_.schedule(timer_, to_media(rooms_.next_deadline()));
}

void HomeRooms::announce(const signaling::SubscriptionChanged& effect) {
  const ShardIndex from = shard_of(effect.subscriber);
  const ShardIndex publisher = shard_of(effect.publisher);
  if (from == publisher) return;
  const InterestBegan interest{.room = effect.room, .track = effect.handle, .from = from};
  if (publisher == port_.self()) {
    here_.interest(interest);
  } else {
    news_[static_cast<std::size_t>(publisher)].interests.push_back(interest);
  }
}

}  // namespace sluice::sfu
