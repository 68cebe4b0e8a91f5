#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

#include "client/flight/flight_log.h"
#include "client/flight/flight_story.h"
#include "client/flight/flight_text.h"
#include "tests/integration/call.h"
#include "tests/integration/server_process.h"

namespace sluice::integration {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

class FlightRecorder : public testing::Test {
 protected:
  /// Session ids with records, from the list of the admin address.
  static std::vector<std::string> recorded_sessions(const ServerProcess& server) {
    std::vector<std::string> ids;
    const Json list = Json::parse(server.admin_get("/flight"));
    for (const Json& each : list.at("sessions")) {
      if (each.at("records").get<std::size_t>() > 0) ids.push_back(each.at("session"));
    }
    return ids;
  }
};

TEST_F(FlightRecorder, TellsWhyASlowSubscriberMissedFramesAsTheMetricsDo) {
  ServerProcess server;
  Call call{server.port(), "the-secret-room"};
  Participant& speaker = call.add({}, {{"name", "Adalbert"}, {"identity", "adalbert@example.org"}});
  call.publish(speaker, {.camera_bits_per_second = 900'000, .keyframe_interval = 4s});
  call.run_for(500ms);
  call.add({.wire = {.receive_buffer_bytes = 4096, .segment_bytes_max = 1460},
            .reports = true,
            .read_bytes_per_second = 300'000 / 8},
           {{"name", "Berthold"}, {"identity", "berthold@example.org"}});
  call.run_for(6s);
  call.stop_sending();
  // Until what waited has left and the counters, which are brought up to date each second, have it.
  call.run_for(2500ms);

  const std::vector<std::string> ids = recorded_sessions(server);
  ASSERT_THAT(ids, SizeIs(1));
  const std::string dump = server.admin_get("/flight/" + ids[0]);
  for (const char* word : {"secret", "Adalbert", "Berthold", "example", "127.0.0.1"}) {
    EXPECT_THAT(dump, Not(HasSubstr(word)));
  }

  const auto log = client::parse_flight_log(dump);
  ASSERT_TRUE(log) << log.error();
  std::array<std::array<double, media::kLeftOutReasons>, 2> recorded{};
  double all = 0;
  for (const client::FlightLog::Track& track : log->tracks) {
    for (const client::FlightLog::Fate& fate : track.fates) {
      if (fate.deed != client::FlightLog::Deed::kLeftOut) continue;
      ++recorded.at(track.video ? 1 : 0).at(static_cast<std::size_t>(fate.reason));
      ++all;
    }
  }
  EXPECT_GT(all, 20);
  for (const bool video : {false, true}) {
    for (std::size_t reason = 0; reason < media::kLeftOutReasons; ++reason) {
      const std::string sample = std::string{"sluice_frames_left_out_total{kind=\""} +
                                 (video ? "video" : "audio") + "\",reason=\"" +
                                 name_of(static_cast<media::LeftOut>(reason)) + "\"}";
      EXPECT_EQ(server.metric(sample), recorded.at(video ? 1 : 0).at(reason)) << sample;
    }
  }

  const client::FlightStory story = client::tell(*log);
  EXPECT_THAT(story.congestions, Not(IsEmpty()));
  double delivered_bps = 0;
  for (const client::Congestion& each : story.congestions) {
    if (each.to_ms - each.from_ms > 3000) delivered_bps = each.delivered_bps.value_or(0);
  }
  EXPECT_GT(delivered_bps, 200'000) << client::summary_text(story);
  EXPECT_LT(delivered_bps, 400'000) << client::summary_text(story);
  EXPECT_GT(server.metric("sluice_flight_recorder_bytes"), 0);
}

TEST_F(FlightRecorder, RemembersNothingOfThoseWhoKeepUpOrWhenItIsOff) {
  const ServerProcess off{{"--flight-recorder", "0"}};
  Call call{off.port(), "demo"};
  Participant& speaker = call.add();
  call.publish(speaker, {});
  call.add({.wire = {.receive_buffer_bytes = 4096}, .read_bytes_per_second = 100'000 / 8});
  call.run_for(1500ms);
  EXPECT_THAT(recorded_sessions(off), IsEmpty());
  EXPECT_EQ(off.metric("sluice_flight_recorder_bytes"), 0);
}

TEST_F(FlightRecorder, SaysWhatCannotBeTold) {
  const ServerProcess server;
  EXPECT_THAT(server.admin_get("/flight/99"), HasSubstr("no such session"));
  EXPECT_THAT(server.admin_get("/flight/18446744073709551615"), HasSubstr("no such session"));
  EXPECT_THAT(server.admin_get("/flight/../metrics"), HasSubstr("here are"));
  EXPECT_THAT(server.admin_get("/flight/"), HasSubstr("here are"));
}

}  // namespace
}  // namespace sluice::integration
