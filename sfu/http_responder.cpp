#include "sfu/http_responder.h"

// The only translation unit of the server that includes Beast: it costs seconds to compile.
#include <algorithm>
#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/field.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/rfc7230.hpp>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <utility>

#include "sfu/origin.h"
#include "sfu/websocket_handshake.h"

namespace sluice::sfu {
namespace {

namespace http = boost::beast::http;
using Request = http::request<http::empty_body>;

// What a meeting page needs and nothing more. 'self' covers WebSockets of the same host (CSP 3; all
// browsers that have WebCodecs). Workers and audio worklets of the SDK may be built into a blob.
constexpr std::string_view kContentSecurityPolicy =
    "default-src 'self'; script-src 'self' 'wasm-unsafe-eval' blob:; worker-src 'self' blob:; "
    "style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; media-src 'self' blob: data:; "
    "font-src 'self' data:; connect-src 'self' blob: data:; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'self'";

// Opener and embedder policy together make the page cross-origin isolated, without which browsers
// have no SharedArrayBuffer, the ring between a page's workers.
constexpr std::array<std::pair<std::string_view, std::string_view>, 7> kSecurityFields = {{
    {"Content-Security-Policy", kContentSecurityPolicy},
    {"Cross-Origin-Embedder-Policy", "require-corp"},
    {"Cross-Origin-Opener-Policy", "same-origin"},
    {"Cross-Origin-Resource-Policy", "same-origin"},
    {"Permissions-Policy",
     "camera=(self), microphone=(self), display-capture=(self), autoplay=(self), "
     "fullscreen=(self), screen-wake-lock=(self), geolocation=(), payment=(), usb=()"},
    {"Referrer-Policy", "no-referrer"},
    {"X-Content-Type-Options", "nosniff"},
}};

constexpr std::string_view kCacheForever = "public, max-age=31536000, immutable";
constexpr std::string_view kRevalidate = "no-cache";
constexpr std::string_view kDoNotStore = "no-store";

// IMF-fixdate of RFC 9110 section 5.6.7; strftime would follow the locale.
std::string http_date(std::chrono::system_clock::time_point moment) {
  constexpr std::array<const char*, 7> kDays = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr std::array<const char*, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                   "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const std::time_t seconds = std::chrono::system_clock::to_time_t(moment);
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%s, %02d %s %04d %02d:%02d:%02d GMT",
                kDays[static_cast<std::size_t>(utc.tm_wday)], utc.tm_mday,
                kMonths[static_cast<std::size_t>(utc.tm_mon)], utc.tm_year + 1900, utc.tm_hour,
                utc.tm_min, utc.tm_sec);
  return text.data();
}

void add_field(std::string& head, std::string_view name, std::string_view value) {
  head.append(name).append(": ").append(value).append("\r\n");
}

// The status line and the fields that every response has.
std::string open_head(http::status status) {
  std::string head = "HTTP/1.1 " + std::to_string(static_cast<unsigned>(status)) + ' ';
  head.append(http::obsolete_reason(status)).append("\r\n");
  add_field(head, "Server", "sluice");
  add_field(head, "Date", http_date(std::chrono::system_clock::now()));
  return head;
}

struct Page {
  http::status status = http::status::ok;
  std::string_view content_type = "text/plain; charset=utf-8";
  std::string_view cache = kDoNotStore;
  std::string_view etag{};
  bool with_body = true;  ///< false: a reply to HEAD, or 304
  bool keep_open = false;
  std::vector<std::pair<std::string_view, std::string_view>> fields{};
};

HttpReply reply_with(const Page& page, std::shared_ptr<const std::string> body) {
  HttpReply reply;
  reply.status = static_cast<std::uint16_t>(page.status);
  reply.after = page.keep_open ? AfterReply::kKeepOpen : AfterReply::kClose;
  reply.head = open_head(page.status);
  if (page.status != http::status::not_modified) {
    add_field(reply.head, "Content-Type", page.content_type);
    add_field(reply.head, "Content-Length", std::to_string(body->size()));
  }
  add_field(reply.head, "Cache-Control", page.cache);
  if (!page.etag.empty()) add_field(reply.head, "ETag", page.etag);
  for (const auto& [name, value] : page.fields) add_field(reply.head, name, value);
  for (const auto& [name, value] : kSecurityFields) add_field(reply.head, name, value);
  add_field(reply.head, "Connection", page.keep_open ? "keep-alive" : "close");
  reply.head += "\r\n";
  if (page.with_body && !body->empty()) reply.body = std::move(body);
  return reply;
}

HttpReply text_reply(const Page& page, std::string text) {
  text += '\n';
  return reply_with(page, std::make_shared<const std::string>(std::move(text)));
}

// A request that cannot be understood ends the connection: where the next one begins is unknown.
HttpReply refuse(http::status status, std::string text) {
  return text_reply({.status = status}, std::move(text));
}

std::string escape_html(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    switch (c) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      default:
        escaped += c;
    }
  }
  return escaped;
}

