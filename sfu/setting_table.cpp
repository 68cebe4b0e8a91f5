#include "sfu/setting_table.h"

#include <array>
#include <cctype>
#include <fstream>
#include <system_error>
#include <utility>

#include "sfu/origin.h"
#include "sfu/setting_values.h"
#include "sfu/shard_index.h"
#include "sfu/socket_facts.h"

namespace sluice::sfu {
namespace {

using Applied = std::expected<void, std::string>;
using namespace std::chrono_literals;

constexpr std::string_view kListening = "Listening";
constexpr std::string_view kSecurity = "TLS and access";
constexpr std::string_view kLimits = "Limits";
constexpr std::string_view kDelivery = "Delivery";
constexpr std::string_view kProcessors = "Processors";
constexpr std::string_view kOperation = "Page and log";

template <typename Parsed, typename Target>
Applied store(const std::expected<Parsed, std::string>& parsed, Target& target) {
  if (!parsed) return std::unexpected{parsed.error()};
  target = static_cast<Target>(*parsed);
  return {};
}

// RFC 7518 section 3.2: a key for HS256 has at least the 32 bytes of the hash.
constexpr std::size_t kSecretBytesMin = 32;

Applied add_key(Configuration& configuration, std::string_view name, std::string_view secret) {
  const auto trim = [](std::string_view text) {
    const std::size_t first = text.find_first_not_of(" \t\r");
    if (first == std::string_view::npos) return std::string_view{};
    return text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
  };
  name = trim(name);
  secret = trim(secret);
  if (name.empty()) return std::unexpected{"must be KEY:SECRET, a name, a colon and a secret"};
  if (secret.size() < kSecretBytesMin) {
    return std::unexpected{
        "the secret of key " + std::string{name} +
        " must have at least 32 characters; make one with: openssl rand -hex 32"};
  }
  if (!configuration.keys.emplace(name, secret).second) {
    return std::unexpected{"key " + std::string{name} + " is given twice"};
  }
  return {};
}

Applied add_key_pair(Configuration& configuration, std::string_view pair) {
  const std::size_t colon = pair.find(':');
  if (colon == std::string_view::npos) return add_key(configuration, {}, {});
  return add_key(configuration, pair.substr(0, colon), pair.substr(colon + 1));
}

Applied read_keys_file(Configuration& configuration, const std::string& path) {
  std::error_code error;
  std::ifstream file{path};
  if (!file || std::filesystem::is_directory(path, error)) {
    return std::unexpected{
        "cannot be read; expected is a file with a line KEY:SECRET for each key"};
  }
  std::string line;
  for (int number = 1; std::getline(file, line); ++number) {
    const std::size_t first = line.find_first_not_of(" \t\r");
    if (first == std::string::npos || line[first] == '#') continue;
    if (const auto added = add_key_pair(configuration, line); !added) {
      return std::unexpected{"line " + std::to_string(number) + ": " + added.error()};
    }
  }
  if (configuration.keys.empty()) {
    return std::unexpected{"has no key in it; expected is a line KEY:SECRET for each key"};
  }
  return {};
}

Applied set_log_level(Configuration& configuration, const std::string& value) {
  constexpr std::array<std::pair<std::string_view, LogLevel>, 4> kLevels = {
      {{"debug", LogLevel::kDebug},
       {"info", LogLevel::kInfo},
       {"warning", LogLevel::kWarning},
       {"error", LogLevel::kError}}};
  for (const auto& [name, level] : kLevels) {
    if (value != name) continue;
    configuration.log_level = level;
    return {};
  }
  return std::unexpected{"must be debug, info, warning or error"};
}

Applied set_log_format(Configuration& configuration, const std::string& value) {
  if (value != "text" && value != "json") return std::unexpected{"must be text or json"};
  configuration.log_format = value == "json" ? LogFormat::kJson : LogFormat::kText;
  return {};
}

Applied set_congestion_control(Configuration& configuration, const std::string& value) {
  if (value != kChooseCongestionControl && (value.empty() || !may_use_congestion_control(value))) {
    return std::unexpected{
        "must be auto or one that this system allows: " + allowed_congestion_controls() +
        " (more by: modprobe tcp_bbr, sysctl "
        "net.ipv4.tcp_allowed_congestion_control)"};
  }
  configuration.congestion_control = value;
  return {};
}

Applied add_origin(Configuration& configuration, const std::string& value) {
  if (!is_origin(value)) {
    return std::unexpected{
        "must be an origin such as https://meet.example.org, without a path, or * for every "
        "origin"};
  }
  configuration.allowed_origins.push_back(value);
  return {};
}

Applied add_tls_name(Configuration& configuration, const std::string& value) {
  if (value.empty() || value.find_first_of(", \t=") != std::string::npos) {
    return std::unexpected{"must be a host name or an IP address"};
  }
  configuration.tls_names.push_back(value);
  return {};
}

Applied set_path(std::filesystem::path& path, const std::string& value) {
  if (value.empty()) return std::unexpected{"must be a path"};
  path = value;
  return {};
}

Applied set_budget(std::chrono::milliseconds& budget, const std::string& value) {
  // The range that a subscription may ask for: docs/protocol.md 4.5.
  return store(parse_duration(value, 20ms, 10s), budget);
}

TlsFiles& tls_files(Configuration& configuration) {
  if (!configuration.tls_files) configuration.tls_files.emplace();
  return *configuration.tls_files;
}

constexpr std::array kSettings = {
    Setting{.name = "bind",
            .group = kListening,
            .value_name = "ADDRESS",
            .help = "IP address that the one port listens on (default 127.0.0.1). Other than "
                    "loopback needs keys, or --insecure-open-rooms",
            .apply = [](Configuration& c,
                        const std::string& v) { return store(parse_address(v), c.bind); }},
    Setting{.name = "port",
            .group = kListening,
            .value_name = "PORT",
            .help = "Port for HTTP, WebSocket, raw TCP and TLS (default 8080; 0: any free port)",
            .apply = [](Configuration& c,
                        const std::string& v) { return store(parse_number(v, 0, 65535), c.port); }},
    Setting{
        .name = "admin-bind",
        .group = kListening,
        .value_name = "ADDRESS",
        .help =
            "IP address of /metrics and /flight, open to whoever reaches it (default 127.0.0.1)",
        .apply = [](Configuration& c,
                    const std::string& v) { return store(parse_address(v), c.admin_bind); }},
    Setting{.name = "admin-port",
            .group = kListening,
            .value_name = "PORT",
            .help = "Port of both (default 9464; 0: any free port)",
            .apply =
                [](Configuration& c, const std::string& v) {
                  return store(parse_number(v, 0, 65535), c.admin_port);
                }},

    Setting{.name = "tls-cert",
            .group = kSecurity,
            .value_name = "FILE",
            .help = "Certificate in PEM, the server's own first, then its chain",
            .apply = [](Configuration& c,
                        const std::string& v) { return set_path(tls_files(c).certificate, v); }},
    Setting{.name = "tls-key",
            .group = kSecurity,
            .value_name = "FILE",
            .help = "Private key of --tls-cert in PEM, not encrypted",
            .apply = [](Configuration& c,
                        const std::string& v) { return set_path(tls_files(c).key, v); }},
    Setting{
        .name = "tls-self-signed",
        .group = kSecurity,
        .value_name = "",
        .help = "Make a certificate for a trial at each start; browsers warn once",
        .apply = [](Configuration& c,
                    const std::string& v) { return store(parse_switch(v), c.tls_self_signed); }},
    Setting{.name = "tls-name",
            .group = kSecurity,
            .value_name = "NAME",
            .help = "A further host name or IP address in the self-signed certificate",
            .repeatable = true,
            .apply = add_tls_name},
    Setting{.name = "keys-file",
            .group = kSecurity,
            .value_name = "FILE",
            .help = "Keys that join tokens are signed with: a line KEY:SECRET for each",
            .apply = read_keys_file},
    Setting{.name = "key",
            .group = kSecurity,
            .value_name = "KEY:SECRET",
            .help = "One such key; other users of the machine can read it in the list of processes",
            .repeatable = true,
            .secret = true,
            .apply = [](Configuration& c, const std::string& v) { return add_key_pair(c, v); }},
    Setting{.name = "insecure-open-rooms",
            .group = kSecurity,
            .value_name = "",
            .help = "Without keys, let whoever reaches --bind open and join rooms",
            .apply =
                [](Configuration& c, const std::string& v) {
                  return store(parse_switch(v), c.insecure_open_rooms);
                }},
    Setting{.name = "allow-origin",
            .group = kSecurity,
            .value_name = "ORIGIN",
            .help = "Let pages of this origin join too, besides the server's own page; * for all",
            .repeatable = true,
            .apply = add_origin},

    Setting{.name = "connections-max",
            .group = kLimits,
            .value_name = "COUNT",
            .help = "Participants at once, in all rooms; loading pages is free (default 5000)",
            .apply =
                [](Configuration& c, const std::string& v) {
                  return store(parse_number(v, 1, 1'000'000), c.connections_max);
                }},
    Setting{.name = "rooms-max",
            .group = kLimits,
            .value_name = "COUNT",
            .help = "Rooms at once (default 1000)",
            .apply =
                [](Configuration& c, const std::string& v) {
                  return store(parse_number(v, 1, 1'000'000), c.rooms_max);
                }},
    Setting{.name = "participants-max",
            .group = kLimits,
            .value_name = "COUNT",
            .help = "Participants in one room (default 100)",
            .apply =
                [](Configuration& c, const std::string& v) {
                  return store(parse_number(v, 1, 10'000), c.participants_max);
                }},
    Setting{.name = "empty-room-timeout",
            .group = kLimits,
            .value_name = "DURATION",
            .help = "How long a room stays when the last participant has left (default 30s)",
            .apply =
                [](Configuration& c, const std::string& v) {
                  return store(parse_duration(v, 0ms, 24h), c.empty_room_timeout);
                }},

    Setting{.name = "audio-latency-budget",
            .group = kDelivery,
            .value_name = "DURATION",
            .help = "Sound older than this is left out (default 200ms)",
            .apply = [](Configuration& c,
                        const std::string& v) { return set_budget(c.audio_latency_budget, v); }},
    Setting{.name = "video-latency-budget",
            .group = kDelivery,
            .value_name = "DURATION",
            .help = "Camera pictures older than this are left out (default 400ms)",
            .apply = [](Configuration& c,
                        const std::string& v) { return set_budget(c.video_latency_budget, v); }},
    Setting{.name = "screen-latency-budget",
            .group = kDelivery,
            .value_name = "DURATION",
            .help = "Screen pictures older than this are left out (default 1s)",
            .apply = [](Configuration& c,
                        const std::string& v) { return set_budget(c.screen_latency_budget, v); }},
    Setting{
        .name = "congestion-control",
        .group = kDelivery,
        .value_name = "NAME",
        .help = "TCP congestion control of the connections, such as bbr, or auto: cubic, and bbr "
                "while a path loses packets all the time (default auto)",
        .apply = set_congestion_control},
    Setting{.name = "lanes",
            .group = kDelivery,
            .value_name = "",
            .help = "Let a client that asks for it carry its sound over a second connection",
            .apply = [](Configuration& c,
                        const std::string& v) { return store(parse_switch(v), c.lanes); }},

    Setting{.name = "shards",
            .group = kProcessors,
            .value_name = "COUNT",
            .help = "Threads that carry connections (default: one for each processor, 64 at most)",
            .apply =
                [](Configuration& c, const std::string& v) {
                  return store(parse_number(v, 1, kShardsMax), c.shards);
                }},
    Setting{.name = "pin-shards",
            .group = kProcessors,
            .value_name = "",
            .help = "Keep each of them on one processor, with its memory near to it",
            .apply = [](Configuration& c,
                        const std::string& v) { return store(parse_switch(v), c.pin_shards); }},

    Setting{
        .name = "web-root",
        .group = kOperation,
        .value_name = "FOLDER",
        .help = "The built meeting page (default web/app/dist)",
        .apply = [](Configuration& c, const std::string& v) { return set_path(c.web_root, v); }},
    Setting{.name = "log-level",
            .group = kOperation,
            .value_name = "LEVEL",
            .help = "debug, info, warning or error (default info)",
            .apply = set_log_level},
    Setting{.name = "log-format",
            .group = kOperation,
            .value_name = "FORMAT",
            .help = "text, or json with one object a line (default text)",
            .apply = set_log_format},
    Setting{.name = "flight-recorder",
            .group = kOperation,
            .value_name = "DURATION",
            .help = "How much of each session on a bad link is remembered for sluice explain, at "
                    "most 10m (default 60s; 0: nothing)",
            .apply =
                [](Configuration& c, const std::string& v) {
                  return store(parse_duration(v, 0ms, 10min), c.flight_recorder);
                }},
};

}  // namespace

std::span<const Setting> all_settings() { return kSettings; }

std::string environment_name(const Setting& setting) {
  std::string name = "SLUICE_";
  for (const char c : setting.name) {
    name += c == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  }
  return name;
}

}  // namespace sluice::sfu
