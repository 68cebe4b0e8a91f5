// What arrives at a connection, from the first byte on; the rest of it is in connection.cpp.
#include <sys/socket.h>

#include <boost/asio/post.hpp>
#include <utility>

#include "media/invariant.h"
#include "media/raw_framing.h"
#include "sfu/connection.h"
#include "sfu/shard.h"
#include "signaling/protocol_error.h"

namespace sluice::sfu {
namespace {

using namespace std::chrono_literals;
using signaling::ErrorCode;

constexpr std::uint8_t kTlsHandshakeRecord = 0x16;  // RFC 8446 section 5.1

// A meeting page of 1 MB takes 27 s at 300 kbit/s.
constexpr media::Duration kHttpReplyTime = 60s;

std::string_view text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace

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
      return output_.empty() && read();
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
  if (state_ == ConnectionState::kHttp && !output_.empty()) return false;
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
    case ConnectionState::kWebSocket:
      return parse_message();
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
  if (received_.bytes().empty() || !output_.empty()) return false;
  const HttpStep step = http_->read(received_.bytes());
  received_.drop(step.consumed);
  if (!step.reply) return false;
  output_.add(*step.reply);
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

bool Connection::parse_message() {
  const auto message = messages_->read(received_.bytes());
  if (!message) {
    breach(message.error());
    return true;
  }
  missing_ = message->missing;
  switch (message->kind) {
    case IncomingKind::kNone:
    case IncomingKind::kPong:
      break;
    case IncomingKind::kControl:
      session_->on_control(text_of(message->payload));
      break;
    case IncomingKind::kMedia:
      session_->on_media(message->payload);
      break;
    case IncomingKind::kPing:
      output_.add_pong(message->payload);
      shard_.pump_later(*session_);
      break;
    case IncomingKind::kClose:
      end_with(message->close_code);
      break;
  }
  received_.drop(message->consumed, message->remaining);
  return message->kind != IncomingKind::kNone;
}

void Connection::breach(const FramingFault& fault) {
  switch (fault.answer) {
    case FramingFault::Answer::kTooLarge:
      session_->fail(signaling::protocol_error(ErrorCode::kTooLarge, fault.description));
      break;
    case FramingFault::Answer::kBadFraming:
      session_->fail(signaling::protocol_error(ErrorCode::kBadFraming, fault.description));
      break;
    case FramingFault::Answer::kCloseFrame:
      shard_.log().debug("websocket_breach", {{"fault", fault.description}});
      end_with(fault.close_code);
      break;
  }
  invariant(!has_session(state_), "a framing error ends the session");
}

}  // namespace sluice::sfu
