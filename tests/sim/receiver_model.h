#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <vector>

#include "media/frame_pool.h"
#include "tests/sim/sender.h"

namespace sluice::sim {

/// What a subscriber saw and heard, judged frame by frame.
///
/// A video frame is shown when it came whole, all that it needs was decoded, and neither it nor
/// anything newer was shown in any encoding; it counts as on time within the budget. Keeps its own
/// books of what can be decoded.
///
/// Utility: each packet of sound in time 2; each picture in time 4 (keyframe or base layer), 2
/// (middle layer) or 1 (upper layer) times the value of its encoding (simulcast.h); minus
/// `kFreezePenalty` for each pause of the picture over 200 ms and `kSwitchPenalty` for each change
/// of encoding between two pictures.
class ReceiverModel {
 public:
  struct Budgets {
    Duration audio = std::chrono::milliseconds{200};
    Duration video = std::chrono::milliseconds{400};
  };

  /// One base frame, and half of one: a freeze already costs the pictures that it lacks.
  static constexpr double kFreezePenalty = 4;
  static constexpr double kSwitchPenalty = 2;

  struct Outcome {
    std::uint64_t audio_sent = 0, audio_on_time = 0;
    /// Pictures, however many encodings there are of each.
    std::uint64_t video_sent = 0, video_on_time = 0, video_shown = 0;
    std::uint64_t undecodable = 0;
    std::vector<Duration> audio_ages, video_ages;  ///< at arrival, in order of arrival
    double utility = 0;
    double utility_offered = 0;  ///< if all sound and the largest encoding came at once
    double freeze_seconds = 0;   ///< pauses of shown video beyond 200 ms, on-time frames only
    std::uint64_t freezes = 0;
    std::uint64_t switches = 0;
    Duration longest_audio_gap{};
    std::uint64_t audio_gaps = 0;  ///< over 60 ms of missing sound
    std::uint64_t bytes_received = 0, bytes_shown = 0;
  };

  /// One that was shown on time.
  struct Picture {
    Time captured{};
    media::EncodingId encoding{};
  };

  /// `encodings`: how many the camera publishes.
  ReceiverModel(Budgets budgets, int encodings) : budgets_(budgets), encodings_(encodings) {}

  /// A frame that the publisher sent, whether or not it will come.
  void offered(const media::Frame& frame);
  void received(const WireMessage& message, Time now);
  [[nodiscard]] Outcome finish(Time now);
  [[nodiscard]] std::uint64_t media_bytes() const { return media_bytes_; }
  /// When the newest on-time frame of each kind came; for outage tests.
  [[nodiscard]] const std::vector<Time>& shown_times() const { return shown_times_; }
  [[nodiscard]] const std::vector<Picture>& pictures() const { return pictures_; }
  [[nodiscard]] const std::vector<Time>& heard_times() const { return heard_times_; }

  /// What a frame on time is worth; `encodings` as above.
  [[nodiscard]] static double worth(media::MediaKind kind,
                                    const media::FrameDescription& description, int encodings);

 private:
  [[nodiscard]] bool decode(const media::FrameDescription& description);
  void show(const media::Frame& frame, Time now);
  void hear(const media::Frame& frame, Time now);

  Budgets budgets_;
  int encodings_;
  Outcome outcome_;
  std::uint64_t media_bytes_ = 0;
  std::map<media::EncodingId, std::set<media::FrameNumber>> decoded_;
  Time newest_ = Time::min();            ///< capture time of the newest picture shown
  std::optional<media::EncodingId> on_;  ///< encoding of the last picture on time
  std::vector<Time> shown_times_;
  std::vector<Picture> pictures_;
  std::vector<Time> heard_times_;
  std::vector<Time> audio_captures_;  ///< of packets heard in time
  std::vector<Time> audio_offered_;
};

}  // namespace sluice::sim
