#pragma once

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/write.hpp>
#include <cstring>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "client/stream_transport.h"
#include "media/raw_framing.h"

namespace sluice::client {

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
    const std::array<boost::asio::const_buffer, 3> buffers{
        boost::asio::buffer(prefix_), boost::asio::buffer(first.data(), first.size()),
        boost::asio::buffer(message_.body.data(), message_.body.size())};
    boost::asio::async_write(*stream_, buffers,
                             [self = this->shared_from_this(), this](
                                 const boost::system::error_code& error, std::size_t) {
                               message_ = {};
                               this->written(error);
                             });
  }

  int descriptor() override { return stream_ ? this->socket_of(*stream_).native_handle() : -1; }

 protected:
  boost::asio::awaitable<void> open_stream(boost::asio::ip::tcp::socket socket) override {
    stream_.emplace(co_await this->make_stream(std::move(socket)));
    co_await boost::asio::async_write(*stream_, boost::asio::buffer(media::kRawMagic),
                                      boost::asio::use_awaitable);
  }

  boost::asio::awaitable<void> read_messages() override {
    const media::RawLimits limits{.control_bytes = this->options().message_bytes_max,
                                  .media_bytes = this->options().message_bytes_max};
    std::vector<std::byte> buffer(media::kRawPrefixBytes + this->options().message_bytes_max);
    std::size_t filled = 0;
    for (;;) {
      const std::size_t room = this->read_size(buffer.size() - filled);
      const std::size_t count = co_await stream_->async_read_some(
          boost::asio::buffer(buffer.data() + filled, room), boost::asio::use_awaitable);
      filled += count;
      std::size_t used = 0;
      for (;;) {
        const auto read =
            media::read_raw_message(std::span{buffer}.subspan(used, filled - used), limits);
        if (!read)
          throw TransportFailure{std::string{"the server sent "} + media::describe(read.error())};
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

}  // namespace sluice::client
