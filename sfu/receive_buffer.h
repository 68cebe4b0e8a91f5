#pragma once

#include <cstddef>
#include <memory>
#include <span>

namespace sluice::sfu {

/// The bytes of one connection that arrived and were not used yet.
///
/// Most reads bring whole messages and leave nothing, so they go into a scratch space that all
/// connections of a shard share, and are used there. Only the rest of a message that is not whole
/// moves into memory of the connection's own, which is given back as soon as the message was used:
/// a connection that receives nothing holds no memory here.
///
///     std::span<std::byte> room = buffer.room(scratch, missing);
///     buffer.added(read(room));
///     while (...) buffer.drop(parse(buffer.bytes()));
///     buffer.settle();   // before the scratch space is used for another connection
///
/// Bound:    the caller never lets it hold more than `bytes_max` (the longest message with its
///           framing): `room` offers no more than that.
/// Copies:   each byte at most twice, and none of a message that arrived whole.
class ReceiveBuffer {
 public:
  explicit ReceiveBuffer(std::size_t bytes_max) : bytes_max_{bytes_max} {}

  /// Where to read to. `missing`: how many bytes the message needs at least, as its parser said.
  /// Not empty, as long as a parser that needs more bytes than `bytes_max` refuses the message.
  [[nodiscard]] std::span<std::byte> room(std::span<std::byte> scratch, std::size_t missing);
  /// `count` bytes were read to the front of what `room` gave.
  void added(std::size_t count) { size_ += count; }

  /// What was received and not dropped, oldest first.
  [[nodiscard]] std::span<std::byte> bytes() { return {front_, size_}; }
  /// Drops `count` bytes from the front and keeps the `remaining` after them.
  void drop(std::size_t count, std::size_t remaining);
  void drop(std::size_t count) { drop(count, size_ - count); }

  /// Moves what is left out of the scratch space, or gives memory back when nothing is left.
  void settle();

  /// Bytes of memory that are this connection's own.
  [[nodiscard]] std::size_t memory_bytes() const { return capacity_; }

 private:
  void move_to_own(std::size_t capacity);

  std::size_t bytes_max_;
  std::byte* front_ = nullptr;  ///< in the scratch space or in `own_`
  std::size_t size_ = 0;
  std::unique_ptr<std::byte[]> own_;
  std::size_t capacity_ = 0;
  bool in_scratch_ = false;
};

}  // namespace sluice::sfu
