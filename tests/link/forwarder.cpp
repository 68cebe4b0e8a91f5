#include "tests/link/forwarder.h"

#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <utility>

namespace sluice::link {
namespace {

/// The largest packet of IPv4; the devices' MTU is smaller.
constexpr std::size_t kPacketMost = 65535;
/// Packets read at one go: as many as a TUN device queues. What came out meanwhile is due soon.
constexpr int kReadsMost = 512;

bool is_ipv4(std::byte first) { return (std::to_integer<unsigned>(first) >> 4) == 4; }

}  // namespace

void become_punctual() {
  const sched_param priority{.sched_priority = 50};
  sched_setscheduler(0, SCHED_FIFO | SCHED_RESET_ON_FORK, &priority);
}

Forwarder::Forwarder(int server_device, int client_device, LinkDirection::Settings down,
                     LinkDirection::Settings up)
    : devices_{server_device, client_device},
      directions_{LinkDirection{std::move(down)}, LinkDirection{std::move(up)}} {}

Time Forwarder::now() {
  return Time{
      std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now().time_since_epoch())};
}

Duration Forwarder::running() const { return began_ ? now() - *began_ : Duration::zero(); }

void Forwarder::restart_schedules() {
  for (LinkDirection& direction : directions_) direction.begin_schedule(now());
}

void Forwarder::read(Side side) {
  const auto index = static_cast<std::size_t>(side);
  std::array<std::byte, kPacketMost> bytes;
  for (int count = 0; count < kReadsMost; ++count) {
    const ssize_t length = ::read(devices_[index], bytes.data(), bytes.size());
    if (length <= 0) return;
    // The kernel's own IPv6 chatter (router solicitations) is none of the test's traffic.
    if (!is_ipv4(bytes[0])) continue;
    const Time moment = now();
    if (!began_) {
      began_ = moment;
      restart_schedules();
    }
    directions_[index].arrive(Packet(bytes.begin(), bytes.begin() + length), moment);
  }
}

void Forwarder::deliver() {
  for (std::size_t index = 0; index < directions_.size(); ++index) {
    const int device = devices_[1 - index];
    const Time moment = now();
    while (true) {
      const Time due = directions_[index].next_delivery();
      const auto packet = directions_[index].take(moment);
      if (!packet) break;
      lateness_most_ = std::max(lateness_most_, moment - due);
      // A device that takes no packet has gone down with its namespace: there is no one to tell.
      (void)!::write(device, packet->data(), packet->size());
    }
  }
}

Time Forwarder::next_delivery() const {
  return std::min(directions_[0].next_delivery(), directions_[1].next_delivery());
}

}  // namespace sluice::link
