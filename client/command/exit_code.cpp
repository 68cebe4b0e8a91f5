#include "client/command/exit_code.h"

namespace sluice::client {

ExitCode exit_code_for(const CloseReason& reason, bool failed) {
  if (!failed) return ExitCode::kDone;
  switch (reason.kind) {
    case CloseReason::Kind::kCannotConnect:
      return ExitCode::kCannotConnect;
    case CloseReason::Kind::kRefused:
      return ExitCode::kRefused;
    case CloseReason::Kind::kLeft:
    case CloseReason::Kind::kGoodbye:
    case CloseReason::Kind::kLost:
      break;
  }
  return ExitCode::kFailed;
}

}  // namespace sluice::client
