#include "sfu/server.h"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <csignal>
#include <exception>
#include <stdexcept>
#include <thread>

#include "sfu/clock.h"
#include "sfu/crypto_check.h"
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
  settings.rooms.lanes = configuration.lanes;
  if (!configuration.keys.empty()) {
    settings.tokens.emplace(
        signaling::TokenKeys{configuration.keys.begin(), configuration.keys.end()});
  }
  settings.http = http_settings(configuration);
  settings.tls = tls_context(configuration);
  settings.tcp.congestion = choose_congestion_controls(configuration.congestion_control);
  settings.latency = {.audio = configuration.audio_latency_budget,
                      .camera = configuration.video_latency_budget,
                      .screen = configuration.screen_latency_budget};
  settings.connections_max = configuration.connections_max;
  settings.flight_recorder = configuration.flight_recorder;
  return settings;
}

std::size_t shard_count(const Configuration& configuration) {
  if (configuration.shards != 0) return configuration.shards;
  return std::min(allowed_cpus().size(), kShardsMax);
}

metrics::ServerMetrics::Options metrics_options(std::size_t shards) {
  metrics::ServerMetrics::Options options{.shards = shards, .version = SLUICE_VERSION};
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
      metrics_{metrics_options(shard_count(configuration))},
      connections_{Shard::connections_quota(settings_)},
      sessions_{settings_.connections_max},
      cpus_{configuration.pin_shards
                ? cpus_for_shards(read_cpu_topology(allowed_cpus()), shard_count(configuration))
                : std::vector<Cpu>{}},
      bus_{shard_count(configuration)},
      shards_{make_shards()},
      signals_{signals_context_, SIGTERM, SIGINT},
      flight_desk_{shards_},
      admin_{configuration.admin_bind,
             configuration.admin_port,
             metrics_,
             log,
             [this] { return health(); },
             flight_desk_} {
  check_crypto();
  listen(configuration);
  if (!settings_.http.site_fault.empty()) {
    log_.warning("no_meeting_page", {{"reason", settings_.http.site_fault}});
  }
  if (settings_.tls) log_.info("tls", {{"sha256", settings_.tls->fingerprint()}});
  const CongestionControls& congestion = settings_.tcp.congestion;
  log_.info("congestion_control",
            {{"usual", congestion.usual.empty() ? "the system's" : congestion.usual},
             {"on_lossy_paths", congestion.lossy.empty() ? "no other" : congestion.lossy}});
  log_.info("shards", {{"count", static_cast<std::uint64_t>(shards_.size())}});
}

Server::~Server() = default;

std::vector<std::unique_ptr<Shard>> Server::make_shards() {
  const ShardSurroundings surroundings{
      .settings = settings_,
      .log = log_,
      .bus = bus_,
      .connections = connections_,
      .sessions = sessions_,
      .rooms = std::make_shared<signaling::SharedQuota>(settings_.rooms.rooms_max)};
  std::vector<std::unique_ptr<Shard>> shards;
  const std::vector<Cpu> everywhere = allowed_cpus();
  for (std::size_t index = 0; index < bus_.shards(); ++index) {
    // Memory lies on the node of the thread that touches it first: a pinned shard is made where it
    // will run, and its pool takes its blocks there.
    pin_to(index);
    pools_.push_back(std::make_unique<media::FramePool>(Shard::kFramePoolBytes));
    shards.push_back(std::make_unique<Shard>(ShardIndex{static_cast<std::uint8_t>(index)},
                                             surroundings, metrics_.shard(index), *pools_.back()));
  }
  if (!cpus_.empty() && !pin_thread(everywhere)) {
    throw std::runtime_error("--pin-shards: the system does not let this thread off a processor");
  }
  return shards;
}

void Server::pin_to(std::size_t shard) {
  if (!cpus_.empty() && !pin_thread({cpus_[shard]})) {
    log_.warning("not_pinned", {{"shard", static_cast<std::uint64_t>(shard)},
                                {"cpu", static_cast<std::uint64_t>(cpus_[shard])}});
  }
}

void Server::listen(const Configuration& configuration) {
  port_ = configuration.port;
  const bool shared = shards_.size() > 1;
  // Sockets that share a port would share it with those of another server too, unnoticed: find out
  // first whether the port is free.
  if (shared && port_ != 0) {
    open_acceptor(shards_.front()->context(), configuration.bind, port_, PortUse::kTryOnly);
  }
  for (const auto& shard : shards_) {
    auto acceptor = open_acceptor(shard->context(), configuration.bind, port_,
                                  shared ? PortUse::kShared : PortUse::kAlone);
    port_ = acceptor.local_endpoint().port();
    shard->listen(std::move(acceptor));
  }
}

std::string Server::address() const { return url(settings_.tls ? "https" : "http", bind_, port_); }

std::string Server::admin_address() const { return url("http", admin_bind_, admin_.port()); }

void Server::run() {
  stop_on_signal();
  admin_.start();
  // Each thread owns its shard: its event loop and all that is "of the shard", from here until it
  // is joined. What it shares with others is never changed (settings), made for it (log, metrics,
  // bus, quotas), or counted by references (frames, texts). This thread has the signals and nothing
  // else.
  std::atomic<std::size_t> running{shards_.size()};
  std::vector<std::exception_ptr> faults(shards_.size());
  std::vector<std::thread> threads;
  threads.reserve(shards_.size());
  for (std::size_t index = 0; index < shards_.size(); ++index) {
    threads.emplace_back([this, index, &running, &faults] {
      try {
        pin_to(index);
        shards_[index]->run();
      } catch (...) {
        // A server without one of its shards would strand whom the kernel sends there.
        faults[index] = std::current_exception();
        stop_shards();
      }
      if (running.fetch_sub(1) == 1) signals_context_.stop();
    });
  }
  signals_context_.run();
  for (std::thread& thread : threads) thread.join();
  for (const std::exception_ptr& fault : faults) {
    if (fault) std::rethrow_exception(fault);
  }
}

void Server::stop_on_signal() {
  signals_.async_wait([this](const boost::system::error_code& cancelled, int signal) {
    if (cancelled) return;
    if (shutting_down_.exchange(true)) return stop_shards();
    log_.info("shutting_down", {{"signal", signal}});
    Shard& first = *shards_.front();
    boost::asio::post(first.context(), [&first] { first.shut_down_all(); });
    stop_on_signal();
  });
}

void Server::stop_shards() {
  for (const auto& shard : shards_) shard->stop();
}

Health Server::health() const {
  if (shutting_down_) return {.ok = false, .reason = "shutting down"};
  for (const auto& shard : shards_) {
    if (now() - shard->heartbeat() > kUnhealthyAfter) {
      return {.ok = false, .reason = "an event loop does not turn"};
    }
    if (shard->stalled_for(now()) > kUnhealthyAfter) {
      return {.ok = false, .reason = "no connection can be accepted"};
    }
  }
  return {.ok = true, .reason = "ok"};
}

}  // namespace sluice::sfu
