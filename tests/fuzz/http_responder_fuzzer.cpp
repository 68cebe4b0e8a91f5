// The HTTP responder on hostile input: the same replies however the requests are cut, and no reply
// that a client could not read.

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "media/invariant.h"
#include "sfu/http_responder.h"

namespace {

using namespace sluice::sfu;

const HttpSettings kSettings{.site = {}, .site_fault = "none", .allowed_origins = {}};

struct Outcome {
  std::vector<std::pair<int, AfterReply>> replies;
  std::size_t consumed = 0;
  bool operator==(const Outcome&) const = default;
};

void check(const HttpReply& reply) {
  sluice::invariant(reply.status >= 101 && reply.status < 600, "the status is a status");
  sluice::invariant(reply.head.starts_with("HTTP/1.1 ") && reply.head.ends_with("\r\n\r\n"),
                    "the head is whole");
  // What the client sent must not come back as fields of ours.
  sluice::invariant(reply.head.find("\r\n\r\n") == reply.head.size() - 4, "one head");
  sluice::invariant(reply.head.size() < 2048, "the head is bounded");
}

Outcome answer_with_steps(std::span<const std::byte> stream, std::size_t step) {
  HttpResponder responder{kSettings};
  Outcome outcome;
  std::size_t there = std::min(step, stream.size());
  while (true) {
    const auto answered =
        responder.read(stream.subspan(outcome.consumed, there - outcome.consumed));
    outcome.consumed += answered.consumed;
    sluice::invariant(outcome.consumed <= there, "nothing is consumed that was not there");
    if (answered.reply) {
      check(*answered.reply);
      outcome.replies.emplace_back(answered.reply->status, answered.reply->after);
      if (answered.reply->after != AfterReply::kKeepOpen) {
        // After a refusal the rest does not count, and how much of it was there depends on the cut.
        if (answered.reply->after == AfterReply::kClose) outcome.consumed = 0;
        return outcome;
      }
      continue;
    }
    if (there == stream.size()) {
      // Whether empty lines before a request were dropped yet is no difference to a client.
      outcome.consumed = 0;
      return outcome;
    }
    there = std::min(there + step, stream.size());
  }
}

}  // namespace

// Input: a byte with the size of the steps, then the stream.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0 || size > 20000) return 0;
  const std::span input{data, size};
  const auto stream = std::as_bytes(input.subspan(1));
  sluice::invariant(answer_with_steps(stream, stream.size() + 1) ==
                        answer_with_steps(stream, std::size_t{input[0]} + 1),
                    "a cut changes no reply");
  return 0;
}
