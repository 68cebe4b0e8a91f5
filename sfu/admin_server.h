#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "metrics/server_metrics.h"
#include "sfu/flight_desk.h"
#include "sfu/log.h"

namespace sluice::sfu {

/// What `/healthz` answers: 200, or 503 with the reason.
struct Health {
  bool ok = true;
  std::string reason;  ///< one line; "ok" when it is
};

/// The page for operators, on an address of its own: `/metrics`, `/healthz`, and the flight
/// recorders at `/flight` and `/flight/SESSION`.
///
/// It has its own thread, so that a scrape never delays media, and so that it can tell when a
/// media thread hangs. Bounds: 32 connections, requests of 8 KiB, 10 s for each.
/// Not for the public: it has no access control, which is why it listens on loopback by default.
class AdminServer {
 public:
  /// Listens; answers from `start` on. `metrics`, `log` and `flight_desk` outlive it; `health` is
  /// called on its thread. Throws ListenError.
  AdminServer(const std::string& address, std::uint16_t port, const metrics::ServerMetrics& metrics,
              Log& log, std::function<Health()> health, const FlightDesk& flight_desk);
  /// Stops the thread.
  ~AdminServer();
  AdminServer(const AdminServer&) = delete;
  AdminServer& operator=(const AdminServer&) = delete;

  void start();
  /// The port it listens on, also where any free one was asked for.
  [[nodiscard]] std::uint16_t port() const;

 private:
  class Implementation;
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace sluice::sfu
