#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "media/chunk_header.h"
#include "media/deadline_clock.h"
#include "media/egress.h"
#include "media/flight_recorder.h"
#include "media/frame_assembler.h"
#include "media/in_step.h"
#include "media/intrusive_list.h"
#include "metrics/shard_metrics.h"
#include "sfu/egress_meter.h"
#include "sfu/egress_pump.h"
#include "sfu/flight_dump.h"
#include "sfu/outgoing_frame.h"
#include "sfu/report_pace.h"
#include "sfu/shard_timer.h"
#include "sfu/track_route.h"
#include "sfu/transport.h"
#include "signaling/ids.h"
#include "signaling/room_effect.h"
#include "signaling/server_message.h"
#include "signaling/session_action.h"
#include "signaling/session_protocol.h"

namespace sluice::sfu {

class Connection;
class Shard;

/// Tag of the list of those who are to be pumped before long.
struct Unhurried;

/// One client behind an open connection: what it says goes to the protocol, the room and its
/// tracks' routes; what it is to hear goes through its egress.
///
/// Every decision is taken elsewhere (`SessionProtocol`, `RoomDirectory`, `FrameAssembler`,
/// `Egress`, `LinkController`); this carries values between them.
/// Owner: its connection. Runs on its shard's thread.
class Session : public media::ListHook<>, public media::ListHook<Unhurried> {
 public:
  /// All references outlive the session. `descriptor` is the connection's socket.
  Session(signaling::SessionId id, Shard& shard, Connection& connection, MessageFraming framing,
          int descriptor);
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
  ~Session() { note_congestion(false); }

  [[nodiscard]] signaling::SessionId id() const { return id_; }

  // From the connection.
  void on_control(std::string_view text);
  void on_media(std::span<const std::byte> message);
  /// Bytes of any kind arrived.
  void heard();
  /// Reports a fault of the client and, when it is fatal, closes the connection.
  void fail(const signaling::ProtocolError& error);
  void dismiss(signaling::GoodbyeReason reason);
  /// The connection is gone: nothing can be sent any more.
  void connection_lost();
  /// Leaves all routes, before it is destroyed: the room, on another shard, may still have it.
  void leave_routes();

  // From the room, through the shard.
  void joined();
  /// `unhurried`: with what goes next, but before long.
  void send(signaling::ControlText text, bool unhurried = false);
  void send_control(const signaling::ServerMessage& message);
  void track_added(TrackRoute& route);
  void track_removed(TrackRoute& route);
  void subscription_changed(TrackRoute& route, const signaling::SubscriptionSettings& settings);
  void subscription_removed(TrackRoute& route);
  void keyframe_wanted(TrackRoute& route);
  void mute_changed(TrackRoute& route);

  // The same of a lane; `publisher_shard` has the route of the track.
  void lane_track_added(signaling::RoomId room, signaling::TrackHandle track,
                        ShardIndex publisher_shard);
  void lane_track_removed(signaling::TrackHandle track);

  /// Writes a frame of a track with many subscribers at once, before any book of this one is
  /// opened: `media::InStep`. `kAsk` when it has to be `deliver`ed.
  [[nodiscard]] media::InStep::Answer send_in_step(const OutgoingFrame& frame);
  /// What `send_in_step` will touch is fetched while others are sent to: first its own line, and
  /// when that is there, the transport.
  void expect_frame() const { __builtin_prefetch(&express_, 1); }
  void expect_frame_next() const { __builtin_prefetch(&express_.transport); }
  /// Not in step from here on, and the books have followed. To be called before anything changes
  /// for this subscriber; being pumped is the way back.
  void step_out() {
    if (!express_.in_step.any()) return;
    catch_up_books();
    express_.in_step.end();
  }
  /// A frame of a subscribed track. Only queues it: the shard pumps at the end of its turn.
  void deliver(const media::FrameRef& frame);
  /// The way to the present of a subscribed track became known, or was mended.
  void catch_up(TrackRoute& route);

