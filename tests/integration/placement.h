#pragma once

#include <cstddef>
#include <memory>

#include "tests/integration/participant.h"
#include "tests/integration/server_process.h"

namespace sluice::integration {

/// Waits until so many connections are open, for a few seconds at most; throws when they are not.
void await_connections(const ServerProcess& server, std::size_t count);

/// Connects to one shard of a server. The kernel chooses by the ports of a connection, so this
/// tries until it chose `shard`, as /metrics tells; throws when it never does. Nothing else may
/// connect to the server or leave it meanwhile.
[[nodiscard]] std::unique_ptr<Participant> connect_to_shard(
    const ServerProcess& server, std::size_t shard, const Participant::Options& options = {});

}  // namespace sluice::integration
