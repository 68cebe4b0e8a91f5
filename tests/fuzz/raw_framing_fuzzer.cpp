// The reader of raw framing on hostile input: the same messages however the stream is cut, and
// never a demand for more than a message within the limits.

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "media/invariant.h"
#include "media/raw_framing.h"

namespace {

using namespace sluice::media;

constexpr RawLimits kLimits{.control_bytes = 100, .media_bytes = 200};

struct Outcome {
  std::vector<std::pair<RawKind, std::vector<std::byte>>> messages;
  std::optional<RawError> error;
  bool operator==(const Outcome&) const = default;
};

Outcome read_with_steps(std::span<const std::byte> stream, std::size_t step) {
  Outcome outcome;
  bool magic_read = false;
  std::size_t consumed = 0;
  for (std::size_t there = std::min(step, stream.size());;) {
    const auto unread = stream.subspan(consumed, there - consumed);
    bool more_needed = false;
    if (!magic_read) {
      const auto magic = read_raw_magic(unread);
      if (!magic) {
        outcome.error = magic.error();
        return outcome;
      }
      consumed += *magic;
      magic_read = *magic != 0;
      more_needed = !magic_read;
    } else {
      const auto read = read_raw_message(unread, kLimits);
      if (!read) {
        outcome.error = read.error();
        return outcome;
      }
      sluice::invariant(read->whole() == (read->missing == 0), "whole, or something is missing");
      sluice::invariant(
          unread.size() + read->missing <= kRawPrefixBytes + kLimits.media_bytes || read->whole(),
          "the promised buffer suffices");
      if (read->whole()) {
        outcome.messages.emplace_back(read->kind,
                                      std::vector(read->body.begin(), read->body.end()));
      }
      consumed += read->consumed;
      more_needed = !read->whole();
    }
    if (!more_needed) continue;
    if (there == stream.size()) return outcome;
    there = std::min(there + step, stream.size());
  }
}

}  // namespace

// Input: a byte with the size of the steps, then the stream behind the magic.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::span input{data, size};
  std::vector<std::byte> stream;
  // An odd first byte puts the magic in front; else the input must bring it.
  if (input[0] % 2 == 1) stream.assign(kRawMagic.begin(), kRawMagic.end());
  std::ranges::copy(std::as_bytes(input.subspan(1)), std::back_inserter(stream));
  const std::size_t step = input[0] / 2U + 1U;
  sluice::invariant(read_with_steps(stream, stream.size() + 1) == read_with_steps(stream, step),
                    "a cut changes no message");
  return 0;
}