  /// When all that waited was written last; long ago while something waits, so that a slow link is
  /// served the moment it may be.
  [[nodiscard]] media::Time wrote_all_at() const { return express_.wrote_all_at; }

  /// Writes what may be written now. Called by the shard at the end of a turn.
  void pump();
  /// Moves the control messages that wait to `outbox`, for a connection that ends.
  void take_last_words(Outbox& outbox);

  /// Once a second: asks for more or fewer reports, where that is called for.
  void pace_reports();

  /// Adds what the egress counted since the last call to the shard's metrics.
  void count_egress();

  // For the flight recorder.

  /// Forgets what is older than what is to be kept.
  void release_stale_records() { recorder_.release_stale(); }
  [[nodiscard]] FlightSession flight_session(media::Time now) const;
  /// Without what the tracks were offered, which is their routes' to tell.
  [[nodiscard]] FlightDump flight_dump(media::Time now) const;

 private:
  /// What this session is sent of one track.
  struct Subscription {
    TrackRoute* route = nullptr;
    media::EncodingId largest{};  ///< encoding of use to the subscriber
    std::size_t wanted = 0;       ///< what its route was told of that, 0 while hidden
    bool simulcast = false;
    bool hidden = false;
    bool started = false;  ///< a keyframe was asked for already, so this is no longer the join
    bool starved = false;  ///< the subscriber was told that its link does not carry the track
    media::Time since{};
    media::Time keyframe_noted = media::Time::min();  ///< by the recorder
  };

  /// A track of the participant whose lane this is, published on another connection.
  struct LaneTrack {
    signaling::RoomId room{};
    signaling::TrackHandle handle{};
    ShardIndex publisher_shard{};
    media::DeadlineClock clock;  ///< of this way here
  };

  void on_lane_media(const media::Chunk& chunk, std::size_t bytes);
  /// A chunk of so many bytes was taken: its sender is told before long.
  void count_received(media::MediaKind kind, std::size_t bytes);
  /// The books follow what was sent in step.
  void catch_up_books();
  void step_in(media::Time now);
  void perform(std::vector<signaling::SessionAction> actions);
  /// So many encodings of a track, counted from the smallest, are of use to the subscriber.
  void want(Subscription& subscription, std::size_t encodings);
  void report_media();
  void watch_time();
  void serve_wanted_syncs();
  void allocate_layers();
  void note_congestion(bool congested);
  void tell_starved(EgressPump::Outcome outcome);
  void fail_media(signaling::ErrorCode code, std::string message);
  [[nodiscard]] TrackRoute* own_track(media::TrackHandle handle) const;
  [[nodiscard]] Subscription* subscription(media::TrackHandle handle);
  void record_change(media::TrackHandle track, const media::SubscriptionSettings& after);
  void tell_state(const TrackRoute& route, bool paused, signaling::TrackStateReason reason);

  /// All that `send_in_step` touches, in one cache line.
  struct alignas(64) Express {
    media::InStep in_step;
    Transport& transport;
    media::Time wrote_all_at{};
    MessageFraming framing;
  };
  static_assert(sizeof(Express) == 64);

  Express express_;
  signaling::SessionId id_;
  ShardIndex home_{};  ///< where its room is; set with its join, the first thing that room hears
  Shard& shard_;
  Connection& connection_;
  signaling::SessionProtocol protocol_;
  media::FrameAssembler assembler_;
  media::FlightRecorder recorder_;
  media::Egress egress_;
  EgressPump pump_;
  std::vector<TrackRoute*> tracks_;  ///< published here; few, so a scan beats a table
  std::vector<LaneTrack> lane_tracks_;
  std::vector<Subscription> subscriptions_;
  std::vector<media::Egress::Ladder> ladders_;  ///< of the allocation under way
  std::size_t starved_tracks_ = 0;
  bool congested_ = false;  ///< as the shard was told
  ReportPace report_pace_;
  std::uint64_t media_bytes_received_ = 0;
  EgressMeter meter_;
  ShardTimer protocol_timer_;
  ShardTimer report_timer_;
  ShardTimer pump_timer_;
};

}  // namespace sluice::sfu
