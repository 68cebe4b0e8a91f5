#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "media/audio_queue.h"
#include "media/chunk_header.h"
#include "media/frame_log.h"
#include "media/frame_pool.h"
#include "media/in_step.h"
#include "media/layer_allocator.h"
#include "media/left_out.h"
#include "media/link_estimate.h"
#include "media/rate_meter.h"
#include "media/ring_deque.h"
#include "media/track_pauses.h"
#include "media/video_stream.h"

namespace sluice::media {

/// How one track is to be sent to one subscriber.
struct SubscriptionSettings {
  MediaKind kind = MediaKind::kVideo;
  Duration latency_budget = std::chrono::milliseconds{400};
  EncodingId encoding{};   ///< to be shown; of a simulcast track, to begin with
  bool simulcast = false;  ///< the encoding is chosen by `Egress::allocate` from here on
  std::uint8_t max_temporal_layer = 15;
  std::uint8_t priority = 128;  ///< 1 to 255: the track's weight among the videos
  bool hidden = false;          ///< nothing of it is sent
};

/// One message to write: a control message, or a chunk of a frame.
///
/// Once handed out it counts as sent: the connection writes it whole before it asks for the next.
struct Departure {
  std::shared_ptr<const std::string> control;  ///< set exactly for a control message
  ChunkHeader header;                          ///< of a media message
  FrameRef frame;                              ///< owns `payload`
  std::span<const std::byte> payload;          ///< empty for an abandon mark

  [[nodiscard]] bool is_control() const { return control != nullptr; }
  [[nodiscard]] bool is_audio() const { return frame && frame->kind == MediaKind::kAudio; }
};

/// What one subscriber's connection sends next: its queues and the choice among them.
///
/// Strict tiers: control, then audio by earliest deadline, then video. When the link does not carry
/// all of the sound, the loudest microphones go first: a few that are heard well instead of many
/// that are all in pieces. Among videos base layers go
/// before enhancement layers, then the track that had least of its share (start-time fair
/// queueing by `priority`), and a frame that was begun goes on before others of its layer begin. A
/// keyframe has the base layer's turn but holds no other's base frame up; among keyframes the one
/// begun goes on, and the most important begins.
/// Audio therefore waits for at most the one video chunk that was handed out before it.
///
/// Bound:    `control_bytes_max` (overflow: `push_control` says no, close the connection: a peer
///           that does not read control is gone); `tracks_max` subscriptions (overflow:
///           `subscribe` says no); each track's own bounds.
/// Cost:     O(tracks) a choice, a scan of a small array; audio and video of 25 people are 50.
/// Owner:    the subscriber's session; not safe to share between threads.
/// Source:   delivery.md "What to send next"; Goyal et al., Start-time fair queuing, SIGCOMM 1996.
class Egress {
 public:
  struct Bounds {
    std::size_t control_bytes_max = 512 * 1024;
    std::size_t tracks_max = 512;
    VideoQueue::Bounds video;
  };

  explicit Egress(Bounds bounds) : bounds_(bounds) {}

  [[nodiscard]] bool push_control(std::shared_ptr<const std::string> message);

  /// Begins a subscription, or changes its settings. False at the bound.
  [[nodiscard]] bool subscribe(TrackHandle track, const SubscriptionSettings& settings);
  void unsubscribe(TrackHandle track);
  [[nodiscard]] bool subscribed(TrackHandle track) const { return find(track) != nullptr; }

  /// A frame of a subscribed track, live; others are ignored.
  void push(const FrameRef& frame);
  /// The group cache of a track, for a subscriber that lacks the way to its present. False when it
  /// did not help, or a new keyframe would be quicker: then one must be asked for.
  bool push_group(TrackHandle track, std::span<const FrameRef> group, const LinkEstimate& link);
  /// The publisher muted the track: what is queued of its sound or picture is not wanted any more.
  void flush(TrackHandle track);

  /// Chooses what to write next; nothing when there is nothing that `may_send_video` allows.
  [[nodiscard]] std::optional<Departure> next(Time now, const LinkEstimate& link,
                                              bool may_send_video);

  /// How the subscriber of a track is in step with it, while nothing waits; nothing when it is not.
  /// `next_sound`: the number of the next frame of a microphone, of which no books are kept.
  [[nodiscard]] std::optional<InStep::Track> step_of(TrackHandle track, FrameNumber next_sound,
                                                     const LinkEstimate& link) const;
  /// A frame of a track in step went out whole (`InStep::sent`): the same as pushing it and being
  /// handed it by `next`. In the order in which they went.
  void sent_in_step(const FrameLog::Record& frame);

  /// Control or audio waits; or video does.
  [[nodiscard]] bool urgent_waiting() const;
  [[nodiscard]] bool video_waiting() const;
  /// Bytes of all that waits, not yet handed out.
  [[nodiscard]] std::size_t video_bytes_waiting() const;

