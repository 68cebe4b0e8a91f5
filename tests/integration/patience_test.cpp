#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/integration/call.h"
#include "tests/integration/server_process.h"

namespace sluice::integration {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::StartsWith;

// How long the server waits for whom; each test waits a little longer.

TEST(Patience, EndsWithARequestThatComesByteByByte) {
  const ServerProcess server;
  WireClient client{server.port(), {}};
  const std::string request = "GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: yes\r\n\r\n";
  for (std::size_t i = 0; i < 15 && !client.closed(); ++i) {
    client.send_bytes(request.substr(i, 1));
    client.read_until_closed(1s);
  }
  EXPECT_TRUE(client.closed());
  EXPECT_THAT(client.unparsed(), StartsWith("HTTP/1.1 408"));
}

TEST(Patience, EndsWithAConnectionThatSaysNothing) {
  const ServerProcess server;
  WireClient client{server.port(), {}};
  EXPECT_FALSE(client.read_until_closed(5s));
  EXPECT_TRUE(client.read_until_closed(10s));
  EXPECT_EQ(server.metric(R"(sluice_connections_refused_total{reason="timeout"})"), 1);
}

TEST(Patience, EndsWithAClientThatDoesNotSayHello) {
  const ServerProcess server;
  WireClient client{server.port(), {}};
  client.open();
  EXPECT_TRUE(client.read_until_closed(8s));
  ASSERT_FALSE(client.inbox().empty());
  EXPECT_THAT(client.inbox().back().bytes, HasSubstr("\"timeout\""));
}

TEST(Patience, EndsWithAReaderThatTakesNothing) {
  ServerProcess server;
  Call call{server.port(), "demo"};
  Participant& speaker = call.add();
  Participant& other = call.add();
  call.publish(speaker, {.camera_bits_per_second = 1'000'000});
  // It goes on to answer nothing and to read nothing, with its connection open.
  WireClient asleep{server.port(), {.receive_buffer_bytes = 4096, .segment_bytes_max = 1460}};
  asleep.open();
  asleep.send_text(R"({"type":"hello","versions":[1]})");
  asleep.send_text(R"({"type":"join","room":"demo"})");
  const auto left = [&] { return other.take("participant_left"); };
  std::optional<Json> message;
  auto last_sign_of_life = std::chrono::steady_clock::now();
  EXPECT_TRUE(call.run_until(
      [&] {
        if (std::chrono::steady_clock::now() - last_sign_of_life > 2s) {
          asleep.send_text(R"({"type":"ping"})");
          last_sign_of_life = std::chrono::steady_clock::now();
        }
        return (message = left()).has_value();
      },
      20s));
  EXPECT_EQ(message.value_or(Json{}).value("reason", ""), "too_slow");
  EXPECT_GE(other.track(call.publisher(0).camera_track).frames().size(), 200U);
  EXPECT_THAT(call.faults(), testing::IsEmpty());
}

TEST(Patience, LastsForAnIdleViewerThatAnswersPings) {
  ServerProcess server;
  Call call{server.port(), "demo"};
  Participant& viewer = call.add();
  call.run_for(12s);
  EXPECT_FALSE(viewer.wire().closed());
  EXPECT_EQ(viewer.request({{"type", "ping"}})["type"], "pong");
}

}  // namespace
}  // namespace sluice::integration
