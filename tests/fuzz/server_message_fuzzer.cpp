// The parser of server messages, which clients run, on hostile input: an error, or a message that
// survives being written and read again.

#include <cstdint>
#include <string_view>

#include "signaling/invariant.h"
#include "signaling/server_message.h"

using namespace sluice::signaling;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::size_t kBytesMax = std::size_t{1} << 24U;
  const auto message = parse_server_message({reinterpret_cast<const char*>(data), size}, kBytesMax);
  if (!message) {
    invariant(!message.error().message.empty(), "an error says what is wrong");
    return 0;
  }
  const auto again = parse_server_message(serialise(*message), kBytesMax);
  invariant(again.has_value() && *again == *message, "a message is read as it was written");
  return 0;
}
