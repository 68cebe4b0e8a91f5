// The parser of client messages on hostile input: an error, or a message that survives being
// written and read again.

#include <cstdint>
#include <string_view>

#include "signaling/client_message.h"
#include "signaling/invariant.h"

using namespace sluice::signaling;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Limits limits;
  const auto message = parse_client_message({reinterpret_cast<const char*>(data), size}, limits);
  if (!message) {
    invariant(!message.error().message.empty(), "an error says what is wrong");
    return 0;
  }
  // What was left to defaults is written out, so the text may grow.
  limits.control_bytes = 1U << 24U;
  const auto again = parse_client_message(serialise(*message), limits);
  invariant(again.has_value() && *again == *message, "a message is read as it was written");
  return 0;
}
