// The only translation unit of the client that includes Boost.Beast.
#include "client/transport.h"

#include <algorithm>
#include <array>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket.hpp>
#include <boost/beast/websocket/ssl.hpp>
#include <cstring>
#include <optional>
#include <tuple>
#include <type_traits>

#include "client/socket_facts.h"
#include "media/raw_framing.h"

namespace sluice::client {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace ssl = boost::asio::ssl;
namespace websocket = boost::beast::websocket;
using asio::ip::tcp;
using boost::system::error_code;
using boost::system::system_error;

using PlainStream = tcp::socket;
using TlsStream = ssl::stream<tcp::socket>;

constexpr std::string_view kSubprotocol = "sluice.v1";

// What a slow reader's kernel may hold before it: small, or the kernel reads in its stead.
constexpr int kSlowReaderBufferBytes = 16 * 1024;

/// A failure that already is a sentence for people.
struct Failure {
  std::string reason;
};

std::string describe_tls_failure(const TransportOptions& options, const error_code& error) {
  std::string reason =
      "the TLS handshake with " + options.url.authority() + " failed: " + error.message();
  if (options.verify_certificate) {
    reason += " (for a self-signed certificate use --insecure, or --trust FILE)";
  }
  return reason;
}

ssl::context make_tls_context(const TransportOptions& options) {
  ssl::context context{ssl::context::tls_client};
  context.set_options(ssl::context::default_workarounds | ssl::context::no_tlsv1 |
                      ssl::context::no_tlsv1_1);
  if (!options.verify_certificate) return context;
  context.set_verify_mode(ssl::verify_peer);
  context.set_default_verify_paths();
  if (!options.trusted_certificates.empty()) {
    error_code error;
    if (context.load_verify_file(options.trusted_certificates, error)) {
      throw Failure{"cannot read certificates from " + options.trusted_certificates + ": " +
                    error.message()};
    }
  }
  return context;
}

/// The part that raw framing and WebSocket share: the way to a stream that is open, and pacing.
template <typename Stream>
class StreamTransport : public Transport,
                        public std::enable_shared_from_this<StreamTransport<Stream>> {
 public:
  StreamTransport(const asio::any_io_executor& executor, TransportOptions options,
                  TransportEvents& events)
      : options_{std::move(options)}, events_{&events}, executor_{executor}, pace_{executor} {}

  void start() override {
    asio::co_spawn(
        executor_,
        [self = this->shared_from_this()]() -> asio::awaitable<void> { co_await self->live(); },
        asio::bind_cancellation_slot(cancel_.slot(), asio::detached));
  }

  void close() override {
    events_ = nullptr;
    // Ends a name look-up or a handshake too, where there is no stream to shut yet.
    cancel_.emit(asio::cancellation_type::terminal);
    shut();
  }

 protected:
  /// Makes the stream around a connected socket, past all handshakes.
  virtual asio::awaitable<void> open_stream(tcp::socket socket) = 0;
  /// Reads messages until the end, which it throws.
  virtual asio::awaitable<void> read_messages() = 0;
  virtual void shut() = 0;

  asio::awaitable<Stream> make_stream(tcp::socket socket) {
    if constexpr (std::is_same_v<Stream, PlainStream>) {
      co_return socket;
    } else {
      tls_context_.emplace(make_tls_context(options_));
      TlsStream stream{std::move(socket), *tls_context_};
      if (options_.verify_certificate) {
        stream.set_verify_callback(ssl::host_name_verification(options_.url.host));
      }
      // Addresses have no place in a server name indication (RFC 6066 section 3).
      error_code is_name;
      (void)asio::ip::make_address(options_.url.host, is_name);
      if (is_name) SSL_set_tlsext_host_name(stream.native_handle(), options_.url.host.c_str());
      error_code error;
      co_await stream.async_handshake(ssl::stream_base::client,
                                      asio::redirect_error(asio::use_awaitable, error));
      if (error) throw Failure{describe_tls_failure(options_, error)};
      co_return stream;
    }
  }

  /// How much to read at once, and the pause that keeps the rate after reading it.
  [[nodiscard]] std::size_t read_size(std::size_t wanted) const {
    if (options_.read_rate_bps == 0) return wanted;
    // 20 ms of the rate: finer than any deadline that a slow reader is to test.
    return std::clamp<std::size_t>(options_.read_rate_bps / 8 / 50, 64, wanted);
  }
  asio::awaitable<void> pace(std::size_t bytes) {
    if (options_.read_rate_bps == 0) co_return;
    const auto pause = std::chrono::microseconds{bytes * 8 * 1'000'000 / options_.read_rate_bps};
    const auto now = std::chrono::steady_clock::now();
    read_until_ = std::max(read_until_, now) + pause;
    pace_.expires_at(read_until_);
    co_await pace_.async_wait(asio::use_awaitable);
  }

  void text(std::string_view message) {
    if (events_ != nullptr) events_->on_text(message);
  }
  void binary(std::span<const std::byte> message) {
    if (events_ != nullptr) events_->on_binary(message);
  }
  void written(const error_code& error) {
    // A failed write ends the reading too, which reports it.
    if (error) return shut();
    if (events_ != nullptr) events_->on_written();
  }

  static auto socket_of(Stream& stream) -> tcp::socket& {
    if constexpr (std::is_same_v<Stream, PlainStream>) {
      return stream;
    } else {
      return stream.next_layer();
    }
  }
  static void shut_socket(tcp::socket& socket) {
    // What fails here is gone already.
    error_code error;
    std::ignore = socket.shutdown(tcp::socket::shutdown_both, error);
    std::ignore = socket.close(error);
  }

  [[nodiscard]] const TransportOptions& options() const { return options_; }

 private:
  asio::awaitable<void> live() {
    bool opened = false;
    std::string reason;
    try {
      tcp::socket socket = co_await connect();
      co_await open_stream(std::move(socket));
      opened = true;
      if (events_ != nullptr) events_->on_open();
      co_await read_messages();
    } catch (const Failure& failure) {
      reason = failure.reason;
    } catch (const system_error& failure) {
      const error_code code = failure.code();
      const bool ended = code == asio::error::eof || code == asio::ssl::error::stream_truncated ||
                         code == websocket::error::closed;
      reason = ended ? "the server closed the connection" : code.message();
    }
    shut();
    if (TransportEvents* events = std::exchange(events_, nullptr)) {
      events->on_transport_closed(opened, reason);
    }
  }

  asio::awaitable<tcp::socket> connect() {
    const ServerUrl& url = options_.url;
    error_code error;
    tcp::resolver resolver{executor_};
    const auto endpoints = co_await resolver.async_resolve(
        url.host, std::to_string(url.port), asio::redirect_error(asio::use_awaitable, error));
    if (error) throw Failure{"cannot find the address of " + url.host + ": " + error.message()};
    std::string reason = "no address";
    for (const auto& entry : endpoints) {
      tcp::socket socket{executor_};
      socket.open(entry.endpoint().protocol(), error);
      if (!error && options_.read_rate_bps != 0) {
        error = socket.set_option(tcp::socket::receive_buffer_size{kSlowReaderBufferBytes}, error);
      }
      if (!error) {
        co_await socket.async_connect(entry.endpoint(),
                                      asio::redirect_error(asio::use_awaitable, error));
      }
      if (!error) {
        prepare_for_media(socket.native_handle());
        co_return socket;
      }
      reason = error.message();
    }
    throw Failure{"cannot connect to " + url.authority() + ": " + reason};
  }

  TransportOptions options_;
  TransportEvents* events_;
  asio::any_io_executor executor_;
  std::optional<ssl::context> tls_context_;
  asio::steady_timer pace_;
  asio::cancellation_signal cancel_;
  std::chrono::steady_clock::time_point read_until_{};
};

/// docs/protocol.md section 1.1.
template <typename Stream>
class RawTransport final : public StreamTransport<Stream> {
 public:
  using StreamTransport<Stream>::StreamTransport;

