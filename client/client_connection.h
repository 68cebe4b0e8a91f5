#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "client/known_room.h"
#include "client/transport.h"
#include "client/uplink.h"
#include "media/frame_assembler.h"
#include "signaling/client_message.h"
#include "signaling/server_message.h"

namespace sluice::client {

/// Why a connection ended.
struct CloseReason {
  enum class Kind : std::uint8_t {
    kLeft,           ///< we said goodbye
    kGoodbye,        ///< the server did; `goodbye` says why
    kRefused,        ///< a fatal error; `error` has its code
    kCannotConnect,  ///< there never was a connection
    kLost,           ///< the connection broke, fell silent or brought nonsense
  };
  Kind kind = Kind::kLost;
  std::string message;  ///< one sentence for people
  std::optional<signaling::ErrorCode> error;
  std::optional<signaling::GoodbyeReason> goodbye;
};

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

/// Figures of a connection, since it began.
struct ConnectionFigures {
  std::uint64_t media_bytes_sent = 0;  ///< header and payload of media messages
  std::uint64_t media_bytes_received = 0;
  std::uint64_t frames_received = 0;
  std::uint64_t frames_abandoned_by_server = 0;
  std::optional<media::Duration> round_trip;  ///< of the newest ping
};

/// One participant's connection to a server: control messages, media both ways.
///
/// It says hello, answers pings and sends its own, reports what it has read, and hands the rest to
/// its observer. It ends by itself when the server is silent for as long as it said in `hello`.
///
/// Owner: one executor that runs one handler at a time (a strand, or the one thread of an
/// io_context); all calls come from there. Make it with `std::make_shared`. The observer must live
/// until `on_closed` or `abort`.
/// Source: docs/protocol.md.
class ClientConnection final : public std::enable_shared_from_this<ClientConnection>,
                               private TransportEvents {
 public:
  ClientConnection(const boost::asio::any_io_executor& executor, TransportOptions options,
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

  [[nodiscard]] const Uplink& uplink() const { return uplink_; }
  [[nodiscard]] ConnectionFigures figures() const;
  /// The room as the server told it last; `participant` is ourselves.
  [[nodiscard]] const std::optional<signaling::Joined>& room() const { return room_.room(); }

 private:
  void on_open() override;
  void on_text(std::string_view message) override;
  void on_binary(std::span<const std::byte> message) override;
  void on_written() override;
  void on_transport_closed(bool opened, std::string reason) override;

  std::uint64_t request(signaling::ClientBody body);
  void send(signaling::ClientBody body, std::optional<std::uint64_t> reply_to = std::nullopt);
  void pump();
  bool pump_control();
  bool pump_media();
  void look_at_link();
  void handle(const signaling::ServerMessage& message);
  void learn_room(const signaling::ServerMessage& message);
  void report();
  void tick();
  void end(const CloseReason& reason);
  template <typename Handler>
  void arm(boost::asio::steady_timer& timer, media::Time moment, Handler handler);

  /// What receiving a track takes.
  struct Incoming {
    signaling::TrackId track;
    media::MediaKind kind{};
    media::DeadlineClock clock;
  };

  std::shared_ptr<Transport> transport_;
  ConnectionObserver* observer_;
  Uplink uplink_;
  media::FramePool receive_pool_;
  media::FrameAssembler assembler_;
  signaling::Limits limits_;
  std::optional<signaling::Join> join_;
  KnownRoom room_;
  std::map<std::uint16_t, Incoming> incoming_;  ///< the others' tracks, by handle
  std::map<std::uint16_t, signaling::TrackReport> track_reports_;

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
