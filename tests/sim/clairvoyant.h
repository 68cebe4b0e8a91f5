#pragma once

#include "tests/sim/meeting.h"

namespace sluice::sim {

/// What nobody could beat: the worth of the best schedule for a meeting by someone who knows the
/// whole link and all frames in advance, may have any base frame made a keyframe, and pays neither
/// for freezes nor for switches.
///
/// Each frame that is sent needs its bytes of the link between the moment it was captured and its
/// deadline less half a round trip; a frame needs the one it depends on. Base frames may also be
/// sent late, to be decoded and not shown, so that later frames are worth something. Of one
/// picture's encodings one is shown. This is an integer program, but one that needs no solver: all
/// frames of the video have the same patience, so to send what is chosen in the order of capture is
/// as good as any other order, and a dynamic program over the frames finds the optimum exactly. Its
/// state is how far the link is booked, in bytes, and which encodings can be continued.
///
/// In favour of the bound are left out: loss, the congestion window and the queue, headers of
/// segments that are not full, chunks, the time that requests for keyframes need. Sound comes
/// first: all that can come in time without any video does (a packet is worth several times as much
/// a byte as any frame), and takes from the video only what it must have within each stretch of
/// time. A slow reader is a link of its own, and the lower result counts. With more than one
/// encoding, frames that are only decoded keep the order of capture too; to send them behind later
/// frames of another encoding might be better by a little.
struct ClairvoyantBound {
  double utility = 0;
  /// In the best schedule, as shares of what was published.
  double audio_on_time = 0, video_on_time = 0;
};

[[nodiscard]] ClairvoyantBound clairvoyant_bound(const MeetingSettings& settings);

}  // namespace sluice::sim
