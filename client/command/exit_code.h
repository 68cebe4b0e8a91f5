#pragma once

#include "client/client_connection.h"

namespace sluice::client {

/// What the `sluice` command tells the shell.
enum class ExitCode : int {
  kDone = 0,
  kFailed = 1,         ///< the connection or a file broke in the middle
  kUsage = 2,          ///< the command line makes no sense
  kCannotConnect = 3,  ///< no server was reached
  kRefused = 4,        ///< the server said no: token, room, permission
};

/// The exit code for an end; `failed` is whether the user has to be told of a failure.
[[nodiscard]] ExitCode exit_code_for(const CloseReason& reason, bool failed);

}  // namespace sluice::client
