#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "media/egress.h"
#include "metrics/labels.h"
#include "sfu/connection_output.h"
#include "sfu/connection_state.h"
#include "sfu/egress_pump.h"
#include "sfu/http_responder.h"
#include "sfu/message_reader.h"
#include "sfu/receive_buffer.h"
#include "sfu/session.h"
#include "sfu/shard_timer.h"
#include "sfu/transport.h"
#include "signaling/ids.h"
#include "signaling/session_action.h"

namespace sluice::sfu {

class Shard;

/// One accepted TCP connection, from its first byte to its last.
///
/// Finds out what the peer speaks (TLS or not; raw framing, HTTP or WebSocket), cuts what arrives
/// into messages for the `Session` behind it, and writes what the session's egress chooses.
/// `ConnectionState` lists the states; `set_state` refuses every transition but the legal ones.
///
/// Bounds: one message of input (`ReceiveBuffer`), one batch of output (`Outbox`), and a deadline
/// for every state without a session. A turn reads at most `kBytesPerTurn`.
/// Owner: its shard; an operation under way keeps it alive. Runs on the shard's thread.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(signaling::SessionId id, Shard& shard, boost::asio::ip::tcp::socket socket);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  void start();
  [[nodiscard]] signaling::SessionId id() const { return id_; }
  [[nodiscard]] ConnectionState state() const { return state_; }
  /// The session, from the upgrade until the connection is gone; else null.
  [[nodiscard]] Session* session() { return session_.get(); }

  /// The server stops: a session is told so, everything else ends now.
  void shut_down();

  // From the session.

  /// Writes what waits, then closes, as the protocol decided.
  void finish(signaling::CloseReason reason);
  /// Ends the connection when what was sent is repeated for so long and not acknowledged.
  void limit_stall(std::chrono::milliseconds most);
  /// Ends the connection without a word, after the current turn.
  void abort_later();
  /// Runs `pump` on this connection's output.
  EgressPump::Outcome write_from(media::Egress& egress, EgressPump& pump);
  /// The way to the peer, as long as there is a session.
  [[nodiscard]] Transport& transport() { return *transport_; }
  /// What `transport` did not take of a message whose first `taken` bytes it took: bound to the
  /// wire, so it goes before all else.
  void keep_rest(std::span<const std::byte> head, media::FrameRef frame, std::size_t taken);

 private:
  static constexpr std::size_t kBytesPerTurn = 256 * 1024;

  void set_state(ConnectionState next);
  void expire_after(media::Duration time);
  void on_deadline();

  // Reading (connection_reading.cpp). Each step is true when another may follow at once.
  void advance();
  bool step();
  bool sniff();
  bool shake_hands();
  bool read();
  void parse();
  bool parse_next();
  bool parse_opening();
  bool parse_http();
  bool parse_raw_magic();
  bool parse_message();
  void breach(const FramingFault& fault);
  void on_would_block(IoStatus status);
  void on_end_of_input();

  // Writing.
  void on_writable();
  void flush();
  void end_with(std::uint16_t code);
  void begin_draining();

  void open_session(MessageFraming framing);
  /// Sessions of a kind, for the metrics.
  void count(MessageFraming framing, int change);
  void refuse(metrics::Refusal reason);
  void lose();
  void close();
  void wait_readable();
  void wait_writable();

  signaling::SessionId id_;
  Shard& shard_;
  boost::asio::ip::tcp::socket socket_;
  bool has_place_ = false;  ///< its session counts as one of the server's
  bool tls_ = false;
  bool reading_ = false;            ///< a wait for readability is under way
  bool writing_ = false;            ///< a wait for writability is under way
  bool read_awaits_write_ = false;  ///< TLS has to write before it can read on
  bool input_ended_ = false;
  ConnectionState state_ = ConnectionState::kSniffing;
  std::unique_ptr<Transport> transport_;
  ReceiveBuffer received_;
  std::size_t missing_ = 1;  ///< bytes that the next message needs at least
  std::size_t bytes_this_turn_ = 0;
  std::optional<HttpResponder> http_;
  std::optional<MessageReader> messages_;  ///< of the session
  ConnectionOutput output_;
  std::unique_ptr<Session> session_;
  ShardTimer deadline_;
};

}  // namespace sluice::sfu
