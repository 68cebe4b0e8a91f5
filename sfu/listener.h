#pragma once

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <functional>
#include <stdexcept>
#include <string>

#include "media/time.h"
#include "metrics/shard_metrics.h"
#include "sfu/log.h"

namespace sluice::sfu {

/// An address that could not be listened on, as one line that names it and says what to do.
class ListenError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// What becomes of a port.
enum class PortUse : std::uint8_t {
  kAlone,    ///< one socket listens
  kShared,   ///< several listen (SO_REUSEPORT), and the kernel spreads what arrives over them
  kTryOnly,  ///< none listens yet: only to learn whether it is free
};

/// Opens a listening socket. Port 0 takes any free port.
/// Throws ListenError.
boost::asio::ip::tcp::acceptor open_acceptor(boost::asio::io_context& context,
                                             const std::string& address, std::uint16_t port,
                                             PortUse use);

/// Accepts connections on one socket and hands them on.
///
/// When the process is out of file descriptors it pauses for `kPause` instead of spinning: the
/// connections wait in the backlog meanwhile, and the pause is counted.
/// Owner: its shard; `on_accept` runs on the shard's thread and keeps the socket.
class Listener {
 public:
  using OnAccept = std::function<void(boost::asio::ip::tcp::socket)>;

  /// `metrics` and `log` outlive the listener.
  Listener(boost::asio::ip::tcp::acceptor acceptor, metrics::ShardMetrics& metrics, Log& log,
           OnAccept on_accept);

  void start() { accept(); }
  /// No more connections; what waits in the backlog is reset.
  void stop();

  /// For how long nothing could be accepted; zero while all is well. Any thread may ask.
  [[nodiscard]] media::Duration stalled_for(media::Time now) const;
  [[nodiscard]] boost::asio::ip::tcp::endpoint endpoint() const { return endpoint_; }

 private:
  static constexpr std::chrono::milliseconds kPause{100};
  /// A turn of the loop accepts at most this many, so that a burst does not hold media up.
  static constexpr int kAcceptsPerTurn = 32;

  static constexpr media::Duration::rep kNotStalled = 0;

  void accept();
  void on_ready();
  void pause(const boost::system::error_code& error);

  boost::asio::ip::tcp::acceptor acceptor_;
  boost::asio::ip::tcp::endpoint endpoint_;
  boost::asio::steady_timer pause_timer_;
  metrics::ShardMetrics& metrics_;
  Log& log_;
  OnAccept on_accept_;
  std::atomic<media::Duration::rep> stalled_since_{kNotStalled};
};

}  // namespace sluice::sfu
