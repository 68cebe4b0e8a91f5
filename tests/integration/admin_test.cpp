#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/integration/call.h"
#include "tests/integration/server_process.h"

namespace sluice::integration {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

TEST(AdminAddress, SaysThatTheServerIsWell) {
  const ServerProcess server;
  EXPECT_EQ(server.admin_get("/healthz"), "ok\n");
  EXPECT_THAT(server.admin_get("/elsewhere"), HasSubstr("/metrics"));
}

TEST(AdminAddress, CountsACall) {
  ServerProcess server{{"--audio-latency-budget", "5s", "--video-latency-budget", "5s"}};
  Call call{server.port(), "demo"};
  Participant& speaker = call.add();
  call.add({.wire = {.route = Route::kWebSocket}});
  call.publish(speaker, {});
  call.run_for(500ms);
  call.stop_sending();
  const double audio_frames = call.publisher(0).microphone.sent();
  const double video_frames = call.publisher(0).camera->sent();
  // The gauges and the egress counters are brought up to date each second.
  const auto counted = [&] {
    return server.metric(R"(sluice_frames_sent_total{kind="audio"})") == audio_frames &&
           server.metric(R"(sluice_frames_sent_total{kind="video"})") == video_frames;
  };
  EXPECT_TRUE(call.run_until(counted, 4s)) << server.admin_get("/metrics");
  EXPECT_EQ(server.metric("sluice_rooms"), 1);
  EXPECT_EQ(server.metric("sluice_participants"), 2);
  EXPECT_EQ(server.metric(R"(sluice_frames_received_total{kind="audio"})"), audio_frames);
  EXPECT_EQ(server.metric(R"(sluice_frames_received_total{kind="video"})"), video_frames);
  EXPECT_EQ(server.metric(R"(sluice_connections{transport="raw",tls="no"})"), 1);
  EXPECT_EQ(server.metric(R"(sluice_connections{transport="websocket",tls="no"})"), 1);
}

}  // namespace
}  // namespace sluice::integration
