#pragma once

#include <string>

#include "media/loss_watch.h"
#include "metrics/cell.h"

namespace sluice::sfu {

/// TCP's congestion controls for the connections of a server (TCP_CONGESTION).
struct CongestionControls {
  std::string usual;  ///< from the beginning; empty keeps the system's
  std::string lossy;  ///< while the path loses packets all the time; empty: no change
};

/// The value of the setting that leaves the choice to the server.
inline constexpr const char* kChooseCongestionControl = "auto";

/// False, with the reason in errno, when the kernel does not allow it.
[[nodiscard]] bool set_congestion_control(int descriptor, const std::string& name);

/// By trying: a privileged process may use, and load, more than the system's list says.
[[nodiscard]] bool may_use_congestion_control(const std::string& name);

/// The algorithms that an unprivileged process may choose, space-separated, as the kernel lists
/// them; empty when it does not say. Source: /proc/sys/net/ipv4/tcp_allowed_congestion_control.
[[nodiscard]] std::string allowed_congestion_controls();

/// What `configured` means on this system. A name is used on every path. `auto` is CUBIC, and BBR
/// on lossy paths, as far as this system has them (docs/decisions/0010).
[[nodiscard]] CongestionControls choose_congestion_controls(const std::string& configured);

/// Changes one connection's congestion control with its path.
/// Owner: the connection's pump; not safe to share between threads.
class CongestionControlSwitch {
 public:
  /// `controls` and `lossy_paths`, which counts the changes to the lossy one, outlive this.
  CongestionControlSwitch(int descriptor, const CongestionControls& controls,
                          metrics::Counter& lossy_paths)
      : descriptor_{descriptor}, controls_{controls}, lossy_paths_{lossy_paths} {}

  /// What TCP_INFO says now. A refusal of the kernel changes nothing and is not tried again until
  /// the path changes.
  void sampled(const media::LossWatch::Counters& counters, media::Time now);

 private:
  int descriptor_;
  const CongestionControls& controls_;
  metrics::Counter& lossy_paths_;
  media::LossWatch watch_;
};

}  // namespace sluice::sfu
