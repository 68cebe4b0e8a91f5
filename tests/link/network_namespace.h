#pragma once

#include <expected>
#include <string>

#include "tests/link/descriptor.h"

namespace sluice::link {

/// A network of its own, with a loopback and one TUN device, `link0`.
///
/// It has no name in the file system: the kernel removes it when the last process in it and the
/// last descriptor of it are gone, however this program ends.
class NetworkNamespace {
 public:
  struct Settings {
    std::string address;             ///< of `link0`, IPv4, in a network of 24 bits
    std::string congestion_control;  ///< empty: the system's default
  };

  /// Needs CAP_SYS_ADMIN and CAP_NET_ADMIN and /dev/net/tun. The error is one sentence for people.
  /// Leaves the calling thread in the namespace in which it was.
  [[nodiscard]] static std::expected<NetworkNamespace, std::string> create(
      const Settings& settings);

  /// Packets that leave by `link0`, whole IP packets, are read here and written to arrive by it.
  /// Does not block.
  [[nodiscard]] int device() const { return device_.get(); }
  /// For `setns` and nsenter.
  [[nodiscard]] int descriptor() const { return namespace_.get(); }
  /// The same as a path that other processes of this user can open while this one lives.
  [[nodiscard]] std::string path() const;

 private:
  NetworkNamespace(Descriptor space, Descriptor device)
      : namespace_{std::move(space)}, device_{std::move(device)} {}

  Descriptor namespace_;
  Descriptor device_;
};

}  // namespace sluice::link
