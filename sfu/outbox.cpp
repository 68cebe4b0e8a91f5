#include "sfu/outbox.h"

#include <algorithm>
#include <utility>

#include "media/invariant.h"

namespace sluice::sfu {
namespace {

// Two for each item. 64 pieces of at least 1200 bytes are more than a socket takes while congested,
// and the array stays on the stack.
constexpr std::size_t kPiecesMax = 64;

iovec piece_of(std::span<const std::byte> bytes) {
  // writev promises not to write to it; the C interface cannot say so.
  return {.iov_base = const_cast<std::byte*>(bytes.data()), .iov_len = bytes.size()};
}

std::span<const std::byte> bytes_of(const std::string& text) {
  return std::as_bytes(std::span{text});
}

}  // namespace

void Outbox::borrow(Memory& memory) {
  if (items_.empty()) std::swap(items_, memory.items_);
}

void Outbox::give_back(Memory& memory) {
  if (!items_.empty()) return;
  std::swap(items_, memory.items_);
  // That of an outbox that was kept for long, while others lent theirs.
  items_.release_memory();
}

void Outbox::add_text(MessageFraming framing, std::shared_ptr<const std::string> text) {
  Item item;
  item.body = bytes_of(*text);
  item.head_bytes = static_cast<std::uint8_t>(
      write_message_prefix(framing, MessageKind::kControl, item.body.size(),
                           std::span{item.head}.first<kMessagePrefixBytesMax>()));
  item.owner = std::move(text);
  add(std::move(item));
}

void Outbox::add_chunk(MessageFraming framing, const media::ChunkHeader& header,
                       media::FrameRef frame, std::span<const std::byte> payload) {
  Item item;
  item.body = payload;
  item.head_bytes =
      static_cast<std::uint8_t>(write_media_head(framing, header, payload.size(), item.head));
  item.owner = std::move(frame);
  add(std::move(item));
}

void Outbox::add_rest(std::span<const std::byte> head, media::FrameRef frame, std::size_t taken) {
  invariant(items_.empty(), "what went past the outbox went first");
  Item item;
  std::ranges::copy(head, item.head.begin());
  item.head_bytes = static_cast<std::uint8_t>(head.size());
  item.body = frame->payload();
  item.owner = std::move(frame);
  add(std::move(item));
  written(taken);
}

void Outbox::add_bytes(std::shared_ptr<const std::string> bytes) {
  Item item;
  item.body = bytes_of(*bytes);
  item.owner = std::move(bytes);
  add(std::move(item));
}

std::expected<std::size_t, IoStatus> Outbox::write(Transport& transport, WriteFlags flags) {
  std::size_t total = 0;
  while (!items_.empty()) {
    std::array<iovec, kPiecesMax> pieces;
    std::size_t count = 0;
    std::size_t offered = 0;
    std::size_t skip = front_written_;
    for (std::size_t index = 0; index < items_.size() && count + 2 <= kPiecesMax; ++index) {
      const Item& item = items_[index];
      const auto head = std::span{item.head}.first(item.head_bytes);
      const std::size_t head_skip = std::min(skip, head.size());
      const std::size_t body_skip = skip - head_skip;
      if (head_skip < head.size()) pieces[count++] = piece_of(head.subspan(head_skip));
      if (body_skip < item.body.size()) pieces[count++] = piece_of(item.body.subspan(body_skip));
      offered += item.bytes() - skip;
      skip = 0;
    }
    const auto taken = transport.write(std::span{pieces}.first(count), flags);
    if (!taken) {
      if (taken.error() == IoStatus::kWouldBlockWrite && total > 0) return total;
      return std::unexpected(taken.error());
    }
    total += *taken;
    written(*taken);
    // A plain socket that takes less than it was offered is full, and asking it again to hear that
    // would cost a call. TLS takes one record at a time, so it is asked again.
    const bool full = *taken < offered && *taken < kTlsRecordBytesMax;
    if (full) break;
  }
  return total;
}

void Outbox::add(Item item) {
  bytes_ += item.bytes();
  items_.push_back(std::move(item));
}

void Outbox::written(std::size_t count) {
  bytes_ -= count;
  front_written_ += count;
  while (!items_.empty() && front_written_ >= items_.front().bytes()) {
    front_written_ -= items_.front().bytes();
    items_.pop_front();
  }
}

}  // namespace sluice::sfu
