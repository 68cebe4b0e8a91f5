#include "signaling/session_protocol.h"

#include <algorithm>
#include <array>
#include <memory>
#include <type_traits>
#include <utility>

#include "signaling/invariant.h"
#include "signaling/join_authorization.h"
#include "signaling/message_json.h"
#include "signaling/server_message.h"

namespace sluice::signaling {

namespace {

using State = SessionProtocol::State;

/// Every legal transition; any other is a fault of ours.
constexpr std::array<std::pair<State, State>, 7> kTransitions{{
    {State::kAwaitHello, State::kAwaitJoin},
    {State::kAwaitHello, State::kClosed},
    {State::kAwaitJoin, State::kJoining},
    {State::kAwaitJoin, State::kClosed},
    {State::kJoining, State::kJoined},
    {State::kJoining, State::kClosed},
    {State::kJoined, State::kClosed},
}};

SendControl control(const ServerMessage& message) {
  const auto* error = std::get_if<ErrorReport>(&message.body);
  return {.text = std::make_shared<const std::string>(serialise(message)),
          .error = error != nullptr ? std::optional{error->code} : std::nullopt};
}

std::string name_of(SessionId session) {
  return std::to_string(static_cast<std::uint64_t>(session));
}

bool says_hello(std::string_view text, const Limits& limits) {
  const auto typed = parse_typed_object(text, limits.control_bytes);
  return typed && typed->type == "hello";
}

/// What the others are told of a client's own goodbye: only the server removes or shuts down.
GoodbyeReason left_as(const Goodbye& goodbye) {
  return goodbye.reason == GoodbyeReason::kError ? GoodbyeReason::kError : GoodbyeReason::kLeft;
}

}  // namespace

SessionProtocol::SessionProtocol(const SessionSettings& settings, const TokenVerifier* tokens,
                                 Time now, std::optional<SessionId> session)
    : settings_(settings),
      tokens_(tokens),
      session_(session),
      rate_limit_(settings.limits.control_rate, now),
      state_since_(now),
      heard_at_(now),
      pinged_at_(now) {}

std::vector<SessionAction> SessionProtocol::on_text(std::string_view text, Time now,
                                                    WallTime wall_now) {
  Actions actions;
  if (state_ == State::kClosed) return actions;
  heard(now);
  switch (rate_limit_.count(now)) {
    case ControlRateLimit::Verdict::kAllowed:
      break;
    case ControlRateLimit::Verdict::kRefusedSilent:
      return actions;
    case ControlRateLimit::Verdict::kRefused:
      report(protocol_error(ErrorCode::kRateLimited, "too many control messages"), actions);
      return actions;
    case ControlRateLimit::Verdict::kFatal:
      report({.code = ErrorCode::kRateLimited,
              .message = "too many control messages for too long",
              .fatal = true,
              .reply_to = std::nullopt},
             actions);
      return actions;
  }
  auto message = parse_client_message(text, settings_.limits);
  if (message) {
    on_message(*message, now, wall_now, actions);
    return actions;
  }
  ProtocolError error = std::move(message.error());
  if (state_ == State::kAwaitHello && !error.fatal && !says_hello(text, settings_.limits)) {
    error =
        protocol_error(ErrorCode::kOutOfOrder, "the first message must be hello", error.reply_to);
  }
  report(error, actions);
  return actions;
}

void SessionProtocol::on_message(ClientMessage& message, Time now, WallTime wall_now,
                                 Actions& actions) {
  const auto id = message.id;
  if (const auto* hello = std::get_if<ClientHello>(&message.body)) {
    on_hello(*hello, id, now, actions);
    return;
  }
  if (state_ == State::kAwaitHello) {
    report(protocol_error(ErrorCode::kOutOfOrder, "the first message must be hello", id), actions);
    return;
  }
  const auto to_room = [&](auto& request) {
    if (lane_) {
      report(protocol_error(ErrorCode::kNotPermitted, "a lane asks nothing of its room", id),
             actions);
    } else if (in_room()) {
      actions.emplace_back(RoomCommand{.id = id, .request = std::move(request)});
    } else {
      report(protocol_error(ErrorCode::kNotJoined, "join a room first", id), actions);
    }
  };
  const auto reply_to = message.reply_to;
  const auto on_body = [&]<typename Body>(Body& body) {
    if constexpr (std::is_same_v<Body, Join>) {
      on_join(body, id, now, wall_now, actions);
    } else if constexpr (std::is_same_v<Body, Attach>) {
      on_attach(body, id, now, actions);
    } else if constexpr (std::is_same_v<Body, Ping>) {
      actions.emplace_back(control({.id = std::nullopt, .reply_to = id, .body = Pong{}}));
    } else if constexpr (std::is_same_v<Body, Pong>) {
      // That the connection lives is said by every message.
      if (reply_to) actions.emplace_back(PingAnswered{*reply_to});
    } else if constexpr (std::is_same_v<Body, ClientHello>) {
      // Answered above.
    } else if constexpr (std::is_same_v<Body, Goodbye>) {
      close(CloseReason::kGoodbye, left_as(body), actions);
    } else if constexpr (std::is_same_v<Body, ClientReport>) {
      if (state_ == State::kJoined) {
        actions.emplace_back(std::move(body));
      } else if (!in_room()) {
        report(protocol_error(ErrorCode::kNotJoined, "join a room first", id), actions);
      }
    } else {
      to_room(body);
    }
  };
  std::visit(on_body, message.body);
}

void SessionProtocol::on_hello(const ClientHello& hello, std::optional<std::uint64_t> id, Time now,
                               Actions& actions) {
  if (state_ != State::kAwaitHello) {
    report(protocol_error(ErrorCode::kOutOfOrder, "hello was said before", id), actions);
    return;
  }
  if (std::ranges::find(hello.versions, kProtocolVersion) == hello.versions.end()) {
    report(protocol_error(ErrorCode::kUnsupportedVersion,
                          "this server speaks version " + std::to_string(kProtocolVersion), id),
           actions);
    return;
  }
  set_state(State::kAwaitJoin, now);
  actions.emplace_back(control({.id = std::nullopt,
                                .reply_to = id,
                                .body = ServerHello{.version = kProtocolVersion,
                                                    .server = settings_.server,
                                                    .limits = settings_.limits,
                                                    .ping_interval = settings_.ping_interval,
                                                    .timeout = settings_.timeout,
                                                    .report_interval = settings_.report_interval,
                                                    .session = session_.transform(name_of)}}));
}

void SessionProtocol::on_join(const Join& join, std::optional<std::uint64_t> id, Time now,
                              WallTime wall_now, Actions& actions) {
  if (state_ != State::kAwaitJoin) {
    report(protocol_error(ErrorCode::kAlreadyJoined, "this connection has joined a room", id),
           actions);
    return;
  }
  auto authorized = authorize_join(join, tokens_, settings_.limits, wall_now);
  if (!authorized) {
    ProtocolError error = std::move(authorized.error());
    error.reply_to = id;
    report(error, actions);
    return;
  }
  set_state(State::kJoining, now);
  actions.emplace_back(RoomCommand{.id = id, .request = *std::move(authorized)});
}

void SessionProtocol::on_attach(Attach& attach, std::optional<std::uint64_t> id, Time now,
                                Actions& actions) {
  if (state_ != State::kAwaitJoin) {
    report(protocol_error(ErrorCode::kAlreadyJoined, "this connection has joined a room", id),
           actions);
    return;
  }
  lane_ = true;
  set_state(State::kJoining, now);
  actions.emplace_back(RoomCommand{.id = id, .request = std::move(attach)});
}

void SessionProtocol::heard(Time now) { heard_at_ = std::max(heard_at_, now); }

std::vector<SessionAction> SessionProtocol::on_time(Time now) {
  Actions actions;
  const auto time_out = [&](const char* message) {
    report(protocol_error(ErrorCode::kTimeout, message), actions);
  };
  if (state_ == State::kClosed) return actions;
  if (state_ == State::kAwaitHello) {
    if (now >= state_since_ + settings_.hello_timeout) time_out("no hello came");
    return actions;
  }
  if (now >= heard_at_ + settings_.timeout) {
    time_out("nothing was heard for too long");
  } else if (state_ == State::kAwaitJoin && now >= state_since_ + settings_.join_timeout) {
    time_out("no join came");
  } else if (now >= next_ping()) {
    pinged_at_ = now;
    actions.emplace_back(
        control({.id = next_ping_id_++, .reply_to = std::nullopt, .body = Ping{}}));
  }
  return actions;
}

SessionProtocol::Time SessionProtocol::next_deadline() const {
  switch (state_) {
    case State::kClosed:
      return Time::max();
    case State::kAwaitHello:
      return state_since_ + settings_.hello_timeout;
    case State::kAwaitJoin:
      return std::min(
          {state_since_ + settings_.join_timeout, heard_at_ + settings_.timeout, next_ping()});
    case State::kJoining:
    case State::kJoined:
      return std::min(heard_at_ + settings_.timeout, next_ping());
  }
  return Time::max();
}

void SessionProtocol::joined(Time now) {
  // The connection may have ended while the room layer took it in; its `Leave` is on the way.
  if (state_ == State::kJoining) set_state(State::kJoined, now);
}

std::vector<SessionAction> SessionProtocol::fail(const ProtocolError& error) {
  Actions actions;
  if (state_ != State::kClosed) report(error, actions);
  return actions;
}

std::vector<SessionAction> SessionProtocol::dismiss(GoodbyeReason reason) {
  Actions actions;
  if (state_ == State::kClosed) return actions;
  actions.emplace_back(
      control({.id = std::nullopt, .reply_to = std::nullopt, .body = Goodbye{reason}}));
  close(reason == GoodbyeReason::kServerShutdown ? CloseReason::kServerShutdown
                                                 : CloseReason::kGoodbye,
        reason, actions);
  return actions;
}

std::vector<SessionAction> SessionProtocol::connection_lost() {
  Actions actions;
  if (state_ != State::kClosed) {
    close(CloseReason::kGoodbye, GoodbyeReason::kConnectionLost, actions);
  }
  return actions;
}

void SessionProtocol::report(const ProtocolError& error, Actions& actions) {
  actions.emplace_back(control(error_message(error)));
  if (!error.fatal) return;
  close(error.code == ErrorCode::kTooLarge ? CloseReason::kTooLarge : CloseReason::kError,
        error.code == ErrorCode::kTimeout ? GoodbyeReason::kConnectionLost : GoodbyeReason::kError,
        actions);
}

void SessionProtocol::close(CloseReason reason, GoodbyeReason left_as, Actions& actions) {
  if (in_room()) {
    actions.emplace_back(RoomCommand{.id = std::nullopt, .request = Leave{left_as}});
  }
  actions.emplace_back(CloseConnection{reason});
  set_state(State::kClosed, state_since_);
}

void SessionProtocol::set_state(State next, Time now) {
  const bool legal = std::ranges::find(kTransitions, std::pair{state_, next}) != kTransitions.end();
  invariant(legal, "a session goes only from state to state as listed");
  state_ = next;
  state_since_ = now;
}

SessionProtocol::Time SessionProtocol::next_ping() const {
  return std::max(heard_at_, pinged_at_) + settings_.ping_interval;
}

}  // namespace sluice::signaling
