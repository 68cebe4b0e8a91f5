#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "media/in_flight_cap.h"
#include "media/time.h"

namespace sluice::media {

/// What the kernel has measured of a connection's path (TCP_INFO).
struct PathFacts {
  Duration round_trip{};      ///< tcpi_rtt, smoothed
  Duration min_round_trip{};  ///< tcpi_min_rtt
  std::uint64_t bytes_acked = 0;
  std::uint32_t retransmitted_segments = 0;  ///< tcpi_total_retrans
  /// tcpi_snd_wnd: what the peer has room for; nothing where the kernel does not tell.
  std::optional<std::size_t> receive_window = std::nullopt;
  std::size_t segment_bytes = InFlightCap::kSegmentBytes;  ///< tcpi_snd_mss
};

}  // namespace sluice::media
