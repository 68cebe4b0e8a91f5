#pragma once

#include <array>

#include "tests/link/descriptor.h"
#include "tests/link/link_direction.h"

namespace sluice::link {

/// Puts the calling thread before others that want the processor, where this process may: a packet
/// handed over late is a delay that nobody asked for. Processes that it starts are as all others.
void become_punctual();

/// Moves IPv4 packets between two TUN devices through two directions of an emulated link.
///
/// The links' schedules begin with the first packet. Every moment of a packet is computed from when
/// it was read, not from when this process woke up, so that late wake-ups do not lower the rate.
class Forwarder {
 public:
  enum class Side : std::uint8_t { kServer = 0, kClient = 1 };

  /// `down` carries what the server's side sends. The devices must outlive the forwarder.
  Forwarder(int server_device, int client_device, LinkDirection::Settings down,
            LinkDirection::Settings up);

  /// Takes in what the device of `side` has to send.
  void read(Side side);
  /// Hands over what has arrived. Call at `next_delivery` and after `read`.
  void deliver();
  /// By the monotonic clock; `Time::max()` while both directions are empty.
  [[nodiscard]] Time next_delivery() const;
  void restart_schedules();

  /// Of what `side` sends.
  [[nodiscard]] const LinkDirection::Counters& counters(Side side) const {
    return directions_[static_cast<std::size_t>(side)].counters();
  }
  /// By how much the latest packet was handed over after its moment: how well this machine kept up.
  [[nodiscard]] Duration lateness_most() const { return lateness_most_; }
  /// Since the first packet; zero before it.
  [[nodiscard]] Duration running() const;

  [[nodiscard]] static Time now();

 private:
  std::array<int, 2> devices_;
  std::array<LinkDirection, 2> directions_;
  std::optional<Time> began_;
  Duration lateness_most_{};
};

}  // namespace sluice::link
