#include "sfu/connection.h"

#include <sys/socket.h>

#include <array>
#include <boost/asio/post.hpp>
#include <utility>

#include "media/invariant.h"
#include "media/raw_framing.h"
#include "sfu/shard.h"
#include "signaling/protocol_error.h"

namespace sluice::sfu {
namespace {

using namespace std::chrono_literals;
using signaling::ErrorCode;
using tcp = boost::asio::ip::tcp;

constexpr std::uint8_t kTlsHandshakeRecord = 0x16;  // RFC 8446 section 5.1

// Everything up to a session or a whole HTTP request: TLS over a bad link takes four round trips.
constexpr media::Duration kHandshakeTime = 10s;
// Between two requests of one HTTP connection.
constexpr media::Duration kHttpIdleTime = 15s;
// A meeting page of 1 MB takes 27 s at 300 kbit/s.
constexpr media::Duration kHttpReplyTime = 60s;
// What a client may take to read its goodbye or its error.
constexpr media::Duration kDrainTime = 2s;
// Closing with unread input would reset the connection and take the last words with it.
constexpr media::Duration kLingerTime = 1s;

media::RawLimits raw_limits(const signaling::Limits& limits) {
  return {.control_bytes = limits.control_bytes, .media_bytes = limits.chunk_bytes};
}

WebSocketLimits websocket_limits(const signaling::Limits& limits) {
  return {.text_bytes = limits.control_bytes, .binary_bytes = limits.chunk_bytes};
}

std::string_view text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace

Connection::Connection(signaling::SessionId id, Shard& shard, tcp::socket socket,
                       bool over_capacity)
    : id_{id},
      shard_{shard},
      socket_{std::move(socket)},
      over_capacity_{over_capacity},
      received_{WebSocketReader::buffer_bytes(websocket_limits(shard.settings().session.limits))},
      deadline_{[this](media::Time) { on_deadline(); }} {}

Connection::~Connection() = default;

void Connection::start() {
  boost::system::error_code error;
  socket_.non_blocking(true, error);
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
      if (received_.bytes().empty() || !outbox_.empty()) return close();
      reply(http_->request_timeout());
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

// ---- reading

void Connection::advance() {
  bytes_this_turn_ = 0;
  while (step()) {
  }
  received_.settle();
}

bool Connection::step() {
  switch (state_) {
    case ConnectionState::kSniffing:
      return sniff();
    case ConnectionState::kTlsHandshake:
      return shake_hands();
    case ConnectionState::kHttp:
      // One request at a time: a client that does not read its replies is not read from.
      return outbox_.empty() && read();
    case ConnectionState::kClosed:
      return false;
    case ConnectionState::kOpening:
    case ConnectionState::kRawMagic:
    case ConnectionState::kRaw:
    case ConnectionState::kWebSocket:
    case ConnectionState::kDraining:
    case ConnectionState::kLingering:
      return !input_ended_ && read();
  }
  return false;
}

bool Connection::sniff() {
  std::uint8_t first = 0;
  const ssize_t count = ::recv(socket_.native_handle(), &first, 1, MSG_PEEK);
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) {
    wait_readable();
    return false;
  }
  if (count <= 0) {
    refuse(metrics::Refusal::kDisconnected);
    return false;
  }
  if (first != kTlsHandshakeRecord) {
    transport_ = make_plain_transport(socket_.native_handle());
    set_state(ConnectionState::kOpening);
    return true;
  }
  if (!shard_.settings().tls) {
    refuse(metrics::Refusal::kTlsFailed);
    return false;
  }
  tls_ = true;
  transport_ = make_tls_transport(socket_.native_handle(), *shard_.settings().tls);
  set_state(ConnectionState::kTlsHandshake);
  return true;
}

bool Connection::shake_hands() {
  const auto done = transport_->handshake();
  if (done) {
    set_state(ConnectionState::kOpening);
    return true;
  }
  if (done.error() == IoStatus::kClosed || done.error() == IoStatus::kFailed) {
    shard_.log().debug("tls_failed", {{"reason", transport_->failure()}});
    refuse(metrics::Refusal::kTlsFailed);
  } else {
    on_would_block(done.error());
  }
  return false;
}

bool Connection::read() {
  if (bytes_this_turn_ >= kBytesPerTurn) {
    // The others get their turn before this one goes on.
    boost::asio::post(socket_.get_executor(),
                      [self = shared_from_this()] { self->shard_.turn([&] { self->advance(); }); });
    return false;
  }
  const std::span<std::byte> room = received_.room(shard_.scratch(), missing_);
  const auto count = transport_->read(room);
  if (!count) {
    if (count.error() == IoStatus::kWouldBlockRead || count.error() == IoStatus::kWouldBlockWrite) {
      on_would_block(count.error());
    } else {
      on_end_of_input();
    }
    return false;
  }
  received_.added(*count);
  bytes_this_turn_ += *count;
  if (has_session(state_)) session_->heard();
  parse();
  if (state_ == ConnectionState::kClosed) return false;
  // A plain socket that gave less than there was room for is empty: to hear that from it would cost
  // a call. TLS gives a record at a time, so it is asked.
  if (tls_ || *count == room.size()) return true;
  if (state_ == ConnectionState::kHttp && !outbox_.empty()) return false;
  wait_readable();
  return false;
}

void Connection::on_would_block(IoStatus status) {
  if (status == IoStatus::kWouldBlockWrite) {
    read_awaits_write_ = true;
    wait_writable();
  } else {
    wait_readable();
  }
}

void Connection::on_end_of_input() {
  input_ended_ = true;
  switch (state_) {
    case ConnectionState::kRaw:
    case ConnectionState::kWebSocket:
      return lose();
    case ConnectionState::kDraining:
      return;  // it may still read what it is sent
    case ConnectionState::kHttp:
    case ConnectionState::kLingering:
      return close();
    case ConnectionState::kSniffing:
    case ConnectionState::kTlsHandshake:
    case ConnectionState::kOpening:
    case ConnectionState::kRawMagic:
      return refuse(metrics::Refusal::kDisconnected);
    case ConnectionState::kClosed:
      return;
  }
}

void Connection::parse() {
  while (parse_next()) {
  }
}

bool Connection::parse_next() {
  switch (state_) {
    case ConnectionState::kOpening:
      return parse_opening();
    case ConnectionState::kHttp:
      return parse_http();
    case ConnectionState::kRawMagic:
      return parse_raw_magic();
    case ConnectionState::kRaw:
      return parse_raw();
    case ConnectionState::kWebSocket:
      return parse_websocket();
    case ConnectionState::kDraining:
    case ConnectionState::kLingering:
      received_.drop(received_.bytes().size());
      missing_ = 1;
      return false;
    case ConnectionState::kSniffing:
    case ConnectionState::kTlsHandshake:
    case ConnectionState::kClosed:
      return false;
  }
  return false;
}

bool Connection::parse_opening() {
  if (received_.bytes().empty()) return false;
  if (received_.bytes().front() == media::kRawMagic.front()) {
    set_state(ConnectionState::kRawMagic);
  } else {
    http_.emplace(shard_.settings().http);
    set_state(ConnectionState::kHttp);
  }
  return true;
}

bool Connection::parse_http() {
  if (received_.bytes().empty() || !outbox_.empty()) return false;
  const HttpStep step = http_->read(received_.bytes());
  received_.drop(step.consumed);
  if (!step.reply) return false;
  reply(*step.reply);
  switch (step.reply->after) {
    case AfterReply::kKeepOpen:
      expire_after(kHttpReplyTime);
      flush();
      break;
    case AfterReply::kClose:
      if (step.reply->status >= 400) {
        shard_.metrics().connections_refused[metrics::Refusal::kBadUpgrade].add();
      }
      begin_draining();
      break;
    case AfterReply::kWebSocket:
      http_.reset();
      websocket_ =
          std::make_unique<WebSocketReader>(websocket_limits(shard_.settings().session.limits));
      set_state(ConnectionState::kWebSocket);
      open_session(MessageFraming::kWebSocket);
      break;
  }
  return true;
}

bool Connection::parse_raw_magic() {
  const auto magic = media::read_raw_magic(received_.bytes());
  if (!magic) {
    refuse(metrics::Refusal::kBadMagic);
    return false;
  }
  if (*magic == 0) return false;
  received_.drop(*magic);
  set_state(ConnectionState::kRaw);
  open_session(MessageFraming::kRaw);
  return true;
}

bool Connection::parse_raw() {
  const auto message =
      media::read_raw_message(received_.bytes(), raw_limits(shard_.settings().session.limits));
  if (!message) {
    const bool too_large = message.error() == media::RawError::kTooLarge;
    session_->fail(
        signaling::protocol_error(too_large ? ErrorCode::kTooLarge : ErrorCode::kBadFraming,
                                  media::describe(message.error())));
    invariant(!has_session(state_), "a framing error ends the session");
    return true;
  }
  if (!message->whole()) {
    missing_ = message->missing;
    return false;
  }
  missing_ = 1;
  if (message->kind == media::RawKind::kControl) {
    session_->on_control(text_of(message->body));
  } else {
    session_->on_media(message->body);
  }
  received_.drop(message->consumed);
  return true;
}

bool Connection::parse_websocket() {
  const auto event = websocket_->read(received_.bytes());
  if (!event) return breach(event.error());
  missing_ = 1;
  switch (event->kind) {
    case WebSocketEventKind::kNeedMore:
      missing_ = event->missing;
      break;
    case WebSocketEventKind::kText:
      session_->on_control(text_of(event->payload));
      break;
    case WebSocketEventKind::kBinary:
      session_->on_media(event->payload);
      break;
    case WebSocketEventKind::kPing: {
      std::array<std::byte, kWebSocketHeaderBytesMax> header;
      const std::size_t bytes =
          write_websocket_header(WebSocketOpcode::kPong, event->payload.size(), header);
      pending_pong_ = text_of(std::span{header}.first(bytes));
      pending_pong_ += text_of(event->payload);
      shard_.pump_later(*session_);
      break;
    }
    case WebSocketEventKind::kPong:
      break;
    case WebSocketEventKind::kClose:
      end_with(event->close_code);
      break;
  }
  received_.drop(event->consumed, event->remaining);
  return event->kind != WebSocketEventKind::kNeedMore;
}

bool Connection::breach(WebSocketFault fault) {
  if (fault == WebSocketFault::kTooLarge) {
    session_->fail(signaling::protocol_error(ErrorCode::kTooLarge, describe(fault)));
    invariant(!has_session(state_), "a framing error ends the session");
    return true;
  }
  shard_.log().debug("websocket_breach", {{"fault", describe(fault)}});
  end_with(close_code(fault));
  return true;
}

// ---- writing

EgressPump::Outcome Connection::write_from(media::Egress& egress, EgressPump& pump) {
  if (!has_session(state_)) return EgressPump::Outcome::kLost;
  outbox_.borrow(shard_.outbox_memory());
  if (!pending_pong_.empty() && outbox_.empty()) {
    outbox_.add_bytes(std::exchange(pending_pong_, {}));
  }
  const EgressPump::Outcome outcome = pump.run(egress, outbox_, *transport_, shard_.now());
  outbox_.give_back(shard_.outbox_memory());
  if (outcome == EgressPump::Outcome::kAwaitWritable) wait_writable();
  if (outcome == EgressPump::Outcome::kLost) lose();
  return outcome;
}

void Connection::keep_rest(std::span<const std::byte> head, media::FrameRef frame,
                           std::size_t taken) {
  outbox_.borrow(shard_.outbox_memory());
  outbox_.add_rest(head, std::move(frame), taken);
  outbox_.give_back(shard_.outbox_memory());
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
  if (!outbox_.empty()) {
    const auto written = outbox_.write(*transport_, {});
    if (!written && written.error() != IoStatus::kWouldBlockWrite) return close();
  }
  if (!outbox_.empty()) return wait_writable();
  if (transport_->unflushed_bytes() > 0) {
    const auto flushed = transport_->flush();
    if (!flushed && flushed.error() != IoStatus::kWouldBlockWrite) return close();
    if (!flushed) return wait_writable();
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

void Connection::reply(const HttpReply& reply) {
  outbox_.add_bytes(reply.head);
  if (reply.body) outbox_.add_bytes(reply.body);
}

void Connection::append_close_frame(std::uint16_t code) {
  std::array<std::byte, kWebSocketCloseBytesMax> frame;
  const std::size_t bytes = write_websocket_close(code, {}, frame);
  outbox_.add_bytes(std::string{text_of(std::span{frame}.first(bytes))});
}

void Connection::finish(signaling::CloseReason reason) {
  if (!has_session(state_)) return;
  session_->take_last_words(outbox_);
  if (state_ == ConnectionState::kWebSocket) {
    append_close_frame(signaling::websocket_close_code(reason));
  }
  begin_draining();
}

void Connection::end_with(std::uint16_t code) {
  append_close_frame(code);
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
  const auto transport =
      framing == MessageFraming::kRaw ? metrics::Transport::kRaw : metrics::Transport::kWebSocket;
  shard_.metrics().connections[transport][tls_ ? metrics::Tls::kYes : metrics::Tls::kNo].add(1);
  session_ = std::make_unique<Session>(id_, shard_, *this, framing, socket_.native_handle());
  shard_.pump_later(*session_);
  if (!over_capacity_) return;
  shard_.metrics().connections_refused[metrics::Refusal::kServerFull].add();
  session_->fail(signaling::protocol_error(ErrorCode::kServerFull,
                                           "the server has its greatest number of connections"));
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

void Connection::abort_later() { shard_.wheel().schedule(deadline_, shard_.now()); }

void Connection::close() {
  if (state_ == ConnectionState::kClosed) return;
  set_state(ConnectionState::kClosed);
  if (session_) {
    session_->step_out();
    session_->count_egress();
    const auto transport = websocket_ ? metrics::Transport::kWebSocket : metrics::Transport::kRaw;
    shard_.metrics().connections[transport][tls_ ? metrics::Tls::kYes : metrics::Tls::kNo].add(-1);
  }
  deadline_.cancel();
  boost::system::error_code ignored;
  socket_.close(ignored);
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
