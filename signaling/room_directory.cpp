#include "signaling/room_directory.h"

#include <algorithm>
#include <type_traits>
#include <utility>

#include "signaling/server_message.h"

namespace sluice::signaling {

namespace {

SendTo refusal(SessionId session, ErrorCode code, std::string message,
               std::optional<std::uint64_t> reply_to) {
  const ServerMessage error = error_message(protocol_error(code, std::move(message), reply_to));
  return {.session = session,
          .text = std::make_shared<const std::string>(serialise(error)),
          .error = code};
}

}  // namespace

RoomDirectory::RoomDirectory(const RoomLimits& limits, RandomSource random)
    : RoomDirectory(limits, std::move(random), Place{}) {}

RoomDirectory::RoomDirectory(const RoomLimits& limits, RandomSource random, Place place)
    : limits_(limits),
      ids_(std::move(random)),
      next_room_(static_cast<std::uint64_t>(place.first_room)),
      quota_(place.quota ? std::move(place.quota)
                         : std::make_shared<SharedQuota>(limits.rooms_max)) {}

std::vector<RoomEffect> RoomDirectory::handle(SessionId session, const RoomCommand& command,
                                              Time now) {
  std::vector<RoomEffect> effects;
  const auto in_room = [&](auto member_function, const auto& request) {
    const auto found = room_of_session_.find(session);
    if (found == room_of_session_.end()) {
      effects.emplace_back(
          refusal(session, ErrorCode::kNotJoined, "join a room first", command.id));
      return;
    }
    (found->second->*member_function)(session, command.id, request, effects);
  };
  const auto on_request = [&]<typename Request>(const Request& request) {
    if constexpr (std::is_same_v<Request, AuthorizedJoin>) {
      join(session, command.id, request, now, effects);
    } else if constexpr (std::is_same_v<Request, Attach>) {
      attach(session, command.id, request, now, effects);
    } else if constexpr (std::is_same_v<Request, Leave>) {
      leave(session, request.reason, now, effects);
    } else if constexpr (std::is_same_v<Request, Publish>) {
      in_room(&Room::publish, request);
    } else if constexpr (std::is_same_v<Request, Unpublish>) {
      in_room(&Room::unpublish, request);
    } else if constexpr (std::is_same_v<Request, Subscribe>) {
      in_room(&Room::subscribe, request);
    } else if constexpr (std::is_same_v<Request, Unsubscribe>) {
      in_room(&Room::unsubscribe, request);
    } else if constexpr (std::is_same_v<Request, KeyframeRequest>) {
      in_room(&Room::request_keyframe, request);
    } else {
      static_assert(std::is_same_v<Request, Mute>);
      in_room(&Room::mute, request);
    }
  };
  std::visit(on_request, command.request);
  return effects;
}

void RoomDirectory::join(SessionId session, std::optional<std::uint64_t> id,
                         const AuthorizedJoin& request, Time now,
                         std::vector<RoomEffect>& effects) {
  if (room_of_session_.contains(session) || room_of_lane_.contains(session)) {
    effects.emplace_back(
        refusal(session, ErrorCode::kAlreadyJoined, "this connection has joined a room", id));
    return;
  }
  auto found = rooms_.find(request.room);
  if (found == rooms_.end()) {
    bool place = quota_->take();
    if (!place && !removals_.empty()) {
      // A crowd that leaves rooms behind must not keep others out.
      remove_first(effects);
      place = quota_->take();
    }
    if (!place) {
      effects.emplace_back(
          FailSession{.session = session,
                      .error = protocol_error(ErrorCode::kServerFull,
                                              "the server has no place for a new room", id)});
      return;
    }
    found = rooms_
                .emplace(request.room, Entry{.room = std::make_unique<Room>(
                                                 RoomId{next_room_++}, request.room, limits_, ids_),
                                             .remove_at = std::nullopt})
                .first;
  }
  Entry& entry = found->second;
  const auto replaced = request.identity ? entry.room->session_of(*request.identity) : std::nullopt;
  if (replaced) forget(*replaced, *entry.room);
  if (entry.room->join(session, id, request, now, effects)) {
    room_of_session_.emplace(session, entry.room.get());
  }
  update_removal(entry, now);
}

void RoomDirectory::attach(SessionId session, std::optional<std::uint64_t> id,
                           const Attach& request, Time now, std::vector<RoomEffect>& effects) {
  const auto found = rooms_.find(request.room);
  if (found == rooms_.end() || room_of_session_.contains(session) ||
      room_of_lane_.contains(session)) {
    effects.emplace_back(lane_refusal(session, id));
    return;
  }
  Room* const room = found->second.room.get();
  if (room->attach(session, id, request, now, effects)) room_of_lane_.emplace(session, room);
}

void RoomDirectory::forget(SessionId session, const Room& room) {
  if (const auto lane = room.lane_of(session)) room_of_lane_.erase(*lane);
  room_of_session_.erase(session);
}

void RoomDirectory::leave(SessionId session, GoodbyeReason reason, Time now,
                          std::vector<RoomEffect>& effects) {
  if (const auto lane = room_of_lane_.extract(session)) {
    lane.mapped()->detach(session, reason, now, effects);
    return;
  }
  const auto found = room_of_session_.find(session);
  // Its join failed, or another with its identity took its place.
  if (found == room_of_session_.end()) return;
  Room* room = found->second;
  forget(session, *room);
  room->leave(session, reason, effects);
  update_removal(rooms_.find(room->name())->second, now);
}

void RoomDirectory::remove_first(std::vector<RoomEffect>& effects) {
  const auto first = removals_.begin();
  const auto room = rooms_.find(first->second);
  effects.emplace_back(RoomRemoved{room->second.room->id()});
  rooms_.erase(room);
  removals_.erase(first);
  quota_->give_back();
}

void RoomDirectory::update_removal(Entry& entry, Time now) {
  const bool empty = entry.room->empty();
  if (empty == entry.remove_at.has_value()) return;
  if (empty) {
    entry.remove_at = now + limits_.empty_room_delay;
    removals_.emplace(*entry.remove_at, entry.room->name());
  } else {
    removals_.erase({*entry.remove_at, entry.room->name()});
    entry.remove_at.reset();
  }
}

std::vector<RoomEffect> RoomDirectory::on_time(Time now) {
  std::vector<RoomEffect> effects;
  while (!removals_.empty() && removals_.begin()->first <= now) remove_first(effects);
  return effects;
}

RoomDirectory::Time RoomDirectory::next_deadline() const {
  return removals_.empty() ? Time::max() : removals_.begin()->first;
}

RoomCounts RoomDirectory::counts() const {
  RoomCounts counts;
  for (const auto& [name, entry] : rooms_) counts += entry.room->counts();
  return counts;
}

const Room* RoomDirectory::room_of(SessionId session) const {
  const auto found = room_of_session_.find(session);
  return found == room_of_session_.end() ? nullptr : found->second;
}

}  // namespace sluice::signaling
