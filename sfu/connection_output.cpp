#include "sfu/connection_output.h"

#include <array>
#include <utility>

#include "sfu/websocket_codec.h"

namespace sluice::sfu {
namespace {

std::string_view text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace

void ConnectionOutput::add(const HttpReply& reply) {
  outbox_.add_bytes(reply.head);
  if (reply.body) outbox_.add_bytes(reply.body);
}

void ConnectionOutput::add_websocket_close(std::uint16_t code) {
  std::array<std::byte, kWebSocketCloseBytesMax> frame;
  const std::size_t bytes = write_websocket_close(code, {}, frame);
  outbox_.add_bytes(std::string{text_of(std::span{frame}.first(bytes))});
}

void ConnectionOutput::add_pong(std::span<const std::byte> payload) {
  std::array<std::byte, kWebSocketHeaderBytesMax> header;
  const std::size_t bytes = write_websocket_header(WebSocketOpcode::kPong, payload.size(), header);
  pending_pong_ = text_of(std::span{header}.first(bytes));
  pending_pong_ += text_of(payload);
}

void ConnectionOutput::add_rest(std::span<const std::byte> head, media::FrameRef frame,
                                std::size_t taken, Outbox::Memory& memory) {
  outbox_.borrow(memory);
  outbox_.add_rest(head, std::move(frame), taken);
  outbox_.give_back(memory);
}

EgressPump::Outcome ConnectionOutput::write_from(media::Egress& egress, EgressPump& pump,
                                                 Transport& transport, Outbox::Memory& memory,
                                                 media::Time now) {
  outbox_.borrow(memory);
  if (!pending_pong_.empty() && outbox_.empty()) {
    outbox_.add_bytes(std::exchange(pending_pong_, {}));
  }
  const EgressPump::Outcome outcome = pump.run(egress, outbox_, transport, now);
  outbox_.give_back(memory);
  return outcome;
}

ConnectionOutput::Flushed ConnectionOutput::flush(Transport& transport) {
  if (!outbox_.empty()) {
    const auto written = outbox_.write(transport, {});
    if (!written && written.error() != IoStatus::kWouldBlockWrite) return Flushed::kLost;
  }
  if (!outbox_.empty()) return Flushed::kAwaitWritable;
  if (transport.unflushed_bytes() > 0) {
    const auto flushed = transport.flush();
    if (!flushed && flushed.error() != IoStatus::kWouldBlockWrite) return Flushed::kLost;
    if (!flushed) return Flushed::kAwaitWritable;
  }
  return Flushed::kAll;
}

}  // namespace sluice::sfu
