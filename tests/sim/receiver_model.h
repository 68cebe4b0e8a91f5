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
/// A video frame is shown when it came whole, all that it needs was decoded, and nothing newer was
/// shown; it counts as on time within the budget. Keeps its own books of what can be decoded.
class ReceiverModel {
 public:
  struct Budgets {
    Duration audio = std::chrono::milliseconds{200};
    Duration video = std::chrono::milliseconds{400};
  };

  struct Outcome {
    std::uint64_t audio_sent = 0, audio_on_time = 0;
    std::uint64_t video_sent = 0, video_on_time = 0, video_shown = 0;
    std::uint64_t undecodable = 0;
    std::vector<Duration> audio_ages, video_ages;  ///< at arrival, in order of arrival
    double utility = 0;                            ///< weights of the frames on time (delivery.md)
    double utility_offered = 0;                    ///< the same if everything came at once
    double freeze_seconds = 0;  ///< pauses of shown video beyond 200 ms, on-time frames only
    std::uint64_t freezes = 0;
    Duration longest_audio_gap{};
    std::uint64_t audio_gaps = 0;  ///< over 60 ms of missing sound
    std::uint64_t bytes_received = 0, bytes_shown = 0;
  };

  explicit ReceiverModel(Budgets budgets) : budgets_(budgets) {}

  /// A frame that the publisher sent, whether or not it will come.
  void offered(const media::Frame& frame);
  void received(const WireMessage& message, Time now);
  [[nodiscard]] Outcome finish(Time now);
  [[nodiscard]] std::uint64_t media_bytes() const { return media_bytes_; }
  /// When the newest on-time frame of each kind came; for outage tests.
  [[nodiscard]] const std::vector<Time>& shown_times() const { return shown_times_; }
  [[nodiscard]] const std::vector<Time>& heard_times() const { return heard_times_; }

  /// What a frame on time is worth (../research's weights; delivery.md "The simulator").
  [[nodiscard]] static double weight(const media::Frame& frame);

 private:
  void decode(const media::Frame& frame, Time now);
  void hear(const media::Frame& frame, Time now);

  Budgets budgets_;
  Outcome outcome_;
  std::uint64_t media_bytes_ = 0;
  std::map<media::TrackHandle, std::uint32_t> open_;
  std::set<media::FrameNumber> decoded_;
  std::vector<Time> shown_times_;
  std::vector<Time> heard_times_;
  std::vector<Time> audio_captures_;  ///< of packets heard in time
  std::vector<Time> audio_offered_;
};

}  // namespace sluice::sim
