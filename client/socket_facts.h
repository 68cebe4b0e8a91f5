#pragma once

#include <optional>

#include "media/link_controller.h"

namespace sluice::client {

/// What waits in the kernel of a TCP socket (SIOCOUTQ, SIOCOUTQNSD); empty when it does not say.
[[nodiscard]] std::optional<media::SendQueueFacts> read_send_queue(int descriptor);

/// What the kernel has measured of its path (TCP_INFO); empty when it does not say.
[[nodiscard]] std::optional<media::PathFacts> read_path(int descriptor);

/// TCP_USER_TIMEOUT: repeated for so long and not acknowledged, the connection is dead.
void limit_stall(int descriptor, media::Duration most);

/// Sends at once what is written, and wakes the writer only when little is left unsent.
void prepare_for_media(int descriptor);

}  // namespace sluice::client