  void write(OutgoingMessage message) override {
    message_ = std::move(message);
    std::span<const std::byte> first = message_.head;
    if (message_.control) first = std::as_bytes(std::span{message_.text});
    media::write_raw_prefix(message_.control ? media::RawKind::kControl : media::RawKind::kMedia,
                            first.size() + message_.body.size(), prefix_);
    const std::array<asio::const_buffer, 3> buffers{
        asio::buffer(prefix_), asio::buffer(first.data(), first.size()),
        asio::buffer(message_.body.data(), message_.body.size())};
    asio::async_write(
        *stream_, buffers,
        [self = this->shared_from_this(), this](const error_code& error, std::size_t) {
          message_ = {};
          this->written(error);
        });
  }

  int descriptor() override { return stream_ ? this->socket_of(*stream_).native_handle() : -1; }

 protected:
  asio::awaitable<void> open_stream(tcp::socket socket) override {
    stream_.emplace(co_await this->make_stream(std::move(socket)));
    co_await asio::async_write(*stream_, asio::buffer(media::kRawMagic), asio::use_awaitable);
  }

  asio::awaitable<void> read_messages() override {
    const media::RawLimits limits{.control_bytes = this->options().message_bytes_max,
                                  .media_bytes = this->options().message_bytes_max};
    std::vector<std::byte> buffer(media::kRawPrefixBytes + this->options().message_bytes_max);
    std::size_t filled = 0;
    for (;;) {
      const std::size_t room = this->read_size(buffer.size() - filled);
      const std::size_t count = co_await stream_->async_read_some(
          asio::buffer(buffer.data() + filled, room), asio::use_awaitable);
      filled += count;
      std::size_t used = 0;
      for (;;) {
        const auto read =
            media::read_raw_message(std::span{buffer}.subspan(used, filled - used), limits);
        if (!read) throw Failure{std::string{"the server sent "} + media::describe(read.error())};
        if (!read->whole()) break;
        if (read->kind == media::RawKind::kControl) {
          this->text({reinterpret_cast<const char*>(read->body.data()), read->body.size()});
        } else {
          this->binary(read->body);
        }
        used += read->consumed;
      }
      std::memmove(buffer.data(), buffer.data() + used, filled - used);
      filled -= used;
      co_await this->pace(count);
    }
  }

