#include "sfu/connection.h"

#include <array>
#include <tuple>
#include <utility>

#include "media/invariant.h"
#include "sfu/shard.h"
#include "sfu/socket_facts.h"
#include "signaling/protocol_error.h"

namespace sluice::sfu {
namespace {

using namespace std::chrono_literals;
using boost::asio::ip::tcp;
using signaling::ErrorCode;

// Everything up to a session or a whole HTTP request: TLS over a bad link takes four round trips.
constexpr media::Duration kHandshakeTime = 10s;
// Between two requests of one HTTP connection.
constexpr media::Duration kHttpIdleTime = 15s;
// What a client may take to read its goodbye or its error.
constexpr media::Duration kDrainTime = 2s;
// Closing with unread input would reset the connection and take the last words with it.
constexpr media::Duration kLingerTime = 1s;

}  // namespace

Connection::Connection(signaling::SessionId id, Shard& shard, tcp::socket socket)
    : id_{id},
      shard_{shard},
      socket_{std::move(socket)},
      received_{MessageReader::buffer_bytes(shard.settings().session.limits)},
      deadline_{[this](media::Time) { on_deadline(); }} {}

Connection::~Connection() = default;

void Connection::start() {
  boost::system::error_code error;
  std::ignore = socket_.non_blocking(true, error);
  for (const RefusedOption& refused :
       apply_tcp_settings(socket_.native_handle(), shard_.settings().tcp)) {
    shard_.log().warning("socket_option_refused",
                         {{"option", refused.option}, {"error", refused.error.message()}});
  }
  expire_after(kHandshakeTime);
  advance();
}

void Connection::shut_down() {
  if (has_session(state_)) {
    session_->dismiss(signaling::GoodbyeReason::kServerShutdown);
  } else if (state_ != ConnectionState::kDraining && state_ != ConnectionState::kClosed) {
    close();
  }
}

void Connection::set_state(ConnectionState next) {
  invariant(may_follow(next, state_), "a connection only makes legal transitions");
  state_ = next;
  // Here and not when all is closed, so that who leaves can come back at once.
  if (!has_session(state_) && std::exchange(has_place_, false)) {
    shard_.sessions_quota().give_back();
  }
}

void Connection::expire_after(media::Duration time) {
  shard_.wheel().schedule(deadline_, shard_.now() + time);
}

void Connection::on_deadline() {
  switch (state_) {
    case ConnectionState::kSniffing:
    case ConnectionState::kTlsHandshake:
    case ConnectionState::kOpening:
    case ConnectionState::kRawMagic:
      return refuse(metrics::Refusal::kTimeout);
    case ConnectionState::kHttp:
      // Half a request is answered; silence between two requests, or an unread reply, is not.
      if (received_.bytes().empty() || !output_.empty()) return close();
      output_.add(http_->request_timeout());
      return begin_draining();
    case ConnectionState::kRaw:
    case ConnectionState::kWebSocket:
      return lose();
    case ConnectionState::kDraining:
    case ConnectionState::kLingering:
      return close();
    case ConnectionState::kClosed:
      return;
  }
}

// ---- writing

EgressPump::Outcome Connection::write_from(media::Egress& egress, EgressPump& pump) {
  if (!has_session(state_)) return EgressPump::Outcome::kLost;
  const EgressPump::Outcome outcome =
      output_.write_from(egress, pump, *transport_, shard_.outbox_memory(), shard_.now());
  if (outcome == EgressPump::Outcome::kAwaitWritable) wait_writable();
  if (outcome == EgressPump::Outcome::kLost) lose();
  return outcome;
}

void Connection::keep_rest(std::span<const std::byte> head, media::FrameRef frame,
                           std::size_t taken) {
  output_.add_rest(head, std::move(frame), taken, shard_.outbox_memory());
}

void Connection::on_writable() {
  switch (state_) {
    case ConnectionState::kRaw:
    case ConnectionState::kWebSocket:
      shard_.pump_later(*session_);
      if (std::exchange(read_awaits_write_, false)) advance();
      return;
    case ConnectionState::kHttp:
      flush();
      parse();
      return advance();
    case ConnectionState::kDraining:
      flush();
      return advance();
    case ConnectionState::kSniffing:
    case ConnectionState::kTlsHandshake:
    case ConnectionState::kOpening:
    case ConnectionState::kRawMagic:
    case ConnectionState::kLingering:
      return advance();
    case ConnectionState::kClosed:
      return;
  }
}

void Connection::flush() {
  switch (output_.flush(*transport_)) {
    case ConnectionOutput::Flushed::kAll:
      break;
    case ConnectionOutput::Flushed::kAwaitWritable:
      return wait_writable();
    case ConnectionOutput::Flushed::kLost:
      return close();
  }
  if (state_ == ConnectionState::kHttp) {
    expire_after(kHttpIdleTime);
  } else if (state_ == ConnectionState::kDraining) {
    transport_->shutdown();
    set_state(ConnectionState::kLingering);
    expire_after(kLingerTime);
    if (input_ended_) close();
  }
}

void Connection::finish(signaling::CloseReason reason) {
  if (!has_session(state_)) return;
  session_->take_last_words(output_.outbox());
  if (state_ == ConnectionState::kWebSocket) {
    output_.add_websocket_close(signaling::websocket_close_code(reason));
  }
  begin_draining();
}

void Connection::end_with(std::uint16_t code) {
  output_.add_websocket_close(code);
  begin_draining();
  // Only now, when there is no more to be said: the session's own last word would be another code.
  session_->connection_lost();
}

void Connection::begin_draining() {
  set_state(ConnectionState::kDraining);
  expire_after(kDrainTime);
  flush();
}

// ---- the ends

void Connection::open_session(MessageFraming framing) {
  deadline_.cancel();
  count(framing, 1);
  messages_.emplace(framing, shard_.settings().session.limits);
  session_ = std::make_unique<Session>(id_, shard_, *this, framing, socket_.native_handle());
  shard_.pump_later(*session_);
  // Only now is it known to be no page load, which takes nobody's place.
  has_place_ = shard_.sessions_quota().take();
  if (has_place_) return;
  shard_.metrics().connections_refused[metrics::Refusal::kServerFull].add();
  session_->fail(signaling::protocol_error(ErrorCode::kServerFull,
                                           "the server has as many participants as it may have"));
}

void Connection::count(MessageFraming framing, int change) {
  const auto transport =
      framing == MessageFraming::kRaw ? metrics::Transport::kRaw : metrics::Transport::kWebSocket;
  shard_.metrics().connections[transport][tls_ ? metrics::Tls::kYes : metrics::Tls::kNo].add(
      change);
}

void Connection::refuse(metrics::Refusal reason) {
  shard_.metrics().connections_refused[reason].add();
  close();
}

void Connection::lose() {
  close();
  // The connection lives until the end of this turn, and the room must hear of it.
  session_->connection_lost();
}

void Connection::limit_stall(std::chrono::milliseconds most) {
  sfu::limit_stall(socket_.native_handle(), most);
}

void Connection::abort_later() { shard_.wheel().schedule(deadline_, shard_.now()); }

void Connection::close() {
  if (state_ == ConnectionState::kClosed) return;
  set_state(ConnectionState::kClosed);
  if (session_) {
    session_->step_out();
    session_->count_egress();
    count(messages_->framing(), -1);
  }
  deadline_.cancel();
  boost::system::error_code ignored;
  std::ignore = socket_.close(ignored);
  shard_.retire(*this);
}

void Connection::wait_readable() {
  if (std::exchange(reading_, true)) return;
  socket_.async_wait(tcp::socket::wait_read,
                     [self = shared_from_this()](const boost::system::error_code& error) {
                       self->reading_ = false;
                       if (error || self->state_ == ConnectionState::kClosed) return;
                       self->shard_.turn([&] { self->advance(); });
                     });
}

void Connection::wait_writable() {
  if (std::exchange(writing_, true)) return;
  socket_.async_wait(tcp::socket::wait_write,
                     [self = shared_from_this()](const boost::system::error_code& error) {
                       self->writing_ = false;
                       if (error || self->state_ == ConnectionState::kClosed) return;
                       self->shard_.turn([&] { self->on_writable(); });
                     });
}

}  // namespace sluice::sfu
