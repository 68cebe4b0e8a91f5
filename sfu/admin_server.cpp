#include "sfu/admin_server.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>
#include <charconv>
#include <thread>

#include "sfu/listener.h"

namespace sluice::sfu {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using asio::ip::tcp;

constexpr std::size_t kConnectionsMax = 32;
constexpr std::size_t kRequestBytesMax = 8192;
constexpr std::chrono::seconds kRequestTimeout{10};

using Request = http::request<http::empty_body>;
using Response = http::response<http::string_body>;

}  // namespace

class AdminServer::Implementation {
 public:
  Implementation(const std::string& address, std::uint16_t port,
                 const metrics::ServerMetrics& metrics, Log& log, std::function<Health()> health,
                 const FlightDesk& flight_desk)
      : metrics_{metrics},
        health_{std::move(health)},
        flight_desk_{flight_desk},
        listener_{open_acceptor(context_, address, port, PortUse::kAlone), accept_metrics_, log,
                  [this](tcp::socket socket) { serve(std::move(socket)); }} {}

  ~Implementation() {
    context_.stop();
    if (thread_.joinable()) thread_.join();
  }

  void start() {
    listener_.start();
    thread_ = std::thread{[this] { context_.run(); }};
  }
  [[nodiscard]] std::uint16_t port() const { return listener_.endpoint().port(); }

 private:
  /// One connection; it keeps itself alive while an operation is under way.
  struct Exchange : std::enable_shared_from_this<Exchange> {
    Exchange(Implementation& server, tcp::socket socket)
        : server_{server}, stream_{std::move(socket)} {
      ++server_.connections_;
    }
    ~Exchange() { --server_.connections_; }

    void read() {
      parser_.emplace();
      parser_->header_limit(kRequestBytesMax);
      parser_->body_limit(0);
      stream_.expires_after(kRequestTimeout);
      http::async_read(stream_, buffer_, *parser_,
                       [self = shared_from_this()](beast::error_code error, std::size_t) {
                         if (!error) self->answer();
                       });
    }

    void answer() {
      const Request& request = parser_->get();
      response_ = server_.respond(request);
      response_.keep_alive(request.keep_alive());
      response_.prepare_payload();
      if (request.method() == http::verb::head) response_.body().clear();
      stream_.expires_after(kRequestTimeout);
      http::async_write(stream_, response_,
                        [self = shared_from_this()](beast::error_code error, std::size_t) {
                          if (!error && self->response_.keep_alive()) self->read();
                        });
    }

   private:
    Implementation& server_;
    beast::tcp_stream stream_;
    beast::flat_buffer buffer_{kRequestBytesMax};
    std::optional<http::request_parser<http::empty_body>> parser_;
    Response response_;
  };

  void serve(tcp::socket socket) {
    if (connections_ >= kConnectionsMax) return;
    std::make_shared<Exchange>(*this, std::move(socket))->read();
  }

  [[nodiscard]] Response respond(const Request& request) const {
    Response response;
    response.version(11);
    response.set(http::field::content_type, "text/plain; charset=utf-8");
    response.set(http::field::cache_control, "no-store");
    const std::string_view path{request.target().data(),
                                std::min(request.target().find('?'), request.target().size())};
    if (request.method() != http::verb::get && request.method() != http::verb::head) {
      response.result(http::status::method_not_allowed);
      response.set(http::field::allow, "GET, HEAD");
      response.body() = "only GET and HEAD\n";
    } else if (path == "/metrics") {
      response.result(http::status::ok);
      response.set(http::field::content_type,
                   beast::string_view{metrics::ServerMetrics::kContentType.data(),
                                      metrics::ServerMetrics::kContentType.size()});
      response.body() = metrics_.exposition();
    } else if (path == "/healthz") {
      const Health health = health_();
      response.result(health.ok ? http::status::ok : http::status::service_unavailable);
      response.body() = health.reason + "\n";
    } else if (path == "/flight") {
      answer_flight(flight_desk_.sessions(), "application/json", response);
    } else if (const auto session = flight_session(path)) {
      answer_flight(flight_desk_.dump(*session), "application/x-ndjson", response);
    } else {
      response.result(http::status::not_found);
      response.body() = "here are /metrics, /healthz, /flight and /flight/SESSION\n";
    }
    return response;
  }

  /// The session that `/flight/SESSION` asks for.
  [[nodiscard]] static std::optional<signaling::SessionId> flight_session(std::string_view path) {
    constexpr std::string_view kPrefix = "/flight/";
    if (!path.starts_with(kPrefix)) return std::nullopt;
    path.remove_prefix(kPrefix.size());
    std::uint64_t session = 0;
    const auto [end, error] = std::from_chars(path.begin(), path.end(), session);
    if (error != std::errc{} || end != path.end()) return std::nullopt;
    return signaling::SessionId{session};
  }

  static void answer_flight(std::expected<std::string, FlightDesk::Fault> answer,
                            const char* content_type, Response& response) {
    if (answer) {
      response.result(http::status::ok);
      response.set(http::field::content_type, content_type);
      response.body() = *std::move(answer);
    } else if (answer.error() == FlightDesk::Fault::kNoSuchSession) {
      response.result(http::status::not_found);
      response.body() = "no such session is connected; /flight lists them\n";
    } else {
      response.result(http::status::service_unavailable);
      response.body() = "an event loop does not turn\n";
    }
  }

  asio::io_context context_{1};
  const metrics::ServerMetrics& metrics_;
  std::function<Health()> health_;
  const FlightDesk& flight_desk_;
  // The operators' own connections are not the server's: they are counted apart and not shown.
  metrics::ShardMetrics accept_metrics_{0};
  std::size_t connections_ = 0;
  Listener listener_;
  std::thread thread_;
};

AdminServer::AdminServer(const std::string& address, std::uint16_t port,
                         const metrics::ServerMetrics& metrics, Log& log,
                         std::function<Health()> health, const FlightDesk& flight_desk)
    : implementation_{std::make_unique<Implementation>(address, port, metrics, log,
                                                       std::move(health), flight_desk)} {}
AdminServer::~AdminServer() = default;
void AdminServer::start() { implementation_->start(); }
std::uint16_t AdminServer::port() const { return implementation_->port(); }

}  // namespace sluice::sfu
