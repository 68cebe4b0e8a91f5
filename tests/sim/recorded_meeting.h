#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "client/flight/flight_story.h"
#include "media/frame_pool.h"
#include "tests/sim/receiver_model.h"
#include "tests/sim/sender.h"
#include "tests/sim/tcp_link.h"

namespace sluice::sim {

/// What a flight log says of one subscriber's meeting, as the simulator wants it: the link, and the
/// frames that were offered.
///
/// The link's rate is what was acknowledged while more waited than it took, or what the server's
/// own estimator took from that where no queue stood. When nothing waited it is only known to be no
/// less than what was sent: it is then taken for the fastest that it ever was, and for twice what
/// all publishers sent at least. Its buffer is taken for 200 ms; loss is not known apart from the
/// rate that it leaves. The first base frame of each encoding counts as a keyframe, of its own
/// size.
struct RecordedMeeting {
  struct Track {
    media::TrackHandle handle{};
    media::MediaKind kind{};
    Duration latency_budget{};
    int encodings = 1;  ///< up to the largest that was of use to the subscriber
    std::uint8_t priority = 128;
  };
  struct Offer {
    media::FrameDescription description;
    media::MediaKind kind{};
    Time arrival{};
    Duration lateness{};
    /// When the real server had given its last byte to the kernel, and how long that still took.
    std::optional<Time> sent;
    Duration on_its_way{};
  };

  TcpLink::Settings link;
  std::vector<Track> tracks;
  std::vector<Offer> offers;  ///< by arrival; only what the subscriber wanted
  Duration length{};
  double offered_bits_per_second = 0;    ///< of the best encodings, and of sound
  double congested_share = 0;            ///< of the time, in which the rate is known
  double congested_bits_per_second = 0;  ///< meanwhile; 0: it never was
};

/// Throws std::runtime_error when the log holds no frame that could be replayed.
[[nodiscard]] RecordedMeeting recorded_meeting(const client::FlightStory& story);

/// How a meeting went for its subscriber, over all tracks.
struct ReplayOutcome {
  std::uint64_t pictures_offered = 0, pictures_on_time = 0;
  std::uint64_t freezes = 0;
  double freeze_seconds = 0;
  std::uint64_t switches = 0;
  std::uint64_t sounds_offered = 0, sounds_on_time = 0, sound_gaps = 0;
  std::vector<Duration> picture_ages, sound_ages;
  std::uint64_t bytes = 0;
};

using MakeReplaySender = std::function<std::unique_ptr<Sender>(TcpLink&, const RecordedMeeting&)>;

/// The same offers over the same link, sent by another.
///
/// `best_only`: the sender is given the best encoding of each camera alone, as encoding 0. A
/// keyframe that it asks for stands in for the next base frame, as large as the recorded keyframes
/// of that encoding on average.
[[nodiscard]] ReplayOutcome replay(const RecordedMeeting& meeting, bool best_only,
                                   const MakeReplaySender& make);
/// What really happened, judged by the same receiver.
[[nodiscard]] ReplayOutcome as_recorded(const RecordedMeeting& meeting);

}  // namespace sluice::sim
