#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "client/close_reason.h"
#include "client/transport.h"
#include "client/uplink.h"
#include "media/deadline_clock.h"
#include "media/frame_assembler.h"
#include "media/frame_pool.h"
#include "signaling/client_message.h"
#include "signaling/server_message.h"

namespace sluice::client {

class ServerLink;

/// Who is told what happens on a link; on its executor.
class LinkObserver {
 public:
  virtual void on_link_message(ServerLink& link, const signaling::ServerMessage& message) = 0;
  /// A whole frame of a track that was added to the link.
  virtual void on_link_frame(ServerLink& link, const media::FrameRef& frame) = 0;
  /// Four times a second, while the link is there.
  virtual void on_link_tick(ServerLink& link) = 0;
  /// The last call.
  virtual void on_link_closed(ServerLink& link, const CloseReason& reason) = 0;

 protected:
  ~LinkObserver() = default;
};

/// Figures of a link, since it began.
struct LinkFigures {
  std::uint64_t media_bytes_sent = 0;  ///< header and payload of media messages
  std::uint64_t media_bytes_received = 0;
  std::uint64_t frames_received = 0;
  std::uint64_t frames_abandoned_by_server = 0;
  std::optional<media::Duration> round_trip;  ///< of the newest ping
};

/// One TCP connection to a server: control messages and media both ways. What a participant does
/// with one or two of them is `ClientConnection`'s.
///
/// It says hello, answers pings and sends its own, reports what it has read, and hands the rest to
/// its observer. It ends by itself when the server is silent for as long as it said in `hello`.
///
/// Owner: one executor that runs one handler at a time; all calls come from there. Make it with
/// `std::make_shared`. Received frames are of `pool`; the observer must live until `on_link_closed`
/// or `abort`.
/// Source: docs/protocol.md.
class ServerLink final : public std::enable_shared_from_this<ServerLink>, private TransportEvents {
 public:
  ServerLink(const boost::asio::any_io_executor& executor, TransportOptions options,
             std::shared_ptr<media::FramePool> pool, LinkObserver& observer);
  ~ServerLink();

  /// Connects, says hello and then `opening`, which is `Join` or `Attach`.
  void start(signaling::ClientBody opening);

  /// Asks; the answer carries the returned id as `reply_to`.
  std::uint64_t request(signaling::ClientBody body);
  void send(signaling::ClientBody body);

  /// Sends a frame of a track that was added to `uplink`.
  void send_frame(const media::FrameDescription& description, media::MediaKind kind,
                  std::span<const std::byte> payload);

  /// Frames of this track may come.
  void receive_track(media::TrackHandle track, media::MediaKind kind);
  /// No more of them, and what has come in part is thrown away.
  void forget_track(media::TrackHandle track);
  /// What has come in part is thrown away: the next frame begins anew.
  void restart_track(media::TrackHandle track) { assembler_.forget(track); }

  /// What the next report says of a track.
  void set_track_report(const signaling::TrackReport& report);

  /// Says goodbye and ends when the server closes, or after a second.
  void leave();
  /// Ends at once; the observer hears nothing more.
  void abort();
  /// Ends when what was sent is repeated for so long and not acknowledged; once connected.
  void limit_stall(media::Duration most);

  [[nodiscard]] Uplink& uplink() { return uplink_; }
  [[nodiscard]] const Uplink& uplink() const { return uplink_; }
  [[nodiscard]] LinkFigures figures() const;

 private:
  void on_open() override;
  void on_text(std::string_view message) override;
  void on_binary(std::span<const std::byte> message) override;
  void on_written() override;
  void on_transport_closed(bool opened, std::string reason) override;

  void queue(signaling::ClientBody body, std::optional<std::uint64_t> id,
             std::optional<std::uint64_t> reply_to);
  void pump();
  bool pump_control();
  bool pump_media();
  void look_at_link();
  void handle(const signaling::ServerMessage& message);
  void report();
  void tick();
  void end(const CloseReason& reason);
  template <typename Handler>
  void arm(boost::asio::steady_timer& timer, media::Time moment, Handler handler);

  /// What receiving a track takes.
  struct Incoming {
    media::MediaKind kind{};
    media::DeadlineClock clock;
  };

  std::shared_ptr<Transport> transport_;
  LinkObserver* observer_;
  Uplink uplink_;
  std::shared_ptr<media::FramePool> pool_;  // before the assembler, which holds frames of it
  media::FrameAssembler assembler_;
  std::optional<signaling::ClientBody> opening_;
  std::map<media::TrackHandle, Incoming> incoming_;
  std::map<signaling::TrackHandle, signaling::TrackReport> track_reports_;

  std::deque<std::string> control_;
  bool open_ = false;
  bool writing_ = false;
  bool leaving_ = false;
  bool ended_ = false;
  std::optional<CloseReason> announced_;  ///< what the server said before it closes

  std::uint64_t next_id_ = 1;
  std::uint64_t media_bytes_sent_ = 0;
  std::uint64_t media_bytes_received_ = 0;
  std::uint64_t media_bytes_reported_ = 0;
  std::uint64_t frames_received_ = 0;
  media::Duration report_interval_;
  media::Duration timeout_;
  media::Time last_heard_{};
  media::Time ping_sent_{};
  std::optional<std::uint64_t> ping_id_;
  std::optional<media::Duration> round_trip_;

  boost::asio::steady_timer tick_timer_;
  boost::asio::steady_timer report_timer_;
  boost::asio::steady_timer look_timer_;
  bool report_armed_ = false;
  bool look_armed_ = false;
};

}  // namespace sluice::client
