#pragma once

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstddef>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

#include "media/flight_ring.h"
#include "media/frame_pool.h"
#include "media/timer_wheel.h"
#include "metrics/shard_metrics.h"
#include "sfu/clock.h"
#include "sfu/descriptor_reserve.h"
#include "sfu/flight_dump.h"
#include "sfu/home_rooms.h"
#include "sfu/listener.h"
#include "sfu/log.h"
#include "sfu/media_router.h"
#include "sfu/pump_queue.h"
#include "sfu/server_settings.h"
#include "sfu/session.h"
#include "sfu/shard_bus.h"
#include "sfu/shard_timer.h"
#include "sfu/strain.h"
#include "signaling/shared_quota.h"

namespace sluice::sfu {

class Connection;

/// What a shard is given of what the shards of a server have in common. All of it outlives them.
struct ShardSurroundings {
  const ServerSettings& settings;  ///< never changes
  Log& log;
  ShardBus& bus;
  signaling::SharedQuota& connections;  ///< of `Shard::connections_quota`
  signaling::SharedQuota& sessions;     ///< of `ServerSettings::connections_max`
  std::shared_ptr<signaling::SharedQuota> rooms;
};

/// One event loop and all that lives on it: connections, the rooms whose home it is, routes,
/// timers.
///
/// Nothing in here is shared with another thread but the settings, which never change, the metrics,
/// which others only read, the bus, and what says so. Work comes in turns: one readiness, one
/// timer, one accepted connection or what came from other shards, and then everything that followed
/// from it: room commands are carried out, each connection that has something new to send is pumped
/// once (`PumpQueue`), and other shards are woken once.
class Shard {
 public:
  /// All references outlive the shard. `metrics` and `frame_pool` are this shard's alone; the pool
  /// is given, because its frames may lie on other shards when this one ends.
  Shard(ShardIndex index, const ShardSurroundings& server, metrics::ShardMetrics& metrics,
        media::FramePool& frame_pool);
  ~Shard();
  Shard(const Shard&) = delete;
  Shard& operator=(const Shard&) = delete;

  [[nodiscard]] boost::asio::io_context& context() { return context_; }
  /// Accepts connections from here on; `acceptor` is of this shard's context. Before `run`.
  void listen(boost::asio::ip::tcp::acceptor acceptor);
  /// Runs the loop until `shut_down` is done.
  void run() { context_.run(); }

  /// On all shards: stops to accept, says goodbye to everybody and lets `run` return, after at most
  /// `kShutDownTime`. To be called on one shard's thread.
  void shut_down_all();
  /// Lets `run` return without another word. Any thread.
  void stop() { context_.stop(); }

  /// For how long no connection could be accepted. Any thread may ask.
  [[nodiscard]] media::Duration stalled_for(media::Time now) const {
    return listener_->stalled_for(now);
  }
  /// When the loop was last seen alive, on the clock of `now()`. Any thread may ask.
  [[nodiscard]] media::Time heartbeat() const {
    return media::Time{media::Duration{heartbeat_.load(std::memory_order_relaxed)}};
  }
  static constexpr std::chrono::milliseconds kHeartbeatInterval{250};

  // For the admin thread, which has them run on this shard's.

  /// What is remembered of each session.
  [[nodiscard]] std::vector<FlightSession> flight_sessions() const;
  /// All that is remembered of one, but not yet what it was offered; nothing when there is no such
  /// session.
  [[nodiscard]] std::optional<FlightDump> flight_dump(signaling::SessionId session);
  /// Adds what a track of a dump was offered, unless that track has gone.
  void add_offered(FlightDump::Track& track);

  // For what lives on this shard.

  /// Runs `work` as one turn. Not to be called inside a turn.
  template <typename Work>
  void turn(Work&& work) {
    look_at_clock();
    work();
    finish_turn();
  }
  /// Before something is written whose way is measured: a frame to a thousand subscribers takes
  /// tens of milliseconds, which the last of them would seem to have been late by.
  void look_at_clock() { flight_.now = now_ = sfu::now(); }
  /// The moment of this turn, or of the pump in it that runs.
  [[nodiscard]] media::Time now() const { return now_; }
  [[nodiscard]] const Strain& strain() const { return strain_; }
  /// Connections, most of which have one.
  [[nodiscard]] std::size_t sessions() const { return connections_.size(); }
  /// One of the sessions here becomes congested; it will call `note_relieved`.
  void note_congested() { strain_.congested(connections_.size(), now_); }
  void note_relieved() { strain_.relieved(); }
  [[nodiscard]] const ServerSettings& settings() const { return settings_; }
  [[nodiscard]] metrics::ShardMetrics& metrics() { return metrics_; }
  /// An `error` goes to one of this shard's sessions.
  void count_error(signaling::ErrorCode code);
  [[nodiscard]] Log& log() { return log_; }
  [[nodiscard]] media::TimerWheel& wheel() { return wheel_; }
  [[nodiscard]] media::FlightRecording& flight() { return flight_; }
  [[nodiscard]] media::FramePool& frame_pool() { return frame_pool_; }
  [[nodiscard]] MediaRouter& router() { return router_; }
  /// Where the state of a room lives.
  [[nodiscard]] ShardIndex home_of(const std::string& room) const {
    return sfu::home_of(room, port_.shards());
  }
  /// Where connections read to; its content is of one connection's use of its turn only.
  [[nodiscard]] std::span<std::byte> scratch() { return {scratch_.get(), kScratchBytes}; }
  /// Memory for what one connection writes, lent for the time of a pump.
  [[nodiscard]] Outbox::Memory& outbox_memory() { return outbox_memory_; }

