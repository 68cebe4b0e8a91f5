// The WebSocket reader on hostile input: it must find the same messages however the stream is cut,
// within the buffer that it promises to suffice.

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "media/invariant.h"
#include "sfu/utf8.h"
#include "sfu/websocket_codec.h"

namespace {

using namespace sluice::sfu;

constexpr WebSocketLimits kLimits{.text_bytes = 200, .binary_bytes = 300};

struct Outcome {
  std::vector<std::tuple<WebSocketEventKind, std::string, std::uint16_t>> events;
  std::optional<WebSocketFault> fault;
  bool operator==(const Outcome&) const = default;
};

// Reads the stream in pieces; the sizes of `pieces` are used in turn.
Outcome read_in_pieces(std::span<const std::byte> stream, std::span<const std::uint8_t> pieces) {
  WebSocketReader reader{kLimits};
  std::vector<std::byte> buffer(WebSocketReader::buffer_bytes(kLimits));
  std::size_t size = 0;
  Outcome outcome;
  for (std::size_t turn = 0; !stream.empty(); ++turn) {
    const std::size_t wanted =
        pieces.empty() ? stream.size() : std::size_t{pieces[turn % pieces.size()]} + 1;
    const std::size_t taken = std::min({wanted, stream.size(), buffer.size() - size});
    sluice::invariant(taken > 0, "the promised buffer suffices");
    std::ranges::copy(stream.first(taken), buffer.begin() + static_cast<std::ptrdiff_t>(size));
    size += taken;
    stream = stream.subspan(taken);
    while (true) {
      const auto event = reader.read(std::span{buffer}.first(size));
      if (!event) {
        outcome.fault = event.error();
        return outcome;
      }
      sluice::invariant(event->consumed + event->remaining <= size, "nothing is invented");
      if (event->kind != WebSocketEventKind::kNeedMore) {
        outcome.events.emplace_back(
            event->kind,
            std::string{reinterpret_cast<const char*>(event->payload.data()),
                        event->payload.size()},
            event->close_code);
        sluice::invariant(
            event->kind != WebSocketEventKind::kText ||
                (event->payload.size() <= kLimits.text_bytes && is_utf8(event->payload)),
            "text is UTF-8 within its limit");
      }
      std::copy_n(buffer.begin() + static_cast<std::ptrdiff_t>(event->consumed), event->remaining,
                  buffer.begin());
      size = event->remaining;
      if (event->kind == WebSocketEventKind::kClose) return outcome;
      if (event->kind == WebSocketEventKind::kNeedMore) break;
    }
  }
  return outcome;
}

}  // namespace

// Input: a byte n, n sizes of pieces, then the stream.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::span input{data, size};
  const std::size_t count = std::min<std::size_t>(input[0] % 8, size - 1);
  const auto pieces = input.subspan(1, count);
  const auto stream = std::as_bytes(input.subspan(1 + count));
  sluice::invariant(read_in_pieces(stream, {}) == read_in_pieces(stream, pieces),
                    "a cut changes no message");
  return 0;
}
