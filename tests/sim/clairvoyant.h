#pragma once

#include <optional>

#include "tests/sim/integer_program.h"
#include "tests/sim/meeting.h"

namespace sluice::sim {

/// What nobody could beat: the worth of the best schedule for a meeting by someone who knows the
/// whole link and all frames in advance, may have any base frame made a keyframe, and pays neither
/// for freezes nor for switches.
///
/// A mixed-integer program over slots of time. Each frame that is sent needs its bytes between the
/// moment it was captured and its deadline less half a round trip; what all need of the link in a
/// slot is at most what the link can carry; a frame needs its parent, in time for itself. Base
/// frames may also be sent late, to be decoded and not shown, so that later frames are worth
/// something. Of one picture's encodings one is shown.
///
/// Left out, each in favour of the bound: loss, the congestion window and the queue, the headers of
/// segments that are not full, chunks, the time at which requests for keyframes must be made. Slots
/// and latenesses are rounded outward. A reader slower than the link replaces the link. So no
/// sender in the simulator can have more, and the best possible one may have less.
struct ClairvoyantBound {
  double utility = 0;  ///< proven: nothing is worth more
  double found = 0;    ///< worth of the best schedule found; the optimum is between these
  double audio_on_time = 0;
  double video_on_time = 0;  ///< pictures; shares of what was published, in the schedule found
};

/// `limits`: how near to the optimum; without, parts of frames count for their part, which is a
/// somewhat higher bound, much sooner.
[[nodiscard]] ClairvoyantBound clairvoyant_bound(
    const MeetingSettings& settings, const std::optional<IntegerProgram::Limits>& limits = {});

}  // namespace sluice::sim
