#pragma once

#include <chrono>
#include <cstddef>

namespace sluice::signaling {

/// Bounds of the room layer; one more is refused with the documented error.
struct RoomLimits {
  std::size_t rooms_max = 10000;
  /// Keeps `joined` with everything at its greatest under the 16 MiB of a raw message.
  std::size_t participants_max = 100;
  std::size_t tracks_max = 8;            ///< of one participant, as announced in `hello`
  std::size_t subscriptions_max = 1024;  ///< of one participant
  /// A room stays this long after the last participant left, so that a reload finds it again.
  std::chrono::milliseconds empty_room_delay{30000};
  bool lanes = false;                              ///< who asks for it may open a lane
  std::chrono::milliseconds lane_key_life{60000};  ///< then a key that nobody used is void
};

}  // namespace sluice::signaling
