#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "signaling/client_message.h"
#include "signaling/control_rate_limit.h"
#include "signaling/goodbye_reason.h"
#include "signaling/ids.h"
#include "signaling/limits.h"
#include "signaling/protocol_error.h"
#include "signaling/session_action.h"
#include "signaling/token.h"

namespace sluice::signaling {

/// The versions of docs/protocol.md that this code speaks.
inline constexpr std::uint32_t kProtocolVersion = 1;

/// What a server decides for all its sessions.
struct SessionSettings {
  std::string server;  ///< name and version, told in `hello`
  Limits limits;
  std::chrono::milliseconds ping_interval{2000};
  std::chrono::milliseconds timeout{10000};
  std::chrono::milliseconds report_interval{50};
  std::chrono::milliseconds hello_timeout{5000};
  std::chrono::milliseconds join_timeout{10000};  ///< counted from `hello`
};

/// The life of one connection: hello, join (or attach, for a lane), requests, goodbye. Sans-IO.
///
/// Bytes and a moment go in; what to send, what to ask of the room layer, and when to close come
/// out. Every call that returns actions may be made in any state; after `CloseConnection` was
/// returned nothing more comes. When the connection ends while in a room, a `Leave` comes before
/// the `CloseConnection`, so the room layer always hears of it.
class SessionProtocol {
 public:
  using Time = std::chrono::steady_clock::time_point;

  enum class State : std::uint8_t {
    kAwaitHello,
    kAwaitJoin,  ///< versions are agreed
    kJoining,    ///< the room layer was asked
    kJoined,
    kClosed,
  };

  /// `settings` and `tokens` outlive the session; without `tokens` everyone may join every room.
  /// `session` is told to the client, so that its user can say what the server's log calls it.
  SessionProtocol(const SessionSettings& settings, const TokenVerifier* tokens, Time now,
                  std::optional<SessionId> session = std::nullopt);

  /// One whole control message of the client. `wall_now` judges its token.
  [[nodiscard]] std::vector<SessionAction> on_text(std::string_view text, Time now,
                                                   WallTime wall_now);
  /// Media messages are in order now; otherwise `fail` with `kOutOfOrder`.
  [[nodiscard]] bool on_binary_allowed() const { return state_ == State::kJoined; }
  /// Bytes of any kind arrived: the connection lives.
  void heard(Time now);

  /// Pings and timeouts.
  [[nodiscard]] std::vector<SessionAction> on_time(Time now);
  /// When to call `on_time` next; `Time::max()` when closed.
  [[nodiscard]] Time next_deadline() const;

  /// The room layer took the session in.
  void joined(Time now);
  /// Sends the error and closes when it is fatal: for faults found elsewhere, in media or framing
  /// or by the room layer.
  [[nodiscard]] std::vector<SessionAction> fail(const ProtocolError& error);
  /// Says goodbye and closes.
  [[nodiscard]] std::vector<SessionAction> dismiss(GoodbyeReason reason);
  /// The transport is gone: nothing is sent, the room layer is told.
  [[nodiscard]] std::vector<SessionAction> connection_lost();

  [[nodiscard]] State state() const { return state_; }
  /// It attached, or tries to: its media is of a participant who joined by another connection.
  [[nodiscard]] bool is_lane() const { return lane_; }

 private:
  using Actions = std::vector<SessionAction>;

  void on_message(ClientMessage& message, Time now, WallTime wall_now, Actions& actions);
  void on_hello(const ClientHello& hello, std::optional<std::uint64_t> id, Time now,
                Actions& actions);
  void on_join(const Join& join, std::optional<std::uint64_t> id, Time now, WallTime wall_now,
               Actions& actions);
  void on_attach(Attach& attach, std::optional<std::uint64_t> id, Time now, Actions& actions);
  void report(const ProtocolError& error, Actions& actions);
  void close(CloseReason reason, GoodbyeReason left_as, Actions& actions);
  void set_state(State next, Time now);
  [[nodiscard]] bool in_room() const {
    return state_ == State::kJoining || state_ == State::kJoined;
  }
  [[nodiscard]] Time next_ping() const;

  const SessionSettings& settings_;
  const TokenVerifier* tokens_;
  std::optional<SessionId> session_;
  State state_ = State::kAwaitHello;
  bool lane_ = false;
  ControlRateLimit rate_limit_;
  Time state_since_;  ///< when this state began
  Time heard_at_;
  Time pinged_at_;
  std::uint64_t next_ping_id_ = 1;
};

}  // namespace sluice::signaling
