#include "sfu/media_router.h"

namespace sluice::sfu {

TrackRoute& MediaRouter::add(signaling::RoomId room, signaling::TrackInfo info,
                             Session& publisher) {
  const Key key{.room = room, .handle = info.handle};
  auto route = std::make_unique<TrackRoute>(std::move(info), publisher, wheel_, metrics_);
  return *(routes_[key] = std::move(route));
}

void MediaRouter::remove(signaling::RoomId room, signaling::TrackHandle handle) {
  routes_.erase({.room = room, .handle = handle});
}

TrackRoute* MediaRouter::find(signaling::RoomId room, signaling::TrackHandle handle) {
  const auto found = routes_.find({.room = room, .handle = handle});
  return found == routes_.end() ? nullptr : found->second.get();
}

}  // namespace sluice::sfu
