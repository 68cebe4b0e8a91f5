#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>

#include "media/time.h"

namespace sluice::media {

/// What the sender believes of one connection's link when it chooses what to send next.
struct LinkEstimate {
  /// Payload the link carries; nothing while no busy interval has shown it. Never a figure from a
  /// moment in which we had nothing to send: that would be a guess from below.
  std::optional<double> bytes_per_second;
  /// From the kernel's hands to the receiver's, without our own queueing.
  Duration one_way_delay{};
  /// The part of it that is the way itself: half of the smallest round trip.
  Duration propagation{};
  /// Bytes handed to the kernel that the receiver has not acknowledged.
  std::size_t outstanding_bytes = 0;
  /// More is waiting than leaves at once; prefer small chunks, look before each write.
  bool congested = false;
  /// Payload of the next chunk at most.
  std::size_t chunk_bytes = 16 * 1024;

  /// `budget`, or `room` beyond the way itself where that takes the budget up: a call by satellite
  /// is late, but it is neither silent nor at half of the pictures.
  [[nodiscard]] Duration reachable(Duration budget, Duration room) const {
    return std::max(budget, propagation + room);
  }

  /// How long `bytes` occupy the link; zero while the rate is unknown.
  [[nodiscard]] Duration time_for(std::size_t bytes) const {
    if (!bytes_per_second || *bytes_per_second <= 0) return Duration::zero();
    return Duration{
        static_cast<Duration::rep>(static_cast<double>(bytes) * 1e6 / *bytes_per_second)};
  }
};

}  // namespace sluice::media
