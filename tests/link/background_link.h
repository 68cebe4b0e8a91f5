#pragma once

#include <atomic>
#include <expected>
#include <memory>
#include <string>
#include <thread>

#include "tests/link/forwarder.h"
#include "tests/link/network_namespace.h"

namespace sluice::link {

/// An emulated link that stands while this object lives, driven by a thread of its own.
///
/// For programs that live on both sides at once: a thread enters a side, makes its sockets or
/// starts a process there, and goes on.
class BackgroundLink {
 public:
  struct Settings {
    LinkDirection::Settings down, up;
    std::string congestion_control;  ///< empty: the system's default
  };
  static constexpr const char* kServerAddress = "10.77.0.1";
  static constexpr const char* kClientAddress = "10.77.0.2";

  /// Needs what `NetworkNamespace::create` needs; the error is one sentence for people.
  [[nodiscard]] static std::expected<std::unique_ptr<BackgroundLink>, std::string> create(
      Settings settings);

  using Side = Forwarder::Side;
  /// Moves the calling thread to a side; sockets that it has stay where they were made.
  [[nodiscard]] std::expected<void, std::string> enter(Side side) const;
  /// Rates, outages and traces begin now; without it, with the first packet.
  void restart_schedules() { restart_ = true; }
  /// Ends the link and tells what went through it; of what `side` sends.
  [[nodiscard]] LinkDirection::Counters finish(Side side);

 private:
  BackgroundLink(NetworkNamespace server, NetworkNamespace client, Settings settings);
  void run(const std::stop_token& stop);

  NetworkNamespace server_;
  NetworkNamespace client_;
  Forwarder forwarder_;
  std::atomic<bool> restart_ = false;
  std::jthread thread_;  // last, so that it ends before what it uses
};

}  // namespace sluice::link
