#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>

#include "tests/integration/call.h"
#include "tests/integration/server_process.h"

namespace sluice::integration {
namespace {

using namespace std::chrono_literals;

class ServerThatIsStopped : public testing::TestWithParam<int> {};

TEST_P(ServerThatIsStopped, SaysGoodbyeToEverybodyAndExitsWithZero) {
  ServerProcess server;
  Call call{server.port(), "demo"};
  Participant& over_raw = call.add();
  Participant& over_websocket = call.add({.wire = {.route = Route::kWebSocket}});
  call.publish(over_raw, {});
  call.run_for(200ms);
  server.signal(GetParam());
  EXPECT_EQ(over_raw.wait_for("goodbye")["reason"], "server_shutdown");
  EXPECT_EQ(over_websocket.wait_for("goodbye")["reason"], "server_shutdown");
  EXPECT_TRUE(over_websocket.wire().read_until_closed(3s));
  EXPECT_EQ(over_websocket.wire().close_code(), 1001);
  EXPECT_EQ(server.wait(5s), 0) << server.output();
}

INSTANTIATE_TEST_SUITE_P(ByEitherSignal, ServerThatIsStopped, testing::Values(SIGTERM, SIGINT));

TEST(ServerThatIsStoppedTwice, DoesNotWaitForThoseWhoDoNotRead) {
  ServerProcess server;
  // A client that neither reads its goodbye nor closes holds the end up, but not for long.
  WireClient silent{server.port(), {}};
  silent.open();
  server.signal(SIGTERM);
  EXPECT_EQ(server.wait(5s), 0);
}

}  // namespace
}  // namespace sluice::integration
