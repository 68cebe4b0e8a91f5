#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "media/deadline_clock.h"
#include "media/encoding_demand.h"
#include "media/flight_recorder.h"
#include "media/frame_log.h"
#include "media/frame_pool.h"
#include "media/layer_allocator.h"
#include "media/published_track.h"
#include "media/wanted_encodings.h"
#include "metrics/shard_metrics.h"
#include "sfu/shard_bus.h"
#include "sfu/shard_index.h"
#include "sfu/shard_timer.h"
#include "signaling/ids.h"
#include "signaling/track_info.h"

namespace sluice::sfu {

class OutgoingFrame;
class PumpQueue;
class Session;

/// The way of one track to its subscribers on one shard, from its publisher there or from the shard
/// where its publisher is.
///
/// Knows how late the publisher's frames are and whom to hand a frame to: subscribers, and other
/// shards that have some. Keyframe requests, which `media::PublishedTrack` has merged, and what is
/// wanted of a simulcast track go the other way. Each shard keeps the group that leads to the
/// present (of references: payloads exist once), so joiners are served where they are; a shard that
/// begins, or that lost frames because it lagged behind by a whole ring, gets the publisher's in
/// one piece before the next frame. Owner: the shard's `MediaRouter`; subscribers are removed
/// before they go.
class TrackRoute {
 public:
  /// What routes of a shard use of it; all of it outlives them.
  struct Surroundings {
    media::TimerWheel& wheel;
    metrics::ShardMetrics& metrics;
    ShardPort& port;
    PumpQueue& pump_queue;
    media::FlightRecording& flight;
    const media::Time& now;  ///< of the shard's turn
  };

  /// Of a track that is published on this shard. `publisher` says `publisher_lost` before it goes.
  TrackRoute(signaling::RoomId room, signaling::TrackInfo info, Session& publisher,
             const Surroundings& shard);
  /// Of a track that is published on `publisher_shard`, another one.
  TrackRoute(signaling::RoomId room, signaling::TrackInfo info, ShardIndex publisher_shard,
             const Surroundings& shard);

  [[nodiscard]] signaling::RoomId room() const { return room_; }
  [[nodiscard]] const signaling::TrackInfo& info() const { return info_; }
  /// What its frames are called on the wire.
  [[nodiscard]] media::TrackHandle media_handle() const {
    return media::TrackHandle{static_cast<std::uint16_t>(info_.handle)};
  }
  [[nodiscard]] media::MediaKind kind() const { return track_.kind(); }
  [[nodiscard]] media::DeadlineClock& clock() { return clock_; }
  [[nodiscard]] ShardIndex publisher_shard() const { return publisher_shard_; }
  /// The track comes from another shard.
  [[nodiscard]] bool remote() const { return publisher_shard_ != shard_.port.self(); }
  /// The publisher announced this encoding.
  [[nodiscard]] bool has(media::EncodingId encoding) const;

  /// A whole frame arrived: it goes to every subscriber's egress, and once to each shard that has
  /// subscribers.
  void receive(const media::FrameRef& frame);
  /// The same of a frame that its publisher sent over a lane. From the first one on the track's
  /// frames come over two connections, which agree on no order: one that comes after a newer one is
  /// left out, as subscribers rely on the order.
  void receive_from_lane(const media::FrameRef& frame);
  /// The publisher's camera is dark or its microphone silent, or is not any more.
  void set_muted(bool muted);
  /// What came lately, for the flight recorder.
  [[nodiscard]] media::OfferedFrames& offered() { return offered_; }
  [[nodiscard]] const media::OfferedFrames& offered() const { return offered_; }
  /// The publisher's connection is gone; the room will remove the track.
  void publisher_lost() { publisher_ = nullptr; }

  void add(Session& subscriber);
  void remove(Session& subscriber);
  [[nodiscard]] std::span<Session* const> subscribers() const { return subscribers_; }
  /// So many subscribers that what a frame touches of each is what it costs (`media::InStep`).
  [[nodiscard]] bool large() const;
  /// The frames of an encoding that went to subscribers in step; there is one when there were any.
  [[nodiscard]] const media::FrameLog& log(media::EncodingId encoding) const;
  /// The next frame of a track of one encoding; meaningless before the first one.
  [[nodiscard]] media::FrameNumber next_in_step() const;

