#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/system/error_code.hpp>
#include <string>

#include "client/transport.h"

namespace sluice::client {

using TlsStream = boost::asio::ssl::stream<boost::asio::ip::tcp::socket>;

/// What a client trusts, and which versions of TLS it speaks (1.2 and newer).
/// Throws TransportFailure when the certificates to trust cannot be read.
[[nodiscard]] boost::asio::ssl::context make_tls_context(const TransportOptions& options);

/// Sets the name that the server's certificate must have, and the one that it is asked for.
void name_server(TlsStream& stream, const TransportOptions& options);

/// Why a handshake failed, and what helps.
[[nodiscard]] std::string describe_tls_failure(const TransportOptions& options,
                                               const boost::system::error_code& error);

}  // namespace sluice::client
