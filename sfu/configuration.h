#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <filesystem>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sfu/log.h"

namespace sluice::sfu {

struct TlsFiles {
  std::filesystem::path certificate;
  std::filesystem::path key;
};

/// Every setting of the server, checked. The defaults here are the documented ones.
struct Configuration {
  std::string bind = "127.0.0.1";  ///< an IP address
  std::uint16_t port = 8080;       ///< 0: any free port
  std::string admin_bind = "127.0.0.1";
  std::uint16_t admin_port = 9464;  ///< 0: any free port

  std::optional<TlsFiles> tls_files;
  bool tls_self_signed = false;
  std::vector<std::string> tls_names;  ///< further names of the self-signed certificate

  std::map<std::string, std::string> keys;  ///< secret by key name; empty: rooms are open
  bool insecure_open_rooms = false;
  std::vector<std::string> allowed_origins;
  std::filesystem::path web_root = "web/app/dist";

  std::size_t shards = 0;   ///< 0: one for each processor
  bool pin_shards = false;  ///< each thread keeps to one processor

  std::size_t rooms_max = 1000;
  std::size_t participants_max = 100;  ///< of one room
  std::size_t connections_max = 5000;  ///< with a session
  std::chrono::milliseconds empty_room_timeout{30000};

  std::chrono::milliseconds audio_latency_budget{200};
  std::chrono::milliseconds video_latency_budget{400};
  std::chrono::milliseconds screen_latency_budget{1000};
  std::string congestion_control = "auto";  ///< or a name (`choose_congestion_controls`)
  bool lanes = false;                       ///< participants may open one (docs/protocol.md 4.13)

  LogLevel log_level = LogLevel::kInfo;
  LogFormat log_format = LogFormat::kText;

  std::chrono::milliseconds flight_recorder{60000};  ///< remembered of each session; 0: nothing

  /// What is allowed but probably not meant, one line each, to be logged at start.
  std::vector<std::string> warnings;
};

/// The text to print instead of starting, and the status to exit with.
struct ConfigurationExit {
  /// 0 after --help and --version, 2 after faults.
  int status = 0;
  /// With status 0 for standard output; else all faults, a line each, for standard error.
  std::string text;
};

/// Environment variables, by name.
using Environment = std::map<std::string, std::string>;

/// Reads all settings: a flag wins over the environment (SLUICE_PORT for --port), which wins over
/// the file (--config, or SLUICE_CONFIG), which wins over the default. `arguments` is without the
/// program's name. Reports all faults at once; docs/configuration.md has every setting.
[[nodiscard]] std::expected<Configuration, ConfigurationExit> read_configuration(
    std::span<const std::string> arguments, const Environment& environment);

/// The variables of this process whose names begin with SLUICE_.
[[nodiscard]] Environment process_environment();

}  // namespace sluice::sfu
