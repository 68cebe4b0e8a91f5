#include "sfu/listener.h"

#include <sys/socket.h>

#include <tuple>

#include "sfu/clock.h"

namespace sluice::sfu {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using SharedPort = asio::detail::socket_option::boolean<SOL_SOCKET, SO_REUSEPORT>;

std::string advice(const boost::system::error_code& error, std::uint16_t port) {
  if (error == asio::error::address_in_use) {
    return "port " + std::to_string(port) + " is taken by another program; choose another one";
  }
  if (error == asio::error::access_denied) {
    return "port " + std::to_string(port) + " needs more rights; choose one above 1023";
  }
  return error.message();
}

}  // namespace

tcp::acceptor open_acceptor(asio::io_context& context, const std::string& address,
                            std::uint16_t port, PortUse use) {
  boost::system::error_code error;
  const auto ip = asio::ip::make_address(address, error);
  if (error) throw ListenError(address + " is not an IP address");
  const tcp::endpoint endpoint{ip, port};
  tcp::acceptor acceptor{context};
  const auto check = [&](const char* step) {
    if (!error) return;
    throw ListenError("cannot " + std::string{step} + " " + address + ":" + std::to_string(port) +
                      ": " + advice(error, port));
  };
  std::ignore = acceptor.open(endpoint.protocol(), error);
  check("open a socket for");
  // A restarted server must not wait for the connections of its predecessor to time out.
  std::ignore = acceptor.set_option(tcp::acceptor::reuse_address{true}, error);
  check("prepare");
  if (use == PortUse::kShared) {
    std::ignore = acceptor.set_option(SharedPort{true}, error);
    check("share");
  }
  std::ignore = acceptor.bind(endpoint, error);
  check("listen on");
  if (use == PortUse::kTryOnly) return acceptor;
  std::ignore = acceptor.listen(asio::socket_base::max_listen_connections, error);
  check("listen on");
  acceptor.non_blocking(true);
  return acceptor;
}

Listener::Listener(tcp::acceptor acceptor, metrics::ShardMetrics& metrics, Log& log,
                   OnAccept on_accept)
    : acceptor_{std::move(acceptor)},
      endpoint_{acceptor_.local_endpoint()},
      pause_timer_{acceptor_.get_executor()},
      metrics_{metrics},
      log_{log},
      on_accept_{std::move(on_accept)} {}

void Listener::stop() {
  boost::system::error_code ignored;
  std::ignore = acceptor_.close(ignored);
  pause_timer_.cancel();
}

media::Duration Listener::stalled_for(media::Time now) const {
  const auto since = stalled_since_.load(std::memory_order_relaxed);
  return since == kNotStalled ? media::Duration::zero() : now - media::Time{media::Duration{since}};
}

void Listener::accept() {
  acceptor_.async_wait(tcp::acceptor::wait_read, [this](const boost::system::error_code& error) {
    if (error || !acceptor_.is_open()) return;
    on_ready();
  });
}

void Listener::on_ready() {
  for (int count = 0; count < kAcceptsPerTurn; ++count) {
    boost::system::error_code error;
    tcp::socket socket = acceptor_.accept(error);
    if (error == asio::error::would_block || error == asio::error::try_again) {
      stalled_since_.store(kNotStalled, std::memory_order_relaxed);
      break;
    }
    // The peer was gone before we came: nobody's fault.
    if (error == asio::error::connection_aborted || error == asio::error::interrupted) continue;
    if (error) {
      pause(error);
      return;
    }
    stalled_since_.store(kNotStalled, std::memory_order_relaxed);
    metrics_.connections_accepted.add();
    on_accept_(std::move(socket));
  }
  if (acceptor_.is_open()) accept();
}

void Listener::pause(const boost::system::error_code& error) {
  if (stalled_since_.load(std::memory_order_relaxed) == kNotStalled) {
    stalled_since_.store(now().time_since_epoch().count(), std::memory_order_relaxed);
  }
  metrics_.accept_errors.add();
  log_.warning("accept_failed", {{"error", error.message()}, {"pause_ms", kPause.count()}});
  pause_timer_.expires_after(kPause);
  pause_timer_.async_wait([this](const boost::system::error_code& cancelled) {
    if (!cancelled && acceptor_.is_open()) on_ready();
  });
}

}  // namespace sluice::sfu
