#pragma once

#include <algorithm>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/websocket/error.hpp>
#include <boost/system/system_error.hpp>
#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

#include "client/socket_facts.h"
#include "client/tls_client.h"
#include "client/transport.h"
#include "client/transport_failure.h"

namespace sluice::client {

/// What a slow reader's kernel may hold before it: small, or the kernel reads in its stead.
inline constexpr int kSlowReaderBufferBytes = 16 * 1024;

/// The part that raw framing and WebSocket share: the way to a stream that is open, and pacing.
template <typename Stream>
class StreamTransport : public Transport,
                        public std::enable_shared_from_this<StreamTransport<Stream>> {
 public:
  StreamTransport(const boost::asio::any_io_executor& executor, TransportOptions options,
                  TransportEvents& events)
      : options_{std::move(options)}, events_{&events}, executor_{executor}, pace_{executor} {}

  void start() override {
    boost::asio::co_spawn(
        executor_,
        [self = this->shared_from_this()]() -> boost::asio::awaitable<void> {
          co_await self->live();
        },
        boost::asio::bind_cancellation_slot(cancel_.slot(), boost::asio::detached));
  }

  void close() override {
    events_ = nullptr;
    // Ends a name look-up or a handshake too, where there is no stream to shut yet.
    cancel_.emit(boost::asio::cancellation_type::terminal);
    shut();
  }

 protected:
  /// Makes the stream around a connected socket, past all handshakes.
  virtual boost::asio::awaitable<void> open_stream(boost::asio::ip::tcp::socket socket) = 0;
  /// Reads messages until the end, which it throws.
  virtual boost::asio::awaitable<void> read_messages() = 0;
  virtual void shut() = 0;

  boost::asio::awaitable<Stream> make_stream(boost::asio::ip::tcp::socket socket) {
    if constexpr (std::is_same_v<Stream, boost::asio::ip::tcp::socket>) {
      co_return socket;
    } else {
      tls_context_.emplace(make_tls_context(options_));
      TlsStream stream{std::move(socket), *tls_context_};
      name_server(stream, options_);
      boost::system::error_code error;
      co_await stream.async_handshake(
          boost::asio::ssl::stream_base::client,
          boost::asio::redirect_error(boost::asio::use_awaitable, error));
      if (error) throw TransportFailure{describe_tls_failure(options_, error)};
      co_return stream;
    }
  }

  /// How much to read at once, and the pause that keeps the rate after reading it.
  [[nodiscard]] std::size_t read_size(std::size_t wanted) const {
    if (options_.read_rate_bps == 0) return wanted;
    // 20 ms of the rate: finer than any deadline that a slow reader is to test.
    return std::clamp<std::size_t>(options_.read_rate_bps / 8 / 50, 64, wanted);
  }
  boost::asio::awaitable<void> pace(std::size_t bytes) {
    if (options_.read_rate_bps == 0) co_return;
    const auto pause = std::chrono::microseconds{bytes * 8 * 1'000'000 / options_.read_rate_bps};
    const auto now = std::chrono::steady_clock::now();
    read_until_ = std::max(read_until_, now) + pause;
    pace_.expires_at(read_until_);
    co_await pace_.async_wait(boost::asio::use_awaitable);
  }

  void text(std::string_view message) {
    if (events_ != nullptr) events_->on_text(message);
  }
  void binary(std::span<const std::byte> message) {
    if (events_ != nullptr) events_->on_binary(message);
  }
  void written(const boost::system::error_code& error) {
    // A failed write ends the reading too, which reports it.
    if (error) return shut();
    if (events_ != nullptr) events_->on_written();
  }

  static auto socket_of(Stream& stream) -> boost::asio::ip::tcp::socket& {
    if constexpr (std::is_same_v<Stream, boost::asio::ip::tcp::socket>) {
      return stream;
    } else {
      return stream.next_layer();
    }
  }
  static void shut_socket(boost::asio::ip::tcp::socket& socket) {
    // What fails here is gone already.
    boost::system::error_code error;
    std::ignore = socket.shutdown(boost::asio::ip::tcp::socket::shutdown_both, error);
    std::ignore = socket.close(error);
  }

  [[nodiscard]] const TransportOptions& options() const { return options_; }

 private:
  boost::asio::awaitable<void> live() {
    bool opened = false;
    std::string reason;
    try {
      boost::asio::ip::tcp::socket socket = co_await connect();
      co_await open_stream(std::move(socket));
      opened = true;
      if (events_ != nullptr) events_->on_open();
      co_await read_messages();
    } catch (const TransportFailure& failure) {
      reason = failure.reason;
    } catch (const boost::system::system_error& failure) {
      const boost::system::error_code code = failure.code();
      const bool ended = code == boost::asio::error::eof ||
                         code == boost::asio::ssl::error::stream_truncated ||
                         code == boost::beast::websocket::error::closed;
      reason = ended ? "the server closed the connection" : code.message();
    }
    shut();
    if (TransportEvents* events = std::exchange(events_, nullptr)) {
      events->on_transport_closed(opened, reason);
    }
  }

  boost::asio::awaitable<boost::asio::ip::tcp::socket> connect() {
    const ServerUrl& url = options_.url;
    boost::system::error_code error;
    boost::asio::ip::tcp::resolver resolver{executor_};
    const auto endpoints = co_await resolver.async_resolve(
        url.host, std::to_string(url.port),
        boost::asio::redirect_error(boost::asio::use_awaitable, error));
    if (error) {
      throw TransportFailure{"cannot find the address of " + url.host + ": " + error.message()};
    }
    std::string reason = "no address";
    for (const auto& entry : endpoints) {
      boost::asio::ip::tcp::socket socket{executor_};
      std::ignore = socket.open(entry.endpoint().protocol(), error);
      if (!error && options_.read_rate_bps != 0) {
        error = socket.set_option(
            boost::asio::ip::tcp::socket::receive_buffer_size{kSlowReaderBufferBytes}, error);
      }
      if (!error) {
        co_await socket.async_connect(
            entry.endpoint(), boost::asio::redirect_error(boost::asio::use_awaitable, error));
      }
      if (!error) {
        prepare_for_media(socket.native_handle());
        co_return socket;
      }
      reason = error.message();
    }
    throw TransportFailure{"cannot connect to " + url.authority() + ": " + reason};
  }

  TransportOptions options_;
  TransportEvents* events_;
  boost::asio::any_io_executor executor_;
  std::optional<boost::asio::ssl::context> tls_context_;
  boost::asio::steady_timer pace_;
  boost::asio::cancellation_signal cancel_;
  std::chrono::steady_clock::time_point read_until_{};
};

}  // namespace sluice::client
