#include "client/command/arguments.h"

#include <CLI/CLI.hpp>
#include <charconv>
#include <cmath>

namespace sluice::client {
namespace {

/// The number at the front of `text`, which is cut down to what is behind it.
std::optional<double> leading_number(std::string_view& text) {
  double value = 0;
  const char* const begin = text.data();
  const char* const end = begin + text.size();
  const auto [stop, error] = std::from_chars(begin, end, value, std::chars_format::fixed);
  if (error != std::errc{} || !std::isfinite(value)) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(stop - begin));
  return value;
}

/// Without a name: help would print it behind that of the option's type, which says the same.
template <typename Read>
CLI::Validator validator(Read read) {
  return {[read](std::string& text) { return read(text); }, ""};
}

}  // namespace

std::expected<PictureFormat, std::string> parse_size(std::string_view text) {
  const auto refuse = [&] {
    return std::unexpected("'" + std::string{text} +
                           "' is no size such as 640x360 (even sides, 32 to 4096)");
  };
  PictureFormat format;
  const char* const begin = text.data();
  const char* const end = begin + text.size();
  const auto [middle, width_error] = std::from_chars(begin, end, format.width);
  if (width_error != std::errc{} || middle == end || *middle != 'x') return refuse();
  const auto [stop, height_error] = std::from_chars(middle + 1, end, format.height);
  if (height_error != std::errc{} || stop != end) return refuse();
  const auto fits = [](int side) { return side >= 32 && side <= 4096 && side % 2 == 0; };
  if (!fits(format.width) || !fits(format.height)) return refuse();
  return format;
}

std::optional<std::uint64_t> parse_bitrate(std::string_view text) {
  auto value = leading_number(text);
  if (!value) return std::nullopt;
  if (text == "k" || text == "K") {
    *value *= 1e3;
  } else if (text == "M" || text == "m") {
    *value *= 1e6;
  } else if (!text.empty()) {
    return std::nullopt;
  }
  if (*value < 1000 || *value > 1e9) return std::nullopt;
  return static_cast<std::uint64_t>(*value);
}

std::optional<std::chrono::seconds> parse_span(std::string_view text) {
  const auto value = leading_number(text);
  if (!value) return std::nullopt;
  double unit = 1;
  if (text == "m") {
    unit = 60;
  } else if (text == "h") {
    unit = 3600;
  } else if (text == "d") {
    unit = 86400;
  } else if (!text.empty() && text != "s") {
    return std::nullopt;
  }
  const double seconds = *value * unit;
  if (seconds < 1 || seconds > 1e9) return std::nullopt;
  return std::chrono::seconds{std::llround(seconds)};
}

CLI::Validator is_server_url() {
  return validator([](const std::string& text) {
    const auto url = parse_server_url(text);
    return url ? std::string{} : url.error();
  });
}

CLI::Validator is_size() {
  return validator([](const std::string& text) {
    const auto size = parse_size(text);
    return size ? std::string{} : size.error();
  });
}

CLI::Validator is_bitrate() {
  return validator([](const std::string& text) {
    return parse_bitrate(text) ? std::string{}
                               : "'" + text + "' is no bitrate such as 600k or 1.5M";
  });
}

CLI::Validator is_span() {
  return validator([](const std::string& text) {
    return parse_span(text) ? std::string{} : "'" + text + "' is no time such as 30s, 15m or 6h";
  });
}

void ConnectionArguments::add_to(CLI::App& app, const std::string& default_name) {
  name_ = default_name;
  app.add_option("url", url_,
                 "The server: tcp://HOST:PORT, tls://HOST:PORT, ws://HOST:PORT or wss://HOST:PORT")
      ->required()
      ->check(is_server_url())
      ->type_name("URL");
  app.add_option("--room", room_, "The room to join")->required();
  app.add_option("--name", name_, "The name that the others see")->capture_default_str();
  app.add_option("--identity", identity_,
                 "Who this is for the application; the server makes one otherwise");
  app.add_option("--token", token_, "A signed token, where the server asks for one")
      ->envname("SLUICE_TOKEN");
  app.add_flag("--lanes", lanes_,
               "Carry sound over a second connection, where the server runs with --lanes");
  app.add_flag("--insecure", insecure_, "Accept any TLS certificate, a self-signed one too");
  app.add_option("--trust", trust_, "A file of certificates (PEM) to trust besides the system's")
      ->check(CLI::ExistingFile.description(""))
      ->type_name("FILE");
}

TransportOptions ConnectionArguments::transport() const {
  return {.url = *parse_server_url(url_),  // checked when it was read
          .user_agent = "sluice/" SLUICE_VERSION,
          .verify_certificate = !insecure_,
          .trusted_certificates = trust_};
}

signaling::Join ConnectionArguments::join() const {
  signaling::Join join{.room = room_};
  if (!name_.empty()) join.name = name_;
  if (!identity_.empty()) join.identity = identity_;
  if (!token_.empty()) join.token = token_;
  join.lanes = lanes_;
  return join;
}

}  // namespace sluice::client
