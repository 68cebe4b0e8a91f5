#include "sfu/http_responder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "tests/sfu/temporary_folder.h"

namespace sluice::sfu {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr std::string_view kIndex = "<!doctype html><title>meeting</title>";

std::string upgrade_with(std::string_view fields) {
  return "GET /ws HTTP/1.1\r\nHost: localhost:8080\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
         "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" +
         std::string{fields} + "\r\n";
}
constexpr std::string_view kGoodUpgrade =
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: sluice.v1\r\n";

class HttpResponderTest : public testing::Test {
 protected:
  HttpResponderTest() {
    const TemporaryFolder root;
    root.write("index.html", kIndex);
    root.write("assets/app-3f9a0c21.js", "export {}");
    root.write("a name.txt", "spaced");
    auto site = StaticSite::load(root.path());
    if (site) settings_.site = *std::move(site);
  }

  // The reply to all of `request`, which must be one.
  HttpReply ask(std::string_view request) const {
    HttpResponder responder{settings_};
    const HttpStep step = responder.read(std::as_bytes(std::span{request}));
    EXPECT_TRUE(step.reply) << request;
    return step.reply.value_or(HttpReply{});
  }
  HttpReply get(std::string_view target, std::string_view fields = "") const {
    return ask("GET " + std::string{target} + " HTTP/1.1\r\nHost: localhost:8080\r\n" +
               std::string{fields} + "\r\n");
  }
  static std::string body(const HttpReply& reply) { return reply.body ? *reply.body : ""; }

