// The only translation unit of the client that includes all of Boost.Beast's WebSocket.
#include "client/transport.h"

#include <boost/asio/ip/tcp.hpp>

#include "client/raw_transport.h"
#include "client/websocket_transport.h"

namespace sluice::client {

using boost::asio::ip::tcp;

std::shared_ptr<Transport> make_transport(const boost::asio::any_io_executor& executor,
                                          TransportOptions options, TransportEvents& events) {
  switch (options.url.scheme) {
    case UrlScheme::kTls:
      return std::make_shared<RawTransport<TlsStream>>(executor, std::move(options), events);
    case UrlScheme::kWs:
      return std::make_shared<WebSocketTransport<tcp::socket>>(executor, std::move(options),
                                                               events);
    case UrlScheme::kWss:
      return std::make_shared<WebSocketTransport<TlsStream>>(executor, std::move(options), events);
    case UrlScheme::kTcp:
      break;
  }
  return std::make_shared<RawTransport<tcp::socket>>(executor, std::move(options), events);
}

}  // namespace sluice::client
