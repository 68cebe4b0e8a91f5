#pragma once

#include <span>
#include <vector>

#include "media/deadline_clock.h"
#include "media/frame_pool.h"
#include "media/published_track.h"
#include "metrics/shard_metrics.h"
#include "sfu/shard_timer.h"
#include "signaling/track_info.h"

namespace sluice::sfu {

class Session;

/// The way of one published track from its publisher to its subscribers, on one shard.
///
/// Knows how late the publisher's frames are and whom to hand a frame to, and carries the keyframe
/// requests that `media::PublishedTrack` has merged to the publisher.
/// Owner: the shard's `MediaRouter`; publisher and subscribers outlive it or are removed first.
class TrackRoute {
 public:
  TrackRoute(signaling::TrackInfo info, Session& publisher, media::TimerWheel& wheel,
             metrics::ShardMetrics& metrics);

  [[nodiscard]] const signaling::TrackInfo& info() const { return info_; }
  [[nodiscard]] media::MediaKind kind() const { return track_.kind(); }
  [[nodiscard]] media::DeadlineClock& clock() { return clock_; }
  /// The publisher announced this encoding.
  [[nodiscard]] bool has(media::EncodingId encoding) const;

  /// A whole frame arrived: it goes to every subscriber's egress.
  void receive(const media::FrameRef& frame);
  /// The publisher's camera is dark or its microphone silent, or is not any more.
  void set_muted(bool muted);

  void add(Session& subscriber);
  void remove(Session& subscriber);
  [[nodiscard]] std::span<Session* const> subscribers() const { return subscribers_; }

  /// The way to the present of an encoding: a keyframe and what follows; empty when there is none.
  [[nodiscard]] std::span<const media::FrameRef> group(media::EncodingId encoding) const {
    return track_.group(encoding);
  }
  /// Asks the publisher for a keyframe, together with all who ask at about the same time.
  void request_keyframe(media::EncodingId encoding, metrics::KeyframeCause cause, media::Time now);

 private:
  void ask_publisher(media::Time now);

  signaling::TrackInfo info_;
  Session& publisher_;
  media::TimerWheel& wheel_;
  metrics::ShardMetrics& metrics_;
  media::DeadlineClock clock_;
  media::PublishedTrack track_;
  std::vector<Session*> subscribers_;
  metrics::KeyframeCause keyframe_cause_{};  ///< of the first of the merged requests
  ShardTimer keyframe_timer_;
};

}  // namespace sluice::sfu
