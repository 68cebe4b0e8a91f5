#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "media/frame.h"
#include "media/link_estimate.h"
#include "media/time.h"
#include "media/trial_judge.h"

namespace sluice::media {

/// Chooses which videos of one subscriber are paused, so that the others live.
///
/// When the base layers together (of the smallest encodings) are more than the link carries beside
/// sound, and pictures suffer by it, the least important videos are paused until the rest fits: all
/// base layers a little late would be no picture at all. Importance is the subscriber's priority;
/// among equals who has been shown longest stays, on purpose: taking turns would cost a keyframe
/// and a frozen picture each time, and the page can choose by priority. A track that is given a
/// higher priority than one that is shown takes its place.
///
/// Paused tracks come back one at a time, the most important first, and after a trial: sent in the
/// background as larger encodings are (`EncodingTrial`), which costs the others nothing. The
/// estimate is not asked: while only sound is sent it learns nothing, neither of a faster link nor
/// of a slower one. One that the others suffer from all the same is paused again, and the next
/// trial waits twice as long.
///
/// The last video is not paused, unless sound needs all that there is: `VideoQueue::starved` is its
/// way.
///
/// Cost:     O(tracks log tracks) each `kInterval`, and only while the link is congested or a track
///           is paused.
/// Owner:    the subscriber's `Egress`.
/// Source:   delivery.md "What to leave out", step 4.
class TrackPauses {
 public:
  static constexpr Duration kInterval = std::chrono::milliseconds{50};

  /// A video that is not hidden, as it stands; in an order that does not change.
  struct Track {
    TrackHandle track{};
    std::uint8_t priority = 128;
    /// Of the base layer of its smallest encoding; nothing: not known yet. 0: nothing comes.
    std::optional<double> base_bytes_per_second;
    bool in_trouble = false;            ///< base frames are late, or were given up
    bool live = false;                  ///< the subscriber has what the next frame needs
    bool smallest = true;               ///< it is shown its smallest encoding
    std::optional<Duration> trial_lag;  ///< while it is tried: `VideoStream::trial_lag`
    // These are changed by `decide`.
    Time resumed = Time::min();
    bool paused = false;
    bool tried = false;  ///< paused, and to be sent in the background all the same
  };
  /// What all tracks share.
  struct Connection {
    LinkEstimate link;
    double sound_bytes_per_second = 0;
    std::uint64_t sent_bytes = 0;  ///< payload of all media, since the connection began
    bool trial_elsewhere = false;  ///< a larger encoding is tried: nothing else meanwhile
  };

  [[nodiscard]] bool due(Time now) const { return now >= next_; }
  /// Sets `paused` (and `resumed`) of each track.
  void decide(std::span<Track> tracks, const Connection& connection, Time now);

 private:
  static constexpr Duration kBackoffLeast = std::chrono::seconds{2};

  void sort(std::span<const Track> tracks);
  void watch(std::span<const Track> tracks, const Connection& connection, Time now);
  [[nodiscard]] bool must_pause(std::span<const Track> tracks, std::optional<double> room,
                                Time now) const;
  void choose_staying(std::span<const Track> tracks, std::optional<double> room);
  void pause(std::span<Track> tracks, std::optional<double> room, Time now);
  void steer_resumption(std::span<Track> tracks, Time now);
  void try_next(std::span<Track> tracks, const Connection& connection, Time now);
  void steer_trial(std::span<Track> tracks, const Connection& connection, Time now);
  [[nodiscard]] bool take_place(std::span<Track> tracks, Track& candidate, double room, Time now);
  void begin(Track& track, Time now);
  void end_trial(std::span<Track> tracks);
  /// There is no room for a track of this priority, nor for a lesser one.
  void refused(std::uint8_t priority, Duration backoff_most, Time now);
  /// What came back had to be paused again.
  void relapsed(std::uint8_t priority, Time now);

  std::vector<std::size_t> order_;  ///< indices of tracks, the most important first
  std::vector<bool> staying_;       ///< of each track: it fits, beside those before it
  Time next_ = Time::min();
  Time trouble_since_ = Time::max();
  Time last_trouble_ = Time::min();
  Time last_sent_ = Time::min();
  std::uint64_t sent_bytes_ = 0;
  std::optional<TrackHandle> resuming_;  ///< until its picture is live and has caught up
  Time live_since_ = Time::max();        ///< of that one
  Time last_resumption_ = Time::min();
  Time next_resumption_ = Time::min();
  std::optional<TrackHandle> trying_;
  Time trial_began_{};
  TrialJudge judge_;
  Time last_stall_ = Time::min();
  int refused_priority_ = 0;  ///< of the last track for which there was no room after all
  bool relapsed_ = false;     ///< since all was well for a while
  Duration backoff_ = kBackoffLeast;
};

}  // namespace sluice::media
