#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <optional>
#include <string>

#include "client/close_reason.h"
#include "client/known_room.h"
#include "client/server_link.h"
#include "client/sound_lane.h"
#include "client/sound_order.h"
#include "client/transport.h"
#include "signaling/client_message.h"
#include "signaling/server_message.h"

namespace sluice::client {

/// Who is told what happens on a connection; on its executor.
class ConnectionObserver {
 public:
  virtual void on_message(const signaling::ServerMessage& message) = 0;
  /// A whole frame of a subscribed track, in decode order within its encoding.
  virtual void on_frame(const media::FrameRef& frame) = 0;
  /// What this side left out of an encoding can only be mended by a keyframe of it.
  virtual void on_keyframe_wanted(media::TrackHandle track, media::EncodingId encoding) = 0;
  /// The last call.
  virtual void on_closed(const CloseReason& reason) = 0;

 protected:
  ~ConnectionObserver() = default;
};

/// Figures of a connection, since it began; of both links where there was a lane.
struct ConnectionFigures {
  std::uint64_t media_bytes_sent = 0;  ///< header and payload of media messages
  std::uint64_t media_bytes_received = 0;
  std::uint64_t frames_received = 0;
  std::uint64_t frames_abandoned_by_server = 0;
  std::optional<media::Duration> round_trip;  ///< of the newest ping, not of the lane
  std::uint64_t lanes_opened = 0;
  std::uint64_t lane_frames_received = 0;
};

/// One participant in a room of a server: control messages, media both ways.
///
/// With `Join::lanes` it opens a lane where the server lets it: a second TCP connection that
/// carries sound, so that a lost packet of video does not hold it back. Nobody needs to know: sound
/// comes and goes as ever, over the first connection whenever there is no lane.
///
/// Owner: one executor that runs one handler at a time (a strand, or the one thread of an
/// io_context); all calls come from there. Make it with `std::make_shared`. The observer must live
/// until `on_closed` or `abort`.
/// Source: docs/protocol.md.
class ClientConnection final : public std::enable_shared_from_this<ClientConnection>,
                               private LinkObserver {
 public:
  ClientConnection(const boost::asio::any_io_executor& executor, const TransportOptions& options,
                   ConnectionObserver& observer);
  ~ClientConnection();

  /// Connects and joins; `Joined` or the reason against it reaches the observer.
  void start(signaling::Join join);

  /// Requests; the answer carries the returned id as `reply_to`.
  std::uint64_t publish(signaling::TrackDescription track);
  std::uint64_t subscribe(signaling::TrackId track, signaling::SubscriptionSettings settings);
  std::uint64_t unsubscribe(signaling::TrackId track);
  void request_keyframe(signaling::TrackId track);
  void mute(signaling::TrackId track, bool muted);

  /// Sends a frame of a track that `Published` was received for.
  void send_frame(const media::FrameDescription& description, media::MediaKind kind,
                  std::span<const std::byte> payload);

  /// What the next report says of a track.
  void set_track_report(const signaling::TrackReport& report);

  /// Says goodbye and ends when the server closes, or after a second.
  void leave();
  /// Ends at once; the observer hears nothing more.
  void abort();

  /// Of the first link, which carries all video.
  [[nodiscard]] const Uplink& uplink() const { return first_->uplink(); }
  /// What was sent and left out, by both links.
  [[nodiscard]] media::EgressCounters sent() const;
  [[nodiscard]] ConnectionFigures figures() const;
  /// The room as the server told it last; `participant` is ourselves.
  [[nodiscard]] const std::optional<signaling::Joined>& room() const { return room_.room(); }

 private:
  void on_link_message(ServerLink& link, const signaling::ServerMessage& message) override;
  void on_link_frame(ServerLink& link, const media::FrameRef& frame) override;
  void on_link_tick(ServerLink& link) override;
  void on_link_closed(ServerLink& link, const CloseReason& reason) override;

  void learn_room(const signaling::ServerMessage& message);
  void on_lane_message(const signaling::ServerMessage& message);
  void open_lane(const std::string& key);
  void use_lane();
  /// The lane is gone; what it has done stays in the figures.
  void settle_lane();
  void deliver_sounds();
  [[nodiscard]] bool is_lane(const ServerLink& link) const { return &link == lane_->link(); }

  std::shared_ptr<media::FramePool> pool_;  ///< of received frames; first, as others hold them
  ConnectionObserver* observer_;
  std::shared_ptr<ServerLink> first_;
  std::shared_ptr<SoundLane> lane_;
  bool wants_lane_ = false;
  bool ended_ = false;
  KnownRoom room_;
  SoundOrder order_;
  boost::asio::steady_timer order_timer_;
  LinkFigures past_lanes_;
  media::EgressCounters sent_by_past_lanes_;
};

}  // namespace sluice::client
