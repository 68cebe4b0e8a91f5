#include "client/tls_client.h"

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>

#include "client/transport_failure.h"

namespace sluice::client {

namespace ssl = boost::asio::ssl;
using boost::system::error_code;

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
      throw TransportFailure{"cannot read certificates from " + options.trusted_certificates +
                             ": " + error.message()};
    }
  }
  return context;
}

void name_server(TlsStream& stream, const TransportOptions& options) {
  const std::string& host = options.url.host;
  if (options.verify_certificate) stream.set_verify_callback(ssl::host_name_verification(host));
  // Addresses have no place in a server name indication (RFC 6066 section 3).
  error_code is_name;
  (void)boost::asio::ip::make_address(host, is_name);
  if (is_name) SSL_set_tlsext_host_name(stream.native_handle(), host.c_str());
}

}  // namespace sluice::client
