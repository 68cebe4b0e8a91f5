#include "signaling/protocol_error.h"

#include <utility>

namespace sluice::signaling {

ProtocolError protocol_error(ErrorCode code, std::string message,
                             std::optional<std::uint64_t> reply_to) {
  return {
      .code = code, .message = std::move(message), .fatal = is_fatal(code), .reply_to = reply_to};
}

}  // namespace sluice::signaling
