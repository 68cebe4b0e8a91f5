#pragma once

#include <cstdint>
#include <optional>

#include "signaling/goodbye_reason.h"

namespace sluice::signaling {

/// A control message: a body, and the members that any message may carry.
template <typename Body>
struct Message {
  std::optional<std::uint64_t> id;        ///< asks for a reply that names it; 0 to 2^53-1
  std::optional<std::uint64_t> reply_to;  ///< the `id` of the request that this answers
  Body body;

  friend bool operator==(const Message&, const Message&) = default;
};

// The bodies that travel both ways.

/// Asks for a `Pong` whose `reply_to` is the `id` of this message.
struct Ping {
  friend bool operator==(const Ping&, const Ping&) = default;
};

struct Pong {
  friend bool operator==(const Pong&, const Pong&) = default;
};

/// The last message of either side.
struct Goodbye {
  GoodbyeReason reason{};
  friend bool operator==(const Goodbye&, const Goodbye&) = default;
};

}  // namespace sluice::signaling
