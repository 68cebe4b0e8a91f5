#include "client/http_get.h"

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>
#include <chrono>
#include <optional>

namespace sluice::client {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using asio::ip::tcp;

constexpr std::chrono::seconds kPatience{10};

struct Address {
  std::string host;
  std::string port;
  std::string authority;
  std::string target;
};

std::optional<Address> parse(std::string_view url) {
  constexpr std::string_view kScheme = "http://";
  if (!url.starts_with(kScheme)) return std::nullopt;
  url.remove_prefix(kScheme.size());
  const std::size_t slash = url.find('/');
  Address address{.host = {},
                  .port = "80",
                  .authority = std::string{url.substr(0, slash)},
                  .target = slash == std::string_view::npos ? "/" : std::string{url.substr(slash)}};
  std::string_view host = address.authority;
  const bool six = host.starts_with('[');
  const std::size_t colon = host.find(':', six ? host.find(']') : 0);
  if (colon != std::string_view::npos) {
    address.port = host.substr(colon + 1);
    host = host.substr(0, colon);
  }
  if (six) {
    if (!host.ends_with(']')) return std::nullopt;
    host = host.substr(1, host.size() - 2);
  }
  address.host = host;
  if (address.host.empty() || address.port.empty()) return std::nullopt;
  return address;
}

/// One request and its answer; everything runs in `run`.
class Exchange {
 public:
  Exchange(Address address, std::size_t bytes_max) : address_{std::move(address)} {
    parser_.body_limit(bytes_max);
    request_.method(http::verb::get);
    request_.target(address_.target);
    request_.version(11);
    request_.set(http::field::host, address_.authority);
    request_.keep_alive(false);
  }

  std::expected<std::string, std::string> run() {
    resolver_.async_resolve(address_.host, address_.port,
                            [this](beast::error_code error, const auto& found) {
                              if (!failed(error)) connect(found);
                            });
    context_.run_for(kPatience);
    const std::string where = "http://" + address_.authority;
    if (!done_) return std::unexpected{where + " does not answer"};
    if (error_ == http::error::body_limit) return std::unexpected{where + " says too much"};
    if (error_) return std::unexpected{where + ": " + error_.message()};
    const auto& response = parser_.get();
    if (response.result() == http::status::ok) return response.body();
    std::string reason = response.body().substr(0, response.body().find('\n'));
    return std::unexpected{where + address_.target + ": " + std::to_string(response.result_int()) +
                           ", " + reason};
  }

 private:
  bool failed(beast::error_code error) {
    if (!error) return false;
    error_ = error;
    done_ = true;
    return true;
  }
  void connect(const tcp::resolver::results_type& found) {
    stream_.async_connect(found, [this](beast::error_code error, const tcp::endpoint&) {
      if (!failed(error)) ask();
    });
  }
  void ask() {
    http::async_write(stream_, request_, [this](beast::error_code error, std::size_t) {
      if (!failed(error)) read();
    });
  }
  void read() {
    http::async_read(stream_, buffer_, parser_, [this](beast::error_code error, std::size_t) {
      if (!failed(error)) done_ = true;
    });
  }

  Address address_;
  asio::io_context context_{1};
  tcp::resolver resolver_{context_};
  beast::tcp_stream stream_{context_};
  beast::flat_buffer buffer_;
  http::request<http::empty_body> request_;
  http::response_parser<http::string_body> parser_;
  beast::error_code error_;
  bool done_ = false;
};

}  // namespace

std::expected<std::string, std::string> http_get(std::string_view url, std::size_t bytes_max) {
  auto address = parse(url);
  if (!address) {
    return std::unexpected{
        std::string{url} +
        " is not of the form http://HOST:PORT/PATH (the admin address has no TLS)"};
  }
  return Exchange{*std::move(address), bytes_max}.run();
}

}  // namespace sluice::client
