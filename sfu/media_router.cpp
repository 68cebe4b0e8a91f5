#include "sfu/media_router.h"

#include <utility>

namespace sluice::sfu {

TrackRoute& MediaRouter::add(signaling::RoomId room, signaling::TrackInfo info, Session& publisher,
                             media::Time now) {
  const Key key{.room = room, .handle = info.handle};
  auto route = std::make_unique<TrackRoute>(room, std::move(info), publisher, shard_);
  TrackRoute& added = *(routes_[key] = std::move(route));
  if (const auto early = early_interest_.extract(key)) {
    for (const EarlyInterest& each : early.mapped()) {
      handle(InterestBegan{.room = room, .track = key.handle, .from = each.shard});
      added.set_wanted_on(each.shard, each.wanted, now);
    }
  }
  // Also when nobody wants it: after a while its publisher is told so.
  added.settle_demand(now);
  return added;
}

void MediaRouter::remove(signaling::RoomId room, signaling::TrackHandle handle) {
  routes_.erase({.room = room, .handle = handle});
}

TrackRoute* MediaRouter::find(signaling::RoomId room, signaling::TrackHandle handle) {
  const auto found = routes_.find({.room = room, .handle = handle});
  return found == routes_.end() ? nullptr : found->second.get();
}

TrackRoute* MediaRouter::find_or_open(signaling::RoomId room, const signaling::TrackInfo& info,
                                      ShardIndex publisher_shard) {
  TrackRoute* const known = find(room, info.handle);
  if (known != nullptr || publisher_shard == shard_.port.self()) return known;
  auto route = std::make_unique<TrackRoute>(room, info, publisher_shard, shard_);
  shard_.port.send(publisher_shard,
                   InterestBegan{.room = room, .track = info.handle, .from = shard_.port.self()});
  return (routes_[{.room = room, .handle = info.handle}] = std::move(route)).get();
}

void MediaRouter::release(TrackRoute& route) {
  if (!route.remote() || !route.subscribers().empty()) return;
  shard_.port.send(route.publisher_shard(), InterestEnded{.room = route.room(),
                                                          .track = route.info().handle,
                                                          .from = shard_.port.self()});
  remove(route.room(), route.info().handle);
}

void MediaRouter::receive_from_lane(Crossing&& frame, ShardIndex publisher_shard) {
  if (publisher_shard == shard_.port.self()) {
    TrackRoute* const route = find(frame.room, frame.track);
    if (route != nullptr) route->receive_from_lane(frame.frame);
  } else if (shard_.port.offer(publisher_shard, std::move(frame))) {
    shard_.metrics.shard_frames[metrics::FrameKind::kAudio].add();
  } else {
    shard_.metrics.shard_frames_dropped[metrics::FrameKind::kAudio].add();
  }
}

void MediaRouter::receive(ShardIndex from, const Crossing& crossing) {
  TrackRoute* const route = find(crossing.room, crossing.track);
  if (route != nullptr && !route->remote()) {
    // The other way round: it is published here, and its publisher has a lane there.
    if (crossing.frame) route->receive_from_lane(crossing.frame);
    return;
  }
  if (route == nullptr || route->publisher_shard() != from) {
    // Its last subscriber has gone while the frame was on its way, or the one whom the room
    // promised was gone before it came. Should one be about to come, its interest is told after
    // this.
    shard_.port.send(
        from,
        InterestEnded{.room = crossing.room, .track = crossing.track, .from = shard_.port.self()});
    return;
  }
  if (crossing.group) {
    route->receive_group(*crossing.group);
  } else {
    route->receive(crossing.frame);
  }
}

void MediaRouter::expect(const InterestBegan& interest) {
  TrackRoute* const route = find(interest.room, interest.track);
  if (route == nullptr) return;
  route->add_shard(interest.from);
  route->settle_groups();
}

void MediaRouter::handle(const InterestBegan& interest) {
  const Key key{.room = interest.room, .handle = interest.track};
  TrackRoute* const route = find(key.room, key.handle);
  if (route == nullptr) {
    early_interest_[key].push_back({.shard = interest.from});
    return;
  }
  route->add_shard(interest.from);
  route->settle_groups();
}

void MediaRouter::handle(const InterestEnded& interest, media::Time now) {
  const Key key{.room = interest.room, .handle = interest.track};
  if (TrackRoute* const route = find(key.room, key.handle)) route->remove_shard(interest.from, now);
  const auto early = early_interest_.find(key);
  if (early == early_interest_.end()) return;
  std::erase_if(early->second,
                [&](const EarlyInterest& each) { return each.shard == interest.from; });
  if (early->second.empty()) early_interest_.erase(early);
}

void MediaRouter::handle(const KeyframeAsked& asked, media::Time now) {
  TrackRoute* const route = find(asked.room, asked.track);
  if (route != nullptr) route->request_keyframe(asked.encoding, asked.cause, now);
}

void MediaRouter::handle(const EncodingsWanted& wanted, media::Time now) {
  const Key key{.room = wanted.room, .handle = wanted.track};
  if (TrackRoute* const route = find(key.room, key.handle)) {
    route->set_wanted_on(wanted.from, wanted.wanted, now);
    return;
  }
  const auto early = early_interest_.find(key);
  if (early == early_interest_.end()) return;
  for (EarlyInterest& each : early->second) {
    if (each.shard == wanted.from) each.wanted = wanted.wanted;
  }
}

void MediaRouter::release_stale_records() {
  for (const auto& [key, route] : routes_) route->offered().release_stale();
}

void MediaRouter::settle_groups() {
  for (const auto& [key, route] : routes_) route->settle_groups();
}

}  // namespace sluice::sfu
