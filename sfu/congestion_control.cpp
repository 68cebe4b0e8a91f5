#include "sfu/congestion_control.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <fstream>

namespace sluice::sfu {
namespace {

/// A socket to ask with.
class Probe {
 public:
  Probe() : descriptor_{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)} {}
  Probe(const Probe&) = delete;
  Probe& operator=(const Probe&) = delete;
  ~Probe() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  [[nodiscard]] int descriptor() const { return descriptor_; }

 private:
  int descriptor_;
};

std::string systems_own() {
  const Probe probe;
  std::array<char, 16> name{};  // TCP_CA_NAME_MAX
  socklen_t bytes = name.size() - 1;
  if (::getsockopt(probe.descriptor(), IPPROTO_TCP, TCP_CONGESTION, name.data(), &bytes) != 0) {
    return {};
  }
  return name.data();
}

}  // namespace

bool set_congestion_control(int descriptor, const std::string& name) {
  return ::setsockopt(descriptor, IPPROTO_TCP, TCP_CONGESTION, name.data(),
                      static_cast<socklen_t>(name.size())) == 0;
}

bool may_use_congestion_control(const std::string& name) {
  const Probe probe;
  return set_congestion_control(probe.descriptor(), name);
}

std::string allowed_congestion_controls() {
  std::ifstream file{"/proc/sys/net/ipv4/tcp_allowed_congestion_control"};
  std::string names;
  std::getline(file, names);
  return names;
}

CongestionControls choose_congestion_controls(const std::string& configured) {
  if (configured != kChooseCongestionControl) return {.usual = configured, .lossy = {}};
  CongestionControls controls{
      .usual = may_use_congestion_control("cubic") ? "cubic" : systems_own(), .lossy = {}};
  if (controls.usual != "bbr" && may_use_congestion_control("bbr")) controls.lossy = "bbr";
  return controls;
}

void CongestionControlSwitch::sampled(const media::LossWatch::Counters& counters, media::Time now) {
  if (controls_.lossy.empty()) return;
  const bool before = watch_.lossy();
  watch_.sample(counters, now);
  if (watch_.lossy() == before) return;
  const std::string& wanted = watch_.lossy() ? controls_.lossy : controls_.usual;
  if (set_congestion_control(descriptor_, wanted) && watch_.lossy()) lossy_paths_.add(1);
}

}  // namespace sluice::sfu
