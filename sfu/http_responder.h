#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sfu/static_site.h"

namespace sluice::sfu {

/// What all HTTP connections of a server share. Immutable while they live.
struct HttpSettings {
  StaticSite site;
  /// Why `site` is empty, for the page that explains it; empty when the site was loaded.
  std::string site_fault;
  /// Origins (`https://meet.example.org`) whose pages may open a WebSocket here, besides pages of
  /// the same host and port and programs that send no Origin. `*` allows every origin.
  std::vector<std::string> allowed_origins;
};

enum class AfterReply : std::uint8_t {
  kKeepOpen,   ///< read on: another request may follow or be there already
  kClose,      ///< close once the reply is written
  kWebSocket,  ///< from here on the connection speaks WebSocket, in both directions
};

/// One response. Write `head`, then `body` where there is one.
struct HttpReply {
  std::uint16_t status = 0;
  std::string head;
  std::shared_ptr<const std::string> body;  ///< shared with the site; null when there is none
  AfterReply after = AfterReply::kKeepOpen;
};

struct HttpStep {
  std::size_t consumed = 0;  ///< bytes to drop from the front, also without a reply
  std::optional<HttpReply> reply;
};

/// Answers the requests of one HTTP/1.1 connection, without I/O.
///
/// Serves the files of the site to GET and HEAD (with ETag), `index.html` for `/` and `/r/<room>`,
/// `/healthz`, and the upgrade at `/ws`. Pipelined requests are answered one by one: the caller
/// writes a reply before it asks for the next, so a client that does not read makes no memory grow.
/// Bounds: a head of 8 KiB, no request body.
class HttpResponder {
 public:
  /// A receive buffer of this size can always take what is missing.
  static constexpr std::size_t kHeadBytesMax = 8192;

  /// `settings` outlives the responder.
  explicit HttpResponder(const HttpSettings& settings) : settings_{&settings} {}

  /// Reads on. `received`: all bytes received and not yet dropped. Without a reply, more bytes are
  /// needed. Every fault of the client is a reply that says so. Bytes behind an upgrade belong to
  /// the WebSocket. Not to be called again after kClose or kWebSocket.
  [[nodiscard]] HttpStep read(std::span<const std::byte> received);

  /// The reply to a client that took too long with its request, to be followed by a close.
  [[nodiscard]] HttpReply request_timeout() const;

 private:
  const HttpSettings* settings_;
  std::size_t searched_ = 0;  // the head does not end before this offset
};

}  // namespace sluice::sfu