std::string missing_page(std::string_view fault) {
  return "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\">"
         "<meta name=\"viewport\" content=\"width=device-width\"><title>Sluice</title>"
         "<body style=\"font:16px/1.5 system-ui;max-width:40rem;margin:4rem auto;padding:0 1rem\">"
         "<h1>Sluice is running, its meeting page is not there</h1><p>" +
         escape_html(fault) +
         "</p><p>Build the page, then start the server again:</p>"
         "<pre>cd web &amp;&amp; npm ci &amp;&amp; npm run build</pre>"
         "<p><code>--web-root</code> names the folder of the built page. Native clients can join "
         "all the same.</p>";
}

// The decoded path of a request's target, without query. Nullopt when there is none, and for a
// broken escape or a zero byte.
std::optional<std::string> requested_path(std::string_view target) {
  // RFC 9112 section 3.2.2: servers must take the absolute form that proxies are sent.
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (!target.starts_with(scheme)) continue;
    const std::size_t slash = target.find('/', scheme.size());
    target = slash == std::string_view::npos ? "/" : target.substr(slash);
  }
  if (!target.starts_with('/')) return std::nullopt;
  const std::string_view path = target.substr(0, target.find_first_of("?#"));

  const auto digit = [](char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
  };
  std::string decoded;
  for (std::size_t i = 0; i < path.size(); ++i) {
    if (path[i] != '%') {
      decoded += path[i];
      continue;
    }
    if (path.size() - i < 3) return std::nullopt;
    const int high = digit(path[i + 1]);
    const int low = digit(path[i + 2]);
    if (high < 0 || low < 0 || (high == 0 && low == 0)) return std::nullopt;
    decoded += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return decoded;
}

// Several fields of one name mean the same as one with a comma between them.
std::string joined_fields(const Request& request, http::field name) {
  std::string joined;
  const auto [begin, end] = request.equal_range(name);
  for (auto field = begin; field != end; ++field) {
    if (!joined.empty()) joined += ", ";
    joined.append(field->value());
  }
  return joined;
}

bool etag_matches(std::string_view if_none_match, std::string_view etag) {
  return if_none_match == "*" || if_none_match.find(etag) != std::string_view::npos;
}

HttpReply upgrade_required(HandshakeFault fault) {
  return text_reply({.status = http::status::upgrade_required,
                     .fields = {{"Upgrade", "websocket"},
                                {"Sec-WebSocket-Version", "13"},
                                {"Connection", "Upgrade"}}},
                    describe(fault));
}

HttpReply answer_upgrade(const Request& request, const HttpSettings& settings) {
  if (request.version() != 11) return upgrade_required(HandshakeFault::kNotAnUpgrade);
  const std::string origin = joined_fields(request, http::field::origin);
  const std::string_view host{request[http::field::host]};
  if (!origin_allowed(origin, host, settings.allowed_origins)) {
    return refuse(http::status::forbidden,
                  "Pages of another origin may not join here. To allow them, start the server with "
                  "--allow-origin and their origin.");
  }
  const std::string connection = joined_fields(request, http::field::connection);
  const std::string upgrade = joined_fields(request, http::field::upgrade);
  const std::string key = joined_fields(request, http::field::sec_websocket_key);
  const std::string version = joined_fields(request, http::field::sec_websocket_version);
  const std::string protocols = joined_fields(request, http::field::sec_websocket_protocol);
  const auto accept = accept_websocket_upgrade({.connection = connection,
                                                .upgrade = upgrade,
                                                .key = key,
                                                .version = version,
                                                .protocols = protocols});
  if (!accept) {
    if (accept.error() == HandshakeFault::kNotAnUpgrade ||
        accept.error() == HandshakeFault::kWrongVersion) {
      return upgrade_required(accept.error());
    }
    return refuse(http::status::bad_request, describe(accept.error()));
  }
  HttpReply reply;
  reply.status = static_cast<std::uint16_t>(http::status::switching_protocols);
  reply.after = AfterReply::kWebSocket;
  reply.head = open_head(http::status::switching_protocols);
  add_field(reply.head, "Connection", "Upgrade");
  add_field(reply.head, "Upgrade", "websocket");
  add_field(reply.head, "Sec-WebSocket-Accept", *accept);
  add_field(reply.head, "Sec-WebSocket-Protocol", kWebSocketSubprotocol);
  reply.head += "\r\n";
  return reply;
}

