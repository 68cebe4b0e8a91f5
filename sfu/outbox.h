#pragma once

#include <sys/uio.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <span>
#include <string>
#include <variant>

#include "media/chunk_header.h"
#include "media/frame_pool.h"
#include "media/ring_deque.h"
#include "sfu/message_framing.h"
#include "sfu/transport.h"

namespace sluice::sfu {

/// What a connection has decided to send and the kernel has not taken yet.
///
/// What is in here is bound to the wire and cannot be taken back, so little is ever put in: the
/// scheduler is asked again only when it is empty. Payloads are referred to, not copied.
/// Bound:  the caller's, who adds one batch at a time.
/// Memory: an empty outbox has none. Who fills it lends it some that all connections of a shard
///         share; it keeps that only as long as the kernel left something in it.
class Outbox {
  struct Item {
    std::array<std::byte, kMediaHeadBytesMax> head{};
    std::uint8_t head_bytes = 0;
    std::span<const std::byte> body;
    std::variant<std::monostate, media::FrameRef, std::shared_ptr<const std::string>> owner;

    [[nodiscard]] std::size_t bytes() const { return head_bytes + body.size(); }
  };

 public:
  /// Room for the items of one outbox.
  class Memory {
    friend class Outbox;
    media::RingDeque<Item> items_;
  };

  /// To be called before adding. `memory` is then empty, unless this outbox is not.
  void borrow(Memory& memory);
  /// Gives it back when all was written.
  void give_back(Memory& memory);

  /// A control message.
  void add_text(MessageFraming framing, std::shared_ptr<const std::string> text);
  /// A media message: `payload` lies in `frame`, which stays alive until it is written.
  void add_chunk(MessageFraming framing, const media::ChunkHeader& header, media::FrameRef frame,
                 std::span<const std::byte> payload);
  /// A media message of which the first `taken` bytes went out already.
  void add_rest(std::span<const std::byte> head, media::FrameRef frame, std::size_t taken);
  /// Bytes as they are: HTTP, and WebSocket control frames.
  void add_bytes(std::shared_ptr<const std::string> bytes);
  void add_bytes(std::string bytes) {
    add_bytes(std::make_shared<const std::string>(std::move(bytes)));
  }

  [[nodiscard]] bool empty() const { return items_.empty(); }
  /// Bytes not written yet.
  [[nodiscard]] std::size_t bytes() const { return bytes_; }

  /// Writes until it is empty or the transport takes no more; gives the bytes written.
  /// Errors: those of `Transport::write`, except that kWouldBlockWrite after some bytes is success.
  [[nodiscard]] std::expected<std::size_t, IoStatus> write(Transport& transport, WriteFlags flags);

 private:
  void add(Item item);
  void written(std::size_t count);

  media::RingDeque<Item> items_;
  std::size_t bytes_ = 0;
  std::size_t front_written_ = 0;  ///< bytes of the first item that are written
};

}  // namespace sluice::sfu
