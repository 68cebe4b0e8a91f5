#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "media/egress.h"
#include "media/time.h"
#include "sfu/egress_pump.h"
#include "sfu/http_responder.h"
#include "sfu/outbox.h"
#include "sfu/transport.h"

namespace sluice::sfu {

/// What one connection writes: replies, the session's messages, and the frames that WebSocket
/// itself asks for.
///
/// Bound: one batch of the session's egress, and of the pings that arrived the newest.
class ConnectionOutput {
 public:
  enum class Flushed : std::uint8_t {
    kAll,            ///< the kernel has all of it
    kAwaitWritable,  ///< go on when the socket is writable
    kLost,           ///< the connection is of no more use
  };

  [[nodiscard]] bool empty() const { return outbox_.empty(); }
  /// Where a session that ends puts what it has to say yet.
  [[nodiscard]] Outbox& outbox() { return outbox_; }

  void add(const HttpReply& reply);
  void add_websocket_close(std::uint16_t code);
  /// Answers a ping with the next batch; a newer one takes its place.
  void add_pong(std::span<const std::byte> payload);
  /// What `transport` did not take of a message whose first `taken` bytes it took: bound to the
  /// wire, so it goes before all else.
  void add_rest(std::span<const std::byte> head, media::FrameRef frame, std::size_t taken,
                Outbox::Memory& memory);

  /// Writes what `pump` chooses from `egress`.
  EgressPump::Outcome write_from(media::Egress& egress, EgressPump& pump, Transport& transport,
                                 Outbox::Memory& memory, media::Time now);
  /// Writes what was added, down to the last byte.
  [[nodiscard]] Flushed flush(Transport& transport);

 private:
  Outbox outbox_;
  std::string pending_pong_;  ///< a whole frame
};

}  // namespace sluice::sfu
