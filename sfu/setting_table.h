#pragma once

#include <expected>
#include <span>
#include <string>
#include <string_view>

#include "sfu/configuration.h"

namespace sluice::sfu {

/// One setting: the only place that says what it is called, what it means and what it allows. Flag,
/// environment variable, key of the file, help and documentation all follow from it.
struct Setting {
  std::string_view name;        ///< `admin-port`: the flag is --admin-port
  std::string_view group;       ///< the heading of --help that it stands under
  std::string_view value_name;  ///< what stands for the value in --help; empty for a switch
  std::string_view help;
  bool repeatable = false;
  bool secret = false;  ///< the value is never printed
  /// Reads one value into the configuration. Errors: what is wrong with it.
  std::expected<void, std::string> (*apply)(Configuration& configuration,
                                            const std::string& value) = nullptr;

  [[nodiscard]] bool is_switch() const { return value_name.empty(); }
};

/// All settings, in the order of --help.
[[nodiscard]] std::span<const Setting> all_settings();

/// `SLUICE_ADMIN_PORT` for `admin-port`.
[[nodiscard]] std::string environment_name(const Setting& setting);

}  // namespace sluice::sfu
