#include "tests/link/network_namespace.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "tests/link/congestion_control.h"

namespace sluice::link {
namespace {

constexpr const char* kThisNamespace = "/proc/thread-self/ns/net";
constexpr const char* kDevice = "link0";

using Done = std::expected<void, std::string>;

std::unexpected<std::string> failure(const std::string& what) {
  std::string text = what + ": " + std::strerror(errno);
  if (errno == EPERM || errno == EACCES) {
    text += "; network namespaces and TUN devices need root (CAP_SYS_ADMIN and CAP_NET_ADMIN)";
  }
  return std::unexpected(std::move(text));
}

ifreq request_for(const char* device) {
  ifreq request{};
  std::strncpy(request.ifr_name, device, IFNAMSIZ - 1);
  return request;
}

Done bring_up(int control, const char* device) {
  ifreq request = request_for(device);
  if (ioctl(control, SIOCGIFFLAGS, &request) != 0) return failure(std::string{device} + ": flags");
  request.ifr_flags = static_cast<short>(request.ifr_flags | IFF_UP);
  if (ioctl(control, SIOCSIFFLAGS, &request) != 0) return failure(std::string{device} + ": up");
  return {};
}

Done set_address(int control, unsigned long which, const std::string& address) {
  ifreq request = request_for(kDevice);
  sockaddr_in ip{.sin_family = AF_INET};
  if (inet_pton(AF_INET, address.c_str(), &ip.sin_addr) != 1) {
    return std::unexpected("'" + address + "' is no IPv4 address");
  }
  std::memcpy(&request.ifr_addr, &ip, sizeof ip);
  if (ioctl(control, which, &request) != 0) return failure("address " + address);
  return {};
}

std::expected<Descriptor, std::string> open_device() {
  Descriptor device{open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC)};
  if (!device.valid()) return failure("/dev/net/tun");
  ifreq request = request_for(kDevice);
  request.ifr_flags = IFF_TUN | IFF_NO_PI;
  if (ioctl(device.get(), TUNSETIFF, &request) != 0) return failure("a TUN device");
  return device;
}

/// Of the namespace in which the calling thread is.
std::expected<Descriptor, std::string> set_up(const NetworkNamespace::Settings& settings) {
  const Descriptor control{socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
  if (!control.valid()) return failure("a socket");
  auto device = open_device();
  if (!device) return device;
  Done done = bring_up(control.get(), "lo");
  if (done) done = set_address(control.get(), SIOCSIFADDR, settings.address);
  if (done) done = set_address(control.get(), SIOCSIFNETMASK, "255.255.255.0");
  if (done) done = bring_up(control.get(), kDevice);
  if (!done) return std::unexpected(std::move(done.error()));
  if (!settings.congestion_control.empty()) {
    done = set_congestion_control(kDevice, settings.address, settings.congestion_control);
    if (!done) return std::unexpected(std::move(done.error()));
  }
  return device;
}

}  // namespace

std::expected<NetworkNamespace, std::string> NetworkNamespace::create(const Settings& settings) {
  const Descriptor before{open(kThisNamespace, O_RDONLY | O_CLOEXEC)};
  if (!before.valid()) return failure(kThisNamespace);
  if (unshare(CLONE_NEWNET) != 0) return failure("a network namespace");
  Descriptor space{open(kThisNamespace, O_RDONLY | O_CLOEXEC)};
  auto device = set_up(settings);
  if (setns(before.get(), CLONE_NEWNET) != 0) return failure("back to the first namespace");
  if (!device) return std::unexpected(std::move(device.error()));
  return NetworkNamespace{std::move(space), *std::move(device)};
}

std::string NetworkNamespace::path() const {
  return "/proc/" + std::to_string(getpid()) + "/fd/" + std::to_string(descriptor());
}

}  // namespace sluice::link
