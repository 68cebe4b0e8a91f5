#include "signaling/room_counts.h"

namespace sluice::signaling {

RoomCounts& RoomCounts::operator+=(const RoomCounts& other) {
  rooms += other.rooms;
  participants += other.participants;
  subscriptions += other.subscriptions;
  for (std::size_t i = 0; i < tracks_by_source.size(); ++i) {
    tracks_by_source[i] += other.tracks_by_source[i];
  }
  return *this;
}

}  // namespace sluice::signaling
