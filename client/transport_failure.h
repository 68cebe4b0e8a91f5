#pragma once

#include <string>

namespace sluice::client {

/// Why a transport ended, in one sentence for people. Thrown inside a transport, which catches it.
struct TransportFailure {
  std::string reason;
};

}  // namespace sluice::client
