// A peer's media messages on hostile input: the reader of chunks, and the assembler that trusts it.
//
// The input is a sequence of messages, each behind its length in two bytes (big-endian).

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

#include "media/big_endian.h"
#include "media/chunk_header.h"
#include "media/deadline_clock.h"
#include "media/frame_assembler.h"
#include "media/invariant.h"

namespace {

using namespace sluice::media;
using sluice::invariant;

constexpr std::uint32_t kFrameBytesMax = 4096;
constexpr std::size_t kStreamsMax = 3;
constexpr std::size_t kPoolBytes = 16 * 1024;  // little enough to run out
constexpr TrackHandle kAudioHandles{0x8000};   // from here on, audio

void check_bounds(const Chunk& chunk, std::span<const std::byte> message) {
  invariant(chunk.payload.size() <= message.size(), "the payload lies inside the message");
  invariant(chunk.payload.empty() ||
                chunk.payload.data() + chunk.payload.size() == message.data() + message.size(),
            "the payload is the rest of the message");
  invariant(chunk.payload.empty() == chunk.header.abandon, "only a mark carries nothing");
  if (!chunk.header.description) return;
  const FrameDescription& description = *chunk.header.description;
  invariant(description.dependency_count <= kDependenciesMax, "dependencies are bounded");
  invariant(chunk.payload.size() <= description.length, "the payload lies inside the frame");
}

void check_rewrite(const Chunk& chunk, std::span<const std::byte> message) {
  std::array<std::byte, kChunkHeaderBytesMax> written{};
  const std::size_t bytes = write_chunk_header(chunk.header, written);
  invariant(bytes == chunk_header_size(chunk.header), "a header has the size it announces");
  invariant(bytes + chunk.payload.size() == message.size(), "nothing of a message is lost");
  invariant(std::ranges::equal(std::span{written}.first(bytes), message.first(bytes)),
            "a header is written as it was read");
}

/// All payload of the frame that is open, as an assembler without any rules would gather it.
struct Gathered {
  TrackHandle track{};
  EncodingId encoding{};
  std::vector<std::byte> payload;
};

void check_frame(const Frame& frame, std::span<const Gathered> gathered, MediaKind kind, Time now) {
  const FrameDescription& description = frame.description;
  invariant(description.length <= kFrameBytesMax, "frames stay within their limit");
  invariant(frame.kind == kind && frame.arrival == now, "a frame arrives with its last chunk");
  invariant(frame.lateness >= Duration::zero() && frame.lateness < Duration::max() / 2,
            "lateness can be computed with");
  const auto of = std::ranges::find_if(gathered, [&](const Gathered& one) {
    return one.track == description.track && one.encoding == description.encoding;
  });
  invariant(of != gathered.end() && std::ranges::equal(of->payload, frame.payload()),
            "a frame is what its chunks carried");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  BigEndianReader reader{std::as_bytes(std::span{data, size})};
  FramePool pool{kPoolBytes};
  FrameAssembler assembler{pool, kFrameBytesMax, kStreamsMax};
  DeadlineClock clock;
  std::vector<Gathered> gathered;
  std::vector<FrameRef> kept;  // so that the pool runs out
  Time now{std::chrono::seconds{1}};
  std::span<const std::byte> rest = reader.rest();
  while (rest.size() >= 2) {
    BigEndianReader prefix{rest};
    const std::size_t length = std::min<std::size_t>(prefix.u16(), rest.size() - 2);
    const std::span<const std::byte> message = rest.subspan(2, length);
    rest = rest.subspan(2 + length);
    now += std::chrono::milliseconds{7};
    const auto chunk = parse_chunk(message);
    if (!chunk) {
      invariant(*describe(chunk.error()) != '\0', "an error has words");
      continue;
    }
    check_bounds(*chunk, message);
    check_rewrite(*chunk, message);
    const ChunkHeader& header = chunk->header;
    const MediaKind kind = header.track < kAudioHandles ? MediaKind::kVideo : MediaKind::kAudio;
    const auto frame = assembler.add(*chunk, kind, clock, now);
    if (!frame) {
      invariant(*describe(frame.error()) != '\0', "an error has words");
      continue;  // a session would close; here the assembler must stay sound
    }
    if (header.first()) {
      std::erase_if(gathered, [&](const Gathered& one) {
        return one.track == header.track && one.encoding == header.encoding;
      });
      gathered.push_back({.track = header.track, .encoding = header.encoding, .payload = {}});
    }
    for (Gathered& one : gathered) {
      if (one.track != header.track || one.encoding != header.encoding) continue;
      one.payload.insert(one.payload.end(), chunk->payload.begin(), chunk->payload.end());
    }
    invariant(pool.bytes_held() <= kPoolBytes, "the pool stays within its bound");
    if (!*frame) continue;
    check_frame(**frame, gathered, kind, now);
    kept.push_back(*frame);
    if (kept.size() > 12) kept.erase(kept.begin());
    if (header.frame % 64 == 0) assembler.forget(header.track);
  }
  return 0;
}
