#pragma once

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket.hpp>
#include <boost/beast/websocket/ssl.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "client/stream_transport.h"

namespace sluice::client {

/// What both sides have to name in the handshake.
inline constexpr std::string_view kSubprotocol = "sluice.v1";

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
    const std::array<boost::asio::const_buffer, 2> buffers{
        boost::asio::buffer(first.data(), first.size()),
        boost::asio::buffer(message_.body.data(), message_.body.size())};
    stream_->async_write(buffers, [self = this->shared_from_this(), this](
                                      const boost::system::error_code& error, std::size_t) {
      message_ = {};
      this->written(error);
    });
  }

  int descriptor() override {
    return stream_ ? this->socket_of(stream_->next_layer()).native_handle() : -1;
  }

 protected:
  boost::asio::awaitable<void> open_stream(boost::asio::ip::tcp::socket socket) override {
    const ServerUrl& url = this->options().url;
    stream_.emplace(co_await this->make_stream(std::move(socket)));
    stream_->read_message_max(this->options().message_bytes_max);
    stream_->auto_fragment(false);
    stream_->set_option(boost::beast::websocket::stream_base::decorator(
        [&](boost::beast::websocket::request_type& request) {
          request.set(boost::beast::http::field::user_agent, this->options().user_agent);
          request.set(boost::beast::http::field::sec_websocket_protocol, kSubprotocol);
        }));
    boost::beast::websocket::response_type response;
    boost::system::error_code error;
    co_await stream_->async_handshake(
        response, url.authority(), url.target,
        boost::asio::redirect_error(boost::asio::use_awaitable, error));
    if (error == boost::beast::websocket::error::upgrade_declined) {
      throw TransportFailure{"the server at " + url.to_string() + " declined the WebSocket: HTTP " +
                             std::to_string(response.result_int()) + " " +
                             std::string{response.reason()}};
    }
    if (error) throw boost::system::system_error{error};
    if (response[boost::beast::http::field::sec_websocket_protocol] != kSubprotocol) {
      throw TransportFailure{"the server at " + url.to_string() + " does not speak " +
                             std::string{kSubprotocol}};
    }
  }

  boost::asio::awaitable<void> read_messages() override {
    constexpr std::size_t kReadAtOnce = 64 * 1024;
    boost::beast::flat_buffer buffer;
    for (;;) {
      const std::size_t count = co_await stream_->async_read_some(
          buffer, this->read_size(kReadAtOnce), boost::asio::use_awaitable);
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
  std::optional<boost::beast::websocket::stream<Stream>> stream_;
  OutgoingMessage message_;
};

}  // namespace sluice::client
