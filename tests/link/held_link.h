#pragma once

#include <sys/types.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/link/descriptor.h"

namespace sluice::link {

/// The real emulator with --hold, for as long as this object lives.
class HeldLink {
 public:
  enum class Side { kServer, kClient };

  explicit HeldLink(const std::vector<std::string>& options);
  HeldLink(const HeldLink&) = delete;
  HeldLink& operator=(const HeldLink&) = delete;
  ~HeldLink();

  /// False where this machine allows no network namespaces.
  [[nodiscard]] bool stands() const { return !where_.is_null(); }
  /// A UDP socket in the namespace of `side`, bound to its address and any port.
  [[nodiscard]] Descriptor udp_socket(Side side) const;
  [[nodiscard]] pid_t process() const { return process_; }
  /// Ends the emulator; its statistics.
  nlohmann::json finish();

 private:
  Descriptor input_, output_, errors_;
  pid_t process_ = 0;
  nlohmann::json where_;
};

}  // namespace sluice::link
