#pragma once

#include <expected>
#include <string>

#include "tests/link/link_direction.h"
#include "tests/sim/meeting.h"

namespace sluice::real {

struct RealMeetingResult {
  sim::MeetingResult meeting;
  link::LinkDirection::Counters link;  ///< of what went down to the subscriber
  std::uint64_t lanes_opened = 0;
  std::uint64_t lane_frames = 0;  ///< that the subscriber got over one
};

/// The simulator's meeting with nothing simulated but the link and the encoder: the real server,
/// the native client's connections, the kernel's TCP over an emulated link (tests/link).
///
/// The publisher sends the frames of `sim::PublisherModel`, of the seeded sizes and filled with
/// zeros, from the server's side; the subscriber sits behind the link and is judged by
/// `sim::ReceiverModel`. One process plays both, so that ages need no synchronised clocks.
/// The link loses only what goes down to the subscriber, as the simulator's does.
///
/// Takes `settings.length` of real time. `congestion_control`: the server's setting, e.g. `auto`.
/// `lanes`: the subscriber has a lane, through the same link.
/// Needs root (network namespaces); leaves the calling thread in one of them. The error is one
/// sentence for people.
[[nodiscard]] std::expected<RealMeetingResult, std::string> run_real_meeting(
    const sim::MeetingSettings& settings, const std::string& congestion_control,
    bool lanes = false);

}  // namespace sluice::real