  void shut() override {
    if (stream_) this->shut_socket(this->socket_of(*stream_));
  }

 private:
  std::optional<Stream> stream_;
  std::array<std::byte, media::kRawPrefixBytes> prefix_{};
  OutgoingMessage message_;
};

/// docs/protocol.md section 1.2.
template <typename Stream>
class WebSocketTransport final : public StreamTransport<Stream> {
 public:
  using StreamTransport<Stream>::StreamTransport;

  void write(OutgoingMessage message) override {
    message_ = std::move(message);
    stream_->text(message_.control);
    std::span<const std::byte> first = message_.head;
    if (message_.control) first = std::as_bytes(std::span{message_.text});
    const std::array<asio::const_buffer, 2> buffers{
        asio::buffer(first.data(), first.size()),
        asio::buffer(message_.body.data(), message_.body.size())};
    stream_->async_write(
        buffers, [self = this->shared_from_this(), this](const error_code& error, std::size_t) {
          message_ = {};
          this->written(error);
        });
  }

  int descriptor() override {
    return stream_ ? this->socket_of(stream_->next_layer()).native_handle() : -1;
  }

 protected:
  asio::awaitable<void> open_stream(tcp::socket socket) override {
    const ServerUrl& url = this->options().url;
    stream_.emplace(co_await this->make_stream(std::move(socket)));
    stream_->read_message_max(this->options().message_bytes_max);
    stream_->auto_fragment(false);
    stream_->set_option(websocket::stream_base::decorator([&](websocket::request_type& request) {
      request.set(beast::http::field::user_agent, this->options().user_agent);
      request.set(beast::http::field::sec_websocket_protocol, kSubprotocol);
    }));
    websocket::response_type response;
    error_code error;
    co_await stream_->async_handshake(response, url.authority(), url.target,
                                      asio::redirect_error(asio::use_awaitable, error));
    if (error == websocket::error::upgrade_declined) {
      throw Failure{"the server at " + url.to_string() + " declined the WebSocket: HTTP " +
                    std::to_string(response.result_int()) + " " + std::string{response.reason()}};
    }
    if (error) throw system_error{error};
    if (response[beast::http::field::sec_websocket_protocol] != kSubprotocol) {
      throw Failure{"the server at " + url.to_string() + " does not speak " +
                    std::string{kSubprotocol}};
    }
  }

  asio::awaitable<void> read_messages() override {
    constexpr std::size_t kReadAtOnce = 64 * 1024;
    beast::flat_buffer buffer;
    for (;;) {
      const std::size_t count = co_await stream_->async_read_some(
          buffer, this->read_size(kReadAtOnce), asio::use_awaitable);
      if (stream_->is_message_done()) {
        const std::span message{static_cast<const std::byte*>(buffer.data().data()), buffer.size()};
        if (stream_->got_text()) {
          this->text({reinterpret_cast<const char*>(message.data()), message.size()});
        } else {
          this->binary(message);
        }
        buffer.clear();
      }
      co_await this->pace(count);
    }
  }

  void shut() override {
    if (stream_) this->shut_socket(this->socket_of(stream_->next_layer()));
  }

 private:
  std::optional<websocket::stream<Stream>> stream_;
  OutgoingMessage message_;
};

}  // namespace

std::shared_ptr<Transport> make_transport(const asio::any_io_executor& executor,
                                          TransportOptions options, TransportEvents& events) {
  switch (options.url.scheme) {
    case UrlScheme::kTls:
      return std::make_shared<RawTransport<TlsStream>>(executor, std::move(options), events);
    case UrlScheme::kWs:
      return std::make_shared<WebSocketTransport<PlainStream>>(executor, std::move(options),
                                                               events);
    case UrlScheme::kWss:
      return std::make_shared<WebSocketTransport<TlsStream>>(executor, std::move(options), events);
    case UrlScheme::kTcp:
      break;
  }
  return std::make_shared<RawTransport<PlainStream>>(executor, std::move(options), events);
}

}  // namespace sluice::client