  /// The way to the present of an encoding: a keyframe and what follows; empty when there is none.
  [[nodiscard]] std::span<const media::FrameRef> group(media::EncodingId encoding) const {
    return track_.group(encoding);
  }
  /// The way to the present is on its way from the publisher's shard: no reason to ask for a
  /// keyframe.
  [[nodiscard]] bool awaits_group() const { return awaits_group_; }
  /// The encodings that are being sent, smallest first, up to `largest`; at least one.
  void rungs(media::EncodingId largest, media::Time now, std::vector<media::Rung>& out) const;
  /// Asks the publisher for a keyframe, together with all who ask at about the same time.
  void request_keyframe(media::EncodingId encoding, metrics::KeyframeCause cause, media::Time now);

  /// How many encodings are of use to who has use for `largest`: those up to it; 1 or more.
  [[nodiscard]] std::size_t encodings_up_to(media::EncodingId largest) const;
  /// A subscriber has use for `after` encodings, counted from the smallest, and had for `before`; 0
  /// for one that is not there or is shown nothing.
  void change_wanted(std::size_t before, std::size_t after, media::Time now);
  /// Tells the publisher which encodings are in demand, or its shard what is wanted here, when
  /// there is something new to tell.
  void settle_demand(media::Time now);
  /// So many encodings the publisher was told to make. Only on its shard.
  [[nodiscard]] std::size_t in_demand() const { return demand_.encodings(); }

  // Between shards.

  /// `shard` has subscribers from now on (nothing new when that is known), or none any more.
  void add_shard(ShardIndex shard);
  void remove_shard(ShardIndex shard, media::Time now);
  /// Subscribers on `shard`, one that was added, have use for so many encodings.
  void set_wanted_on(ShardIndex shard, std::size_t wanted, media::Time now);
  /// Sends the group to shards that are owed one, as far as their rings have room.
  void settle_groups();
  /// The group of the publisher's shard, in place of what was known.
  void receive_group(std::span<const media::FrameRef> group);

 private:
  /// Another shard that has subscribers.
  struct Outlet {
    ShardIndex shard{};
    bool owed_group = false;  ///< it cannot use what follows before it has the way there
    std::size_t wanted = 0;   ///< of the encodings there
  };

  /// Frames of one encoding that went to subscribers in step.
  struct EncodingLog {
    media::EncodingId encoding{};
    media::FrameLog frames;
  };

  /// To many: those in step are written to at once; of the others, each batch before the next one
  /// is touched (`PumpQueue`).
  void deliver_to_many(const media::FrameRef& frame);
  void count_sent(const OutgoingFrame& frame, std::size_t times);
  /// From here on the frame's subscribers in step may say that they had it.
  void note(const media::FrameLog::Record& frame);
  void cross(Outlet& outlet, const media::FrameRef& frame);
  void ask_publisher(media::Time now);
  void tell_publisher_demand();

  signaling::RoomId room_;
  signaling::TrackInfo info_;
  Session* publisher_;  ///< null when it is on another shard, or gone
  ShardIndex publisher_shard_;
  Surroundings shard_;
  media::DeadlineClock clock_;
  media::PublishedTrack track_;
  bool over_lanes_ = false;
  std::optional<media::FrameNumber> newest_over_lanes_;
  media::OfferedFrames offered_;
  std::vector<Session*> subscribers_;
  std::vector<EncodingLog> logs_;  ///< of a track that had many subscribers; few encodings
  std::vector<Outlet> outlets_;
  bool awaits_group_ = false;
  metrics::KeyframeCause keyframe_cause_{};  ///< of the first of the merged requests
  ShardTimer keyframe_timer_;
  media::WantedEncodings wanted_;  ///< by subscribers here and by other shards
  std::size_t wanted_told_ = 0;    ///< to the publisher's shard
  media::EncodingDemand demand_;
  ShardTimer demand_timer_;
};

}  // namespace sluice::sfu
