#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <thread>

#include "metrics/server_metrics.h"
#include "sfu/listener.h"
#include "sfu/shard.h"

namespace sluice::sfu {

/// Pings and reports are control messages, which are made anew each time: there are none.
inline ServerSettings quiet_settings() {
  using namespace std::chrono_literals;
  ServerSettings settings;
  settings.session.ping_interval = settings.session.timeout = settings.session.report_interval = 1h;
  // What is remembered of the track grows up to its bound: here one that a second fills.
  settings.flight_recorder = 1s;
  return settings;
}

/// One shard on a thread of its own.
class RunningShard {
 public:
  RunningShard() {
    auto acceptor = open_acceptor(shard_.context(), "127.0.0.1", 0, PortUse::kAlone);
    port_ = acceptor.local_endpoint().port();
    shard_.listen(std::move(acceptor));
    thread_ = std::thread{[this] { shard_.run(); }};
  }
  ~RunningShard() {
    shard_.stop();
    thread_.join();
  }
  RunningShard(const RunningShard&) = delete;
  RunningShard& operator=(const RunningShard&) = delete;

  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] metrics::ShardMetrics& metrics() { return metrics_.shard(0); }

 private:
  ServerSettings settings_ = quiet_settings();
  Log log_{{.level = LogLevel::kError}};
  metrics::ServerMetrics metrics_{{.shards = 1, .version = "test"}};
  ShardBus bus_{1};
  signaling::SharedQuota connections_{100};
  signaling::SharedQuota sessions_{100};
  media::FramePool pool_{Shard::kFramePoolBytes};
  Shard shard_{ShardIndex{0},
               {.settings = settings_,
                .log = log_,
                .bus = bus_,
                .connections = connections_,
                .sessions = sessions_,
                .rooms = std::make_shared<signaling::SharedQuota>(10)},
               metrics_.shard(0),
               pool_};
  std::uint16_t port_ = 0;
  std::thread thread_;
};

}  // namespace sluice::sfu
