#include "sfu/server.h"

#include <csignal>
#include <stdexcept>

#include "sfu/clock.h"
#include "signaling/error_code.h"

namespace sluice::sfu {
namespace {

using namespace std::chrono_literals;

// Sooner than an orchestrator's three checks of 10 s, later than any pause that heals by itself.
constexpr media::Duration kUnhealthyAfter = 5s;

std::optional<TlsContext> tls_context(const Configuration& configuration) {
  if (!configuration.tls_files && !configuration.tls_self_signed) return std::nullopt;
  auto context = configuration.tls_files
                     ? TlsContext::from_files(configuration.tls_files->certificate,
                                              configuration.tls_files->key)
                     : TlsContext::self_signed(configuration.tls_names);
  if (!context) throw std::runtime_error(context.error());
  return *std::move(context);
}

HttpSettings http_settings(const Configuration& configuration) {
  HttpSettings settings;
  settings.allowed_origins = configuration.allowed_origins;
  if (auto site = StaticSite::load(configuration.web_root)) {
    settings.site = *std::move(site);
  } else {
    settings.site_fault = site.error();
  }
  return settings;
}

ServerSettings server_settings(const Configuration& configuration) {
  ServerSettings settings;
  settings.session.server = "sluice/" SLUICE_VERSION;
  settings.rooms.rooms_max = configuration.rooms_max;
  settings.rooms.participants_max = configuration.participants_max;
  settings.rooms.tracks_max = settings.session.limits.tracks;
  settings.rooms.subscriptions_max = media::Egress::Bounds{}.tracks_max;
  settings.rooms.empty_room_delay = configuration.empty_room_timeout;
  if (!configuration.keys.empty()) {
    settings.tokens.emplace(
        signaling::TokenKeys{configuration.keys.begin(), configuration.keys.end()});
  }
  settings.http = http_settings(configuration);
  settings.tls = tls_context(configuration);
  settings.tcp.congestion_control = configuration.congestion_control;
  settings.latency = {.audio = configuration.audio_latency_budget,
                      .camera = configuration.video_latency_budget,
                      .screen = configuration.screen_latency_budget};
  settings.connections_max = configuration.connections_max;
  return settings;
}

metrics::ServerMetrics::Options metrics_options() {
  metrics::ServerMetrics::Options options{.shards = 1, .version = SLUICE_VERSION};
  for (const signaling::ErrorCode code : signaling::kErrorCodes) {
    options.error_codes.emplace_back(signaling::to_string(code));
  }
  return options;
}

std::string url(const char* scheme, const std::string& host, std::uint16_t port) {
  // An address that means "all of them" is none that a browser can go to.
  const bool all = host == "0.0.0.0" || host == "::";
  const bool six = host.find(':') != std::string::npos;
  const std::string shown = all ? "localhost" : six ? "[" + host + "]" : host;
  return std::string{scheme} + "://" + shown + ":" + std::to_string(port);
}

}  // namespace

Server::Server(const Configuration& configuration, Log& log)
    : log_{log},
      bind_{configuration.bind},
      admin_bind_{configuration.admin_bind},
      settings_{server_settings(configuration)},
      metrics_{metrics_options()},
      shard_{settings_, metrics_.shard(0), log},
      listener_{open_acceptor(shard_.context(), configuration.bind, configuration.port, false),
                metrics_.shard(0), log,
                [this](boost::asio::ip::tcp::socket socket) { shard_.adopt(std::move(socket)); }},
      signals_{shard_.context(), SIGTERM, SIGINT},
      admin_{configuration.admin_bind, configuration.admin_port, metrics_, log,
             [this] { return health(); }} {
  if (!settings_.http.site_fault.empty()) {
    log_.warning("no_meeting_page", {{"reason", settings_.http.site_fault}});
  }
  if (settings_.tls) log_.info("tls", {{"sha256", settings_.tls->fingerprint()}});
}

Server::~Server() = default;

std::string Server::address() const {
  return url(settings_.tls ? "https" : "http", bind_, listener_.endpoint().port());
}

std::string Server::admin_address() const { return url("http", admin_bind_, admin_.port()); }

void Server::run() {
  stop_on_signal();
  listener_.start();
  admin_.start();
  shard_.run();
}

void Server::stop_on_signal() {
  signals_.async_wait([this](const boost::system::error_code& cancelled, int signal) {
    if (cancelled) return;
    if (shutting_down_.exchange(true)) {
      shard_.context().stop();
      return;
    }
    log_.info("shutting_down", {{"signal", signal}});
    listener_.stop();
    shard_.shut_down();
    stop_on_signal();
  });
}

Health Server::health() const {
  if (shutting_down_) return {.ok = false, .reason = "shutting down"};
  if (now() - shard_.heartbeat() > kUnhealthyAfter) {
    return {.ok = false, .reason = "the event loop does not turn"};
  }
  if (listener_.stalled_for(now()) > kUnhealthyAfter) {
    return {.ok = false, .reason = "no connection can be accepted"};
  }
  return {.ok = true, .reason = "ok"};
}

}  // namespace sluice::sfu