  struct SyncWanted {
    TrackHandle track{};
    EncodingId encoding{};
  };
  /// A track that is shown cannot go on without a keyframe, now or later.
  [[nodiscard]] bool wants_sync() const;
  /// Tracks that cannot go on without a group or a keyframe of this encoding.
  void sync_wanted(Time now, std::vector<SyncWanted>& out) const;
  /// What a simulcast track has to choose from (`LayerAllocator::Track::rungs`).
  struct Ladder {
    TrackHandle track{};
    std::vector<Rung> rungs;
  };
  /// `allocate` is to be called; on a link that is not congested never without a simulcast track.
  [[nodiscard]] bool allocation_due(Time now) const {
    return (simulcast_tracks_ > 0 && allocator_.due(now)) || (judging_ && pauses_.due(now));
  }
  /// When it will be: `Time::max()` without a simulcast track.
  [[nodiscard]] Time next_allocation() const {
    return simulcast_tracks_ > 0 ? allocator_.next() : Time::max();
  }
  /// Chooses the encoding of each track of `ladders`: all simulcast tracks that are not hidden. And
  /// which videos are paused, while that is a question.
  void allocate(std::span<const Ladder> ladders, const LinkEstimate& link, Time now);
  /// How a track is sent; null when it is not subscribed.
  [[nodiscard]] const SubscriptionSettings* settings_of(TrackHandle track) const {
    const Subscription* const subscription = find(track);
    return subscription == nullptr ? nullptr : &subscription->settings;
  }
  /// The encoding that is shown, or asked for.
  [[nodiscard]] EncodingId encoding_of(TrackHandle track) const;

  /// The link does not carry even the base layer of this track (`VideoQueue::starved`), or not
  /// beside more important ones (`TrackPauses`).
  [[nodiscard]] bool starved(TrackHandle track) const;
  /// `TrackPauses` has paused it.
  [[nodiscard]] bool paused(TrackHandle track) const {
    const Subscription* const subscription = find(track);
    return subscription != nullptr && subscription->video.current().paused();
  }
  /// A track may be paused or resumed although nothing is held back.
  [[nodiscard]] bool judging_pauses() const { return judging_; }

  [[nodiscard]] const EgressCounters& counters() const { return counters_; }
  /// What is left out and how encodings change is told to `recorder`, which outlives the egress.
  void record_to(FlightRecorder& recorder) { counters_.recorder = &recorder; }

 private:
  struct Subscription {
    TrackHandle track{};
    SubscriptionSettings settings;
    AudioQueue audio;
    VideoStream video;
    /// Frames of the last second or so, and those of them that were left out: each allocation
    /// forgets a twentieth.
    double offered = 0;
    double left_out = 0;
    Time resumed = Time::min();  ///< after it was paused; `TrackPauses`
    /// Bytes sent divided by weight, on the common scale of start-time fair queueing.
    double virtual_time = 0;
  };

  [[nodiscard]] Subscription* find(TrackHandle track);
  [[nodiscard]] const Subscription* find(TrackHandle track) const;
  [[nodiscard]] std::optional<Departure> next_audio(Time now, const LinkEstimate& link);
  [[nodiscard]] std::optional<Departure> next_video(Time now, const LinkEstimate& link);
  /// The ascents of simulcast tracks: only when nothing else waits.
  [[nodiscard]] std::optional<Departure> next_background(const LinkEstimate& link);
  [[nodiscard]] LayerAllocator::Track standing_of(Subscription& subscription, const Ladder& ladder,
                                                  const LinkEstimate& link, Time now);
  void carry_out(const LayerAllocator::Order& order, Time now);
  void judge_pauses(std::span<const Ladder> ladders, const LinkEstimate& link, Time now);
  [[nodiscard]] std::optional<TrackPauses::Track> pausable(const Subscription& subscription,
                                                           std::span<const Ladder> ladders,
                                                           const LinkEstimate& link,
                                                           Time now) const;
  [[nodiscard]] static bool ascending_shown(const Subscription& subscription);
  void charge(Subscription& subscription, std::uint32_t bytes);
  /// A track that had nothing to send has saved up no share: it starts at the others' present.
  void catch_up_share(Subscription& subscription) const;
  [[nodiscard]] LinkEstimate share_of(const Subscription& subscription,
                                      const LinkEstimate& link) const;
  /// Of two whose heads are delta frames.
  [[nodiscard]] static bool goes_before(const Subscription& left, const Subscription& right);
  /// Of two whose heads are keyframes.
  [[nodiscard]] static bool keyframe_goes_before(const Subscription& left,
                                                 const Subscription& right);
  /// The head, a delta frame, is of the base layer.
  [[nodiscard]] static bool is_base(const Subscription& subscription);
  [[nodiscard]] static Departure departure_of(VideoQueue::Piece piece);

  Bounds bounds_;
  RingDeque<std::shared_ptr<const std::string>> control_;
  std::size_t control_bytes_ = 0;
  std::vector<Subscription> subscriptions_;
  double virtual_now_ = 0;  ///< virtual time of the track served last
  EgressCounters counters_;
  LayerAllocator allocator_;
  std::size_t simulcast_tracks_ = 0;
  std::size_t video_tracks_ = 0;
  RateMeter other_;                              ///< what is not simulcast
  std::vector<LayerAllocator::Track> standing_;  ///< of the allocation under way
  std::vector<LayerAllocator::Order> orders_;
  TrackPauses pauses_;
  bool judging_ = false;       ///< the link is congested, or something is paused
  bool trying_pause_ = false;  ///< a paused track is tried in the background
  Time sound_short_until_ = Time::min();
  RateMeter sound_;  ///< meanwhile
  std::vector<TrackPauses::Track> pausable_;
};

}  // namespace sluice::media