  HttpSettings settings_;
};

TEST_F(HttpResponderTest, ServesThePageAtTheRootAndAtTheAddressOfEveryRoom) {
  for (const char* target : {"/", "/r/demo", "/?x=1", "/r/caf%C3%A9?name=Ada", "/index.html",
                             "http://localhost:8080/", "http://localhost:8080"}) {
    const HttpReply reply = get(target);
    EXPECT_EQ(reply.status, 200) << target;
    EXPECT_EQ(body(reply), kIndex);
    EXPECT_THAT(reply.head, HasSubstr("Content-Type: text/html; charset=utf-8\r\n"));
    EXPECT_THAT(reply.head, HasSubstr("Cache-Control: no-cache\r\n"));
    EXPECT_EQ(reply.after, AfterReply::kKeepOpen);
  }
}

TEST_F(HttpResponderTest, ServesHashedAssetsToBeCachedForEver) {
  const HttpReply reply = get("/assets/app-3f9a0c21.js");
  EXPECT_EQ(reply.status, 200);
  EXPECT_THAT(reply.head, HasSubstr("Content-Type: text/javascript; charset=utf-8\r\n"));
  EXPECT_THAT(reply.head, HasSubstr("Content-Length: 9\r\n"));
  EXPECT_THAT(reply.head, HasSubstr("immutable"));
}

TEST_F(HttpResponderTest, GivesEveryPageTheSecurityFields) {
  for (const char* target : {"/", "/nothing", "/healthz"}) {
    const std::string head = get(target).head;
    EXPECT_THAT(head, HasSubstr("Content-Security-Policy: default-src 'self'; "));
    EXPECT_THAT(head, HasSubstr("Cross-Origin-Opener-Policy: same-origin\r\n"));
    EXPECT_THAT(head, HasSubstr("Cross-Origin-Embedder-Policy: require-corp\r\n"));
    EXPECT_THAT(head, HasSubstr("Cross-Origin-Resource-Policy: same-origin\r\n"));
    EXPECT_THAT(head, HasSubstr("X-Content-Type-Options: nosniff\r\n"));
    EXPECT_THAT(head, HasSubstr("Permissions-Policy: camera=(self), microphone=(self), "
                                "display-capture=(self)"));
    EXPECT_THAT(head, HasSubstr("Referrer-Policy: no-referrer\r\n"));
  }
}

TEST_F(HttpResponderTest, AnswersNotModifiedToAClientThatHasTheContent) {
  const std::string etag = settings_.site.find("/index.html")->etag;
  for (const std::string& value : {etag, "W/" + etag, "\"old\", " + etag, std::string{"*"}}) {
    const HttpReply reply = get("/", "If-None-Match: " + value + "\r\n");
    EXPECT_EQ(reply.status, 304) << value;
    EXPECT_EQ(reply.body, nullptr);
    EXPECT_THAT(reply.head, HasSubstr("ETag: " + etag));
    EXPECT_THAT(reply.head, Not(HasSubstr("Content-Length")));
  }
  EXPECT_EQ(get("/", "If-None-Match: \"old\"\r\n").status, 200);
}

TEST_F(HttpResponderTest, AnswersHeadWithoutABody) {
  const HttpReply reply = ask("HEAD / HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.body, nullptr);
  EXPECT_THAT(reply.head, HasSubstr("Content-Length: " + std::to_string(kIndex.size())));
}

TEST_F(HttpResponderTest, SaysThatItIsHealthy) {
  const HttpReply reply = get("/healthz");
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(body(reply), "ok\n");
  EXPECT_THAT(reply.head, HasSubstr("Cache-Control: no-store\r\n"));
}

TEST_F(HttpResponderTest, ReachesNoFileOutsideItsSite) {
  for (const char* target :
       {"/../etc/passwd", "/%2e%2e/etc/passwd", "/assets/../index.html", "/..%2f..%2fetc%2fpasswd",
        "//etc/passwd", "/assets", "/assets/", "/r/", "/ROOMS"}) {
    EXPECT_EQ(get(target).status, 404) << target;
  }
  EXPECT_EQ(body(get("/a%20name.txt")), "spaced");
}

TEST_F(HttpResponderTest, RefusesTargetsThatAreNoPath) {
  for (const char* target : {"index.html", "*", "/%", "/%2", "/%zz", "/a%00b"}) {
    EXPECT_EQ(get(target).status, 400) << target;
  }
}

TEST_F(HttpResponderTest, ExplainsHowToBuildAMissingPage) {
  HttpSettings without;
  without.site_fault = "web root: <dist> is not a folder";
  HttpResponder responder{without};
  const std::string_view request = "GET /r/demo HTTP/1.1\r\nHost: x\r\n\r\n";
  const auto reply = responder.read(std::as_bytes(std::span{request})).reply;
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->status, 503);
  EXPECT_THAT(body(*reply), HasSubstr("npm run build"));
  EXPECT_THAT(body(*reply), HasSubstr("&lt;dist&gt; is not a folder"));
}

TEST_F(HttpResponderTest, RefusesOtherMethodsAndBodies) {
  const HttpReply post = ask("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n");
  EXPECT_EQ(post.status, 405);
  EXPECT_THAT(post.head, HasSubstr("Allow: GET, HEAD\r\n"));
  EXPECT_EQ(post.after, AfterReply::kClose);
  EXPECT_EQ(ask("PROPFIND / HTTP/1.1\r\nHost: x\r\n\r\n").status, 405);
  EXPECT_EQ(get("/", "Content-Length: 5\r\n").status, 413);
  EXPECT_EQ(get("/", "Transfer-Encoding: chunked\r\n").status, 413);
  EXPECT_EQ(get("/", "Content-Length: 0\r\n").status, 200);
}

TEST_F(HttpResponderTest, RefusesWhatIsNoHttpRequest) {
  for (const char* request :
       {"GET\r\n\r\n", "GET / HTTP/1.1\r\nno colon\r\n\r\n", "GET / HTTP/1.1\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        "{\"type\":", "GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        "\x80\x01", "GET / HTTP/1.1\r\nHost : x\r\n\r\n", "SSH-2.0-x\r\n\r\n"}) {
    const HttpReply reply = ask(request);
    EXPECT_EQ(reply.status, 400) << request;
    EXPECT_EQ(reply.after, AfterReply::kClose);
    EXPECT_THAT(reply.head, HasSubstr("Connection: close\r\n"));
  }
  EXPECT_EQ(ask("GET / HTTP/2.0\r\nHost: x\r\n\r\n").status, 505);
  EXPECT_EQ(ask("GET / FTP/1.1\r\nHost: x\r\n\r\n").status, 505);
}

TEST_F(HttpResponderTest, RefusesAHeadOverEightKibibytes) {
  const std::string start = "GET / HTTP/1.1\r\nHost: x\r\nX: ";
  const std::string fits = start + std::string(8192 - start.size() - 4, 'x') + "\r\n\r\n";
  EXPECT_EQ(ask(fits).status, 200);
  EXPECT_EQ(ask(start + std::string(8192 - start.size() - 3, 'x') + "\r\n\r\n").status, 431);
  EXPECT_EQ(ask(start + std::string(8192 - start.size(), 'x')).status, 431);
}

TEST_F(HttpResponderTest, GivesTheSameRepliesWhereverARequestIsCut) {
  const std::string requests =
      "\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\nHEAD /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
      "GET /nothing HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
  for (std::size_t cut = 0; cut <= requests.size(); ++cut) {
    HttpResponder responder{settings_};
    std::vector<int> statuses;
    AfterReply after = AfterReply::kKeepOpen;
    std::size_t consumed = 0;
    for (const std::size_t there : {cut, requests.size()}) {
      while (after == AfterReply::kKeepOpen) {
        const auto unread = std::span{requests}.subspan(consumed, there - consumed);
        const HttpStep step = responder.read(std::as_bytes(unread));
        consumed += step.consumed;
        if (!step.reply) break;
        statuses.push_back(step.reply->status);
        after = step.reply->after;
      }
    }
    ASSERT_EQ(statuses, (std::vector{200, 200, 404})) << "cut at " << cut;
    EXPECT_EQ(after, AfterReply::kClose);
    EXPECT_EQ(consumed, requests.size());
  }
}

TEST_F(HttpResponderTest, KeepsAnOldClientsConnectionOnlyWhenAsked) {
  EXPECT_EQ(ask("GET / HTTP/1.0\r\n\r\n").after, AfterReply::kClose);
  EXPECT_EQ(ask("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n").after, AfterReply::kKeepOpen);
}

TEST_F(HttpResponderTest, UpgradesToWebSocketAndLeavesTheBytesBehindIt) {
  const std::string request = upgrade_with(kGoodUpgrade);
  const std::string received = request + "\x81\x80wxyz";
  HttpResponder responder{settings_};
  const HttpStep step = responder.read(std::as_bytes(std::span{received}));
  EXPECT_EQ(step.consumed, request.size());
  ASSERT_TRUE(step.reply);
  EXPECT_EQ(step.reply->status, 101);
  EXPECT_EQ(step.reply->after, AfterReply::kWebSocket);
  EXPECT_THAT(step.reply->head, StartsWith("HTTP/1.1 101 Switching Protocols\r\n"));
  EXPECT_THAT(step.reply->head, HasSubstr("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo="));
  EXPECT_THAT(step.reply->head, HasSubstr("Sec-WebSocket-Protocol: sluice.v1\r\n"));
}

TEST_F(HttpResponderTest, SaysWhatAnUpgradeLacks) {
  const HttpReply plain = get("/ws");
  EXPECT_EQ(plain.status, 426);
  EXPECT_THAT(plain.head, HasSubstr("Upgrade: websocket\r\n"));
  const HttpReply old =
      ask(upgrade_with("Sec-WebSocket-Version: 8\r\nSec-WebSocket-Protocol: sluice.v1\r\n"));
  EXPECT_EQ(old.status, 426);
  EXPECT_THAT(old.head, HasSubstr("Sec-WebSocket-Version: 13\r\n"));
  EXPECT_EQ(ask(upgrade_with("Sec-WebSocket-Version: 13\r\n")).status, 400);
  EXPECT_EQ(ask("GET /ws HTTP/1.0\r\n\r\n").status, 426);
}

TEST_F(HttpResponderTest, LetsOnlyPagesOfAllowedOriginsUpgrade) {
  const auto from = [&](std::string_view origin) {
    return ask(upgrade_with(std::string{kGoodUpgrade} + "Origin: " + std::string{origin} + "\r\n"))
        .status;
  };
  EXPECT_EQ(from("http://localhost:8080"), 101);
  EXPECT_EQ(from("https://evil.example"), 403);
  EXPECT_EQ(from("null"), 403);
  settings_.allowed_origins = {"https://app.example"};
  EXPECT_EQ(from("https://app.example"), 101);
  EXPECT_EQ(from("https://evil.example"), 403);
}

TEST_F(HttpResponderTest, TellsASlowClientThatItTookTooLong) {
  const HttpReply reply = HttpResponder{settings_}.request_timeout();
  EXPECT_EQ(reply.status, 408);
  EXPECT_EQ(reply.after, AfterReply::kClose);
}

}  // namespace
}  // namespace sluice::sfu
