#pragma once

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "metrics/server_metrics.h"
#include "sfu/admin_server.h"
#include "sfu/configuration.h"
#include "sfu/cpu_topology.h"
#include "sfu/flight_desk.h"
#include "sfu/log.h"
#include "sfu/server_settings.h"
#include "sfu/shard.h"

namespace sluice::sfu {

/// The whole server: shards behind one port, and the admin address.
///
/// It listens from construction on, and serves while `run` runs.
class Server {
 public:
  /// `log` outlives the server.
  /// Throws std::runtime_error with one line that says what is wrong and what to do: a port that is
  /// taken, a certificate that cannot be read.
  Server(const Configuration& configuration, Log& log);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// Where people go, e.g. `http://127.0.0.1:8080`.
  [[nodiscard]] std::string address() const;
  [[nodiscard]] std::string admin_address() const;

  /// Serves until SIGTERM or SIGINT, then says goodbye to everybody; a second signal cuts that
  /// short.
  void run();

 private:
  [[nodiscard]] std::vector<std::unique_ptr<Shard>> make_shards();
  void listen(const Configuration& configuration);
  void pin_to(std::size_t shard);
  void stop_on_signal();
  void stop_shards();
  [[nodiscard]] Health health() const;

  Log& log_;
  std::string bind_;
  std::string admin_bind_;
  ServerSettings settings_;
  metrics::ServerMetrics metrics_;
  signaling::SharedQuota connections_;
  signaling::SharedQuota sessions_;
  // A frame may lie on any shard and in any ring, so the pools are the last to go, the bus after
  // the shards.
  std::vector<std::unique_ptr<media::FramePool>> pools_;
  std::vector<Cpu> cpus_;  ///< by shard; empty when shards are not pinned
  ShardBus bus_;
  std::vector<std::unique_ptr<Shard>> shards_;
  std::uint16_t port_ = 0;
  boost::asio::io_context signals_context_{1};
  boost::asio::signal_set signals_;
  std::atomic<bool> shutting_down_{false};
  FlightDesk flight_desk_;
  AdminServer admin_;  // last, so that its thread ends before what it looks at
};

}  // namespace sluice::sfu
