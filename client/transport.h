#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "client/server_url.h"
#include "media/frame_pool.h"

namespace sluice::client {

/// How to reach the server.
struct TransportOptions {
  ServerUrl url;
  std::string user_agent;
  /// False accepts any certificate, a self-signed one too.
  bool verify_certificate = true;
  /// A file with certificates to trust besides the system's; empty: none.
  std::string trusted_certificates;
  /// Reads no faster than this, in bits a second; 0 does not hold back.
  std::uint64_t read_rate_bps = 0;
  /// Greatest message that is taken from the server.
  std::size_t message_bytes_max = std::size_t{1024} * 1024;
};

/// One message on its way out: `text`, or `head` and `body` of a media message.
struct OutgoingMessage {
  bool control = false;
  std::string text;
  std::vector<std::byte> head;
  std::span<const std::byte> body;  ///< lies in `frame`
  /// A write under way outlives the connection that asked for it, so the message owns its frame's
  /// pool; before `frame`, so that it goes after it.
  std::shared_ptr<const media::FramePool> pool;
  media::FrameRef frame;
};

/// What a transport tells its owner; on the transport's executor, never from inside a call to it.
class TransportEvents {
 public:
  virtual void on_open() = 0;
  virtual void on_text(std::string_view message) = 0;
  virtual void on_binary(std::span<const std::byte> message) = 0;
  /// The message given to `write` is with the kernel.
  virtual void on_written() = 0;
  /// Nothing more will come. `opened` is false when there never was a connection; `reason` is one
  /// sentence for people.
  virtual void on_transport_closed(bool opened, std::string reason) = 0;

 protected:
  ~TransportEvents() = default;
};

/// A connection that carries messages: raw framing or WebSocket, bare or in TLS.
///
/// Owner: one executor that runs one handler at a time (a strand, or the one thread of an
/// io_context). It keeps itself alive until `on_transport_closed`.
class Transport {
 public:
  virtual ~Transport() = default;
  Transport(const Transport&) = delete;
  Transport& operator=(const Transport&) = delete;

  /// Resolves, connects and shakes hands; `on_open` or `on_transport_closed` follows.
  virtual void start() = 0;
  /// Writes one message; only when open, and one at a time: `on_written` allows the next.
  virtual void write(OutgoingMessage message) = 0;
  /// Ends the connection now; no event follows. Harmless when it has ended.
  virtual void close() = 0;
  /// The socket, for asking the kernel; -1 while there is none.
  [[nodiscard]] virtual int descriptor() = 0;

 protected:
  Transport() = default;
};

/// `events` must stay until `on_transport_closed` was called or `close` returned.
[[nodiscard]] std::shared_ptr<Transport> make_transport(
    const boost::asio::any_io_executor& executor, TransportOptions options,
    TransportEvents& events);

}  // namespace sluice::client