  /// Asks the room layer, later in this turn or on the room's home, in the order of the calls.
  void command(ShardIndex home, signaling::SessionId session, signaling::RoomCommand command);
  /// Pumps `session` once: at the end of this turn, or with all that gather now.
  void pump_later(Session& session);
  /// Pumps `session` with the next thing that it is sent, but within `PumpQueue::kUnhurriedMost`.
  void pump_before_long(Session& session);
  /// Those that all shards may have at once; each session takes one place.
  [[nodiscard]] signaling::SharedQuota& sessions_quota() { return sessions_quota_; }
  /// Forgets a closed connection at the end of this turn.
  void retire(const Connection& connection);

  /// See media::FramePool: four times what 100 publishers of 1.5 Mbit/s need.
  static constexpr std::size_t kFramePoolBytes = 256 * 1024 * 1024;
  /// How many connections may be taken over on all shards: so many more than sessions load pages,
  /// of which a browser opens up to six and keeps them for a while, shake hands, or are told why
  /// they are refused.
  [[nodiscard]] static std::size_t connections_quota(const ServerSettings& settings) {
    constexpr std::size_t kWithoutSession = 256;
    return settings.connections_max + kWithoutSession;
  }

 private:
  // Room for several chunks of the largest size; larger reads bring no more, since sockets hold
  // little more than this between two turns.
  static constexpr std::size_t kScratchBytes = 128 * 1024;
  static constexpr std::chrono::milliseconds kShutDownTime{2500};
  // When another shard's inbox is full: long enough for it to do something about that.
  static constexpr std::chrono::milliseconds kBacklogRetry{5};

  void adopt(boost::asio::ip::tcp::socket socket);
  void finish_turn();
  void run_commands();
  void bury_retired();

  void await_others();
  void handle(ShardMessage& message);
  void begin_to_shut_down();

  void apply(const signaling::RoomEffect& effect);
  void apply(const signaling::SendTo& effect);
  void apply(const signaling::SessionJoined& effect);
  void apply(const signaling::CloseSession& effect);
  void apply(const signaling::FailSession& effect);
  void apply(const signaling::TrackAdded& effect);
  void apply(const signaling::TrackRemoved& effect);
  void apply(const signaling::SubscriptionChanged& effect);
  void apply(const signaling::SubscriptionRemoved& effect);
  void apply(const signaling::LaneTrackAdded& effect);
  void apply(const signaling::LaneTrackRemoved& effect);
  void apply(const signaling::KeyframeWanted& effect);
  void apply(const signaling::MuteChanged& effect);
  void apply(const signaling::SessionLeft& effect);
  void apply(const signaling::RoomRemoved& effect);
  [[nodiscard]] Session* session(signaling::SessionId id);

  void keep_house();
  /// Gives back memory that lies unused.
  void trim();
  void count_rooms();
  void arm_timer();
  void on_timer(media::Time armed_for);

  const ShardIndex index_;
  const ServerSettings& settings_;
  metrics::ShardMetrics& metrics_;
  Log& log_;
  signaling::SharedQuota& connections_quota_;
  signaling::SharedQuota& sessions_quota_;
  media::Time now_ = sfu::now();
  Strain strain_;
  std::atomic<media::Duration::rep> heartbeat_{now_.time_since_epoch().count()};

  // These are used by everything below, so they are the last to go.
  media::FlightRecording flight_;
  media::FramePool& frame_pool_;
  media::TimerWheel wheel_{now_};
  Outbox::Memory outbox_memory_;
  std::unique_ptr<std::byte[]> scratch_ = std::make_unique<std::byte[]>(kScratchBytes);
  ShardPort port_;
  HomeRooms rooms_;
  PumpQueue pump_queue_{wheel_};
  MediaRouter router_;
  std::uint64_t next_session_ = 1;
  std::deque<std::pair<signaling::SessionId, signaling::RoomCommand>> commands_;
  std::vector<signaling::SessionId> retired_;
  ShardTimer house_timer_;
  ShardTimer backlog_timer_;
  ShardTimer shut_down_timer_;
  unsigned house_turns_ = 0;
  /// Frames go in the second trim after their last use, empty rooms after half a minute.
  static constexpr unsigned kTrimsWhenEmpty = 8;
  unsigned trims_when_empty_ = 0;
  bool shutting_down_ = false;

  // The loop goes before all that: what waits in it keeps connections alive, and those need it.
  boost::asio::io_context context_{1};
  boost::asio::steady_timer os_timer_{context_};
  media::Time os_timer_at_ = media::Time::max();
  std::optional<Listener> listener_;
  boost::asio::posix::stream_descriptor others_{
      context_};  ///< readable: other shards sent something
  std::uint64_t others_count_ = 0;
  DescriptorReserve descriptors_;
  std::unordered_map<signaling::SessionId, std::shared_ptr<Connection>> connections_;
};

}  // namespace sluice::sfu