HttpReply answer(const Request& request, const HttpSettings& settings) {
  const std::size_t hosts = request.count(http::field::host);
  if (hosts > 1 || (hosts == 0 && request.version() == 11)) {
    return refuse(http::status::bad_request, "A request must have exactly one Host field.");
  }
  const bool head_only = request.method() == http::verb::head;
  if (!head_only && request.method() != http::verb::get) {
    return text_reply(
        {.status = http::status::method_not_allowed, .fields = {{"Allow", "GET, HEAD"}}},
        "Only GET and HEAD are served here.");
  }
  const auto path = requested_path(std::string_view{request.target()});
  if (!path) {
    return refuse(http::status::bad_request, "The request names no path on this server.");
  }
  if (*path == "/ws" && !head_only) return answer_upgrade(request, settings);

  Page page{.with_body = !head_only, .keep_open = request.keep_alive()};
  if (*path == "/healthz") return text_reply(page, "ok");

  // Every room has an address of its own; the page reads the room's name out of it.
  constexpr std::string_view kRoomPrefix = "/r/";
  const bool room = path->starts_with(kRoomPrefix) && path->size() > kRoomPrefix.size();
  const SiteFile* file = settings.site.find(*path == "/" || room ? "/index.html" : *path);
  if (file == nullptr) {
    if (*path == "/" || room) {
      page.status = http::status::service_unavailable;
      page.content_type = "text/html; charset=utf-8";
      return text_reply(page, missing_page(settings.site_fault));
    }
    page.status = http::status::not_found;
    return text_reply(page, "There is nothing at this address. The meeting page is at /.");
  }
  page.content_type = file->content_type;
  page.etag = file->etag;
  page.cache = file->immutable ? kCacheForever : kRevalidate;
  if (etag_matches(joined_fields(request, http::field::if_none_match), file->etag)) {
    page.status = http::status::not_modified;
    page.with_body = false;
  }
  return reply_with(page, file->content);
}

HttpReply answer_unreadable(const boost::system::error_code& error) {
  if (error == http::error::bad_version) {
    return refuse(http::status::http_version_not_supported, "This server speaks HTTP/1.1.");
  }
  return refuse(http::status::bad_request, "This is not an HTTP request: " + error.message() + ".");
}

// `head` ends with the empty line.
HttpReply answer_head(std::span<const std::byte> head, const HttpSettings& settings) {
  http::request_parser<http::empty_body> parser;
  parser.header_limit(static_cast<std::uint32_t>(HttpResponder::kHeadBytesMax));
  // Only the head is given to it; what body there would be is refused below.
  parser.body_limit(boost::none);
  boost::system::error_code error;
  const std::size_t parsed = parser.put(boost::asio::const_buffer{head.data(), head.size()}, error);
  if (error) return answer_unreadable(error);
  if (!parser.is_header_done() || parsed != head.size()) {
    return refuse(http::status::bad_request, "This is not an HTTP request.");
  }
  const bool has_body = parser.chunked() || parser.content_length().value_or(0) != 0;
  const http::verb method = parser.get().method();
  if (has_body && (method == http::verb::get || method == http::verb::head)) {
    return refuse(http::status::payload_too_large, "This server takes no request bodies.");
  }
  return answer(parser.get(), settings);
}

}  // namespace

HttpStep HttpResponder::read(std::span<const std::byte> received) {
  constexpr std::string_view kEmptyLine = "\r\n\r\n";
  const std::string_view text{reinterpret_cast<const char*>(received.data()), received.size()};

  // RFC 9112 section 2.2: a client may put an empty line before its request.
  std::size_t begin = 0;
  while (text.substr(begin).starts_with("\r\n")) begin += 2;
  if (begin != 0) {
    HttpStep step = HttpResponder{*settings_}.read(received.subspan(begin));
    step.consumed += begin;
    return step;
  }
  // What cannot be a method is refused at once: such a client may wait for an answer for ever.
  if (!text.empty() && (text[0] < 'A' || text[0] > 'Z') && text != "\r") {
    return {.consumed = received.size(),
            .reply = refuse(http::status::bad_request, "This is not an HTTP request.")};
  }
  const std::size_t end = text.find(kEmptyLine, searched_);
  const std::size_t head_bytes = end == std::string_view::npos ? 0 : end + kEmptyLine.size();
  if (head_bytes > kHeadBytesMax || (head_bytes == 0 && text.size() >= kHeadBytesMax)) {
    return {.consumed = received.size(),
            .reply = refuse(http::status::request_header_fields_too_large,
                            "The request's head is longer than 8 KiB.")};
  }
  if (head_bytes == 0) {
    searched_ = text.size() < kEmptyLine.size() ? 0 : text.size() - (kEmptyLine.size() - 1);
    return {};
  }
  searched_ = 0;
  return {.consumed = head_bytes, .reply = answer_head(received.first(head_bytes), *settings_)};
}

HttpReply HttpResponder::request_timeout() const {
  return refuse(http::status::request_timeout, "The request took too long.");
}

}  // namespace sluice::sfu
