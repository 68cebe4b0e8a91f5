#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "media/frame.h"
#include "media/link_estimate.h"
#include "media/time.h"
#include "media/trial_judge.h"
#include "media/video_stream.h"

namespace sluice::media {

/// One encoding of a track that is being sent by its publisher, and what it needs.
struct Rung {
  EncodingId encoding{};
  double bytes_per_second = 0;
};

/// Chooses for every video track of one subscriber which simulcast encoding it is sent.
///
/// Temporal layers are not its business: `VideoQueue` leaves those out frame by frame. Down goes
/// who loses more than that can hide: a third of the frames, or base frames. How far is told by
/// the estimate of the busy link; when that says that all should fit, only lasting trouble counts,
/// since a stall of TCP looks the same for a moment. Up goes one track at a time, the most
/// important first and the smallest encodings first, by `VideoStream`'s ascent; a failed ascent
/// doubles the pause before the next one.
///
/// Cost:     O(tracks) each `kInterval`, and only where a track has several encodings.
/// Owner:    the subscriber's `Egress`.
/// Source:   delivery.md "What to leave out" and "The estimate"; the order of climbing (the lowest
///           of every track first) is also LiveKit's, research of other servers.
class LayerAllocator {
 public:
  static constexpr Duration kInterval = std::chrono::milliseconds{50};

  /// A track with several encodings, as it stands.
  struct Track {
    TrackHandle track{};
    std::uint8_t priority = 128;
    std::span<const Rung> rungs;  ///< smallest first, up to the wanted size; never empty
    EncodingId asked{};           ///< what it is, or is about to be, shown
    bool settled = false;         ///< it is shown that
    VideoStream::Ascent ascent{};
    EncodingId ascending_to{};
    Time ascent_began{};
    std::optional<Duration> trial_lag;  ///< `VideoStream::trial_lag`
    bool ready = false;
    std::size_t bytes_to_present = 0;
    double left_out_share = 0;  ///< of the frames of the last second
    bool base_late = false;
  };

  enum class Action : std::uint8_t { kSwitch, kTry, kFetch, kCommit, kAbort };
  struct Order {
    TrackHandle track{};
    Action action{};
    EncodingId encoding{};
  };

  [[nodiscard]] bool due(Time now) const { return now >= next_; }
  [[nodiscard]] Time next() const { return next_; }
  /// What all tracks share.
  struct Connection {
    LinkEstimate link;
    double other_bytes_per_second = 0;  ///< audio, and video of one encoding
    std::uint64_t sent_bytes = 0;       ///< payload of all media, since the connection began
    bool trial_elsewhere = false;       ///< a paused track is tried: nothing else meanwhile
  };
  void decide(std::span<const Track> tracks, const Connection& connection, Time now,
              std::vector<Order>& out);

 private:
  static constexpr Duration kPauseLeast = std::chrono::seconds{1};
  /// A link that has doubled is found within this and a trial; one that refused so often is asked
  /// less.
  static constexpr Duration kPauseMost = std::chrono::seconds{4};
  static constexpr Duration kPauseOfTheRefused = std::chrono::seconds{8};
  static constexpr int kRefusedOften = 6;
  static constexpr int kRelapsesCounted = 3;

  void watch_trouble(std::span<const Track> tracks, Time now);
  [[nodiscard]] bool must_descend(double needed, const LinkEstimate& link, Time now) const;
  void descend(std::span<const Track> tracks, double other, const LinkEstimate& link, Time now,
               std::vector<Order>& out);
  void steer_ascent(const Track& track, double needed, const Connection& connection, Time now,
                    std::vector<Order>& out);
  void ascend(std::span<const Track> tracks, const LinkEstimate& link, Time now,
              std::vector<Order>& out);
  void failed(Time now);

  Time next_ = Time::min();
  Time trouble_since_ = Time::max();
  Time deep_trouble_since_ = Time::max();
  Time last_trouble_ = Time::min();
  Time next_ascent_ = Time::min();
  Time last_commit_ = Time::min();
  Time last_descent_ = Time::min();
  TrialJudge judge_;
  Duration pause_ = kPauseLeast;
  int failures_ = 0;  ///< in a row
  int relapses_ = 0;  ///< commits in a row that did not last
};

}  // namespace sluice::media
