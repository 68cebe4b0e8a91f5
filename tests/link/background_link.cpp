#include "tests/link/background_link.h"

#include <poll.h>
#include <sched.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

namespace sluice::link {
namespace {

/// How late the thread may see that it has to end or to begin the schedules anew.
constexpr Duration kLook = std::chrono::milliseconds{1};

}  // namespace

std::expected<std::unique_ptr<BackgroundLink>, std::string> BackgroundLink::create(
    Settings settings) {
  auto server = NetworkNamespace::create(
      {.address = kServerAddress, .congestion_control = settings.congestion_control});
  if (!server) return std::unexpected(std::move(server.error()));
  auto client = NetworkNamespace::create(
      {.address = kClientAddress, .congestion_control = settings.congestion_control});
  if (!client) return std::unexpected(std::move(client.error()));
  return std::unique_ptr<BackgroundLink>{
      new BackgroundLink{*std::move(server), *std::move(client), std::move(settings)}};
}

BackgroundLink::BackgroundLink(NetworkNamespace server, NetworkNamespace client, Settings settings)
    : server_{std::move(server)},
      client_{std::move(client)},
      forwarder_{server_.device(), client_.device(), std::move(settings.down),
                 std::move(settings.up)},
      thread_{[this](const std::stop_token& stop) { run(stop); }} {}

std::expected<void, std::string> BackgroundLink::enter(Side side) const {
  const NetworkNamespace& space = side == Side::kServer ? server_ : client_;
  if (setns(space.descriptor(), CLONE_NEWNET) == 0) return {};
  return std::unexpected(std::string{"cannot enter a network namespace: "} + std::strerror(errno));
}

LinkDirection::Counters BackgroundLink::finish(Side side) {
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
  return forwarder_.counters(side);
}

void BackgroundLink::run(const std::stop_token& stop) {
  become_punctual();
  std::array<pollfd, 2> devices{{{.fd = server_.device(), .events = POLLIN, .revents = 0},
                                 {.fd = client_.device(), .events = POLLIN, .revents = 0}}};
  while (!stop.stop_requested()) {
    if (restart_.exchange(false)) forwarder_.restart_schedules();
    const Time now = Forwarder::now();
    const Duration wait =
        std::clamp(std::min(forwarder_.next_delivery(), now + kLook) - now, Duration{}, kLook);
    const timespec timeout{.tv_sec = 0, .tv_nsec = wait.count() * 1000};
    if (ppoll(devices.data(), devices.size(), &timeout, nullptr) > 0) {
      if (devices[0].revents != 0) forwarder_.read(Forwarder::Side::kServer);
      if (devices[1].revents != 0) forwarder_.read(Forwarder::Side::kClient);
    }
    forwarder_.deliver();
  }
}

}  // namespace sluice::link
