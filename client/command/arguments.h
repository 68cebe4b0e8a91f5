#pragma once

#include <CLI/App.hpp>
#include <chrono>
#include <optional>
#include <string>

#include "client/transport.h"
#include "client/video_source.h"
#include "signaling/client_message.h"

namespace sluice::client {

/// The options that every command with a connection has: where to, and as whom.
class ConnectionArguments {
 public:
  /// `default_name` is who joins without `--name`.
  void add_to(CLI::App& app, const std::string& default_name);

  [[nodiscard]] TransportOptions transport() const;
  [[nodiscard]] signaling::Join join() const;
  [[nodiscard]] const std::string& name() const { return name_; }

 private:
  std::string url_;
  std::string room_;
  std::string name_;
  std::string identity_;
  std::string token_;
  bool lanes_ = false;
  bool insecure_ = false;
  std::string trust_;
};

/// Reads `640x360`: both sides even, 32 to 4096. The error is one sentence.
[[nodiscard]] std::expected<PictureFormat, std::string> parse_size(std::string_view text);

/// Reads a bitrate in bits a second: `600000`, `600k`, `1.5M`; 1000 at least. Nothing when it is
/// none.
[[nodiscard]] std::optional<std::uint64_t> parse_bitrate(std::string_view text);

/// Reads a span of time: `90`, `90s`, `15m`, `6h`, `7d`. Nothing when it is none, or not positive.
[[nodiscard]] std::optional<std::chrono::seconds> parse_span(std::string_view text);

/// Checks for CLI11 that use the readers above.
[[nodiscard]] CLI::Validator is_server_url();
[[nodiscard]] CLI::Validator is_size();
[[nodiscard]] CLI::Validator is_bitrate();
[[nodiscard]] CLI::Validator is_span();

}  // namespace sluice::client
