#include "signaling/session_action.h"

namespace sluice::signaling {

std::uint16_t websocket_close_code(CloseReason reason) {
  switch (reason) {
    case CloseReason::kGoodbye:
      return 1000;
    case CloseReason::kServerShutdown:
      return 1001;
    case CloseReason::kError:
      return 1008;
    case CloseReason::kTooLarge:
      return 1009;
  }
  return 1008;
}

}  // namespace sluice::signaling
