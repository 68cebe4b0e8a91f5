#include "sfu/flight_dump.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "client/flight/flight_log.h"

namespace sluice::sfu {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;

constexpr media::Time kNow{100s};

FlightDump dump() {
  FlightDump dump{.summary = {.session = signaling::SessionId{17}},
                  .now = kNow,
                  .wall_now = std::chrono::system_clock::time_point{1'700'000'000'500ms},
                  .kept = 60s,
                  .records = {},
                  .tracks = {}};
  dump.tracks.push_back({.room = signaling::RoomId{987'654},
                         .handle = signaling::TrackHandle{3},
                         .source = signaling::TrackSource::kCamera,
                         .encodings = {{.encoding = 0, .width = 320, .height = 180},
                                       {.encoding = 1, .width = 640, .height = 360}},
                         .since = kNow - 50s,
                         .settings = {.latency_budget = 400ms, .simulcast = true},
                         .largest = media::EncodingId{1},
                         .shown = media::EncodingId{1},
                         .offered = {}});
  return dump;
}

client::FlightLog read(const FlightDump& written) {
  auto log = client::parse_flight_log(to_json_lines(written));
  EXPECT_TRUE(log) << log.error();
  return log.value_or(client::FlightLog{});
}

TEST(FlightDump, IsReadByTheClientAsItWasMeant) {
  FlightDump written = dump();
  const media::FrameName frame{.number = 70,
                               .track = media::TrackHandle{3},
                               .encoding = media::EncodingId{1},
                               .temporal_layer = 2};
  media::OfferedFrame offered{.arrival = kNow - 10s,
                              .number = 70,
                              .length = 1234,
                              .lateness_100us = 15,
                              .encoding = media::EncodingId{1},
                              .temporal_layer = 2,
                              .discardable = true,
                              .dependency_count = 2};
  offered.dependency_deltas[0] = 1;
  offered.dependency_deltas[1] = 4;
  written.tracks[0].offered.push_back(offered);
  written.records = {
      {.time = kNow - 9s, .event = media::FrameBegun{.frame = frame, .waited_us = 1500}},
      {.time = kNow - 8s,
       .event = media::FrameLeftOut{.frame = frame,
                                    .to_deadline_us = -2500,
                                    .queued_bytes = 900,
                                    .reason = media::LeftOut::kAbandoned}},
      {.time = kNow - 7s,
       .event = media::EncodingChange{.track = frame.track,
                                      .from = media::EncodingId{0},
                                      .to = media::EncodingId{1},
                                      .step = media::EncodingStep::kCommit}},
      {.time = kNow - 6s, .event = media::SubscriptionChange{.track = frame.track, .hidden = true}},
      {.time = kNow - 5s, .event = media::TrackStarved{.track = frame.track, .starved = true}},
      {.time = kNow - 4s, .event = media::KeyframeAsked{.track = frame.track}},
      {.time = kNow - 3s,
       .event = media::SocketSeen{.outstanding_bytes = 1,
                                  .unsent_bytes = 2,
                                  .acked_bytes_low = 3,
                                  .round_trip_us = 4000,
                                  .min_round_trip_us = 5000}},
      {.time = kNow - 3s,
       .event = media::LinkBelief{.bytes_per_second = 1000,
                                  .cap_bytes = 2000,
                                  .in_flight_bytes = 3000,
                                  .queueing_delay_us = 4000,
                                  .congested = true,
                                  .outage = true}},
      {.time = kNow - 2s, .event = media::ReportSeen{.received_bytes_low = 1}}};
  const client::FlightLog log = read(written);
  EXPECT_EQ(log.session, "17");
  EXPECT_EQ(log.begins_utc, "2023-11-14T22:12:20.500Z");
  EXPECT_EQ(log.length_ms, 60'000);
  EXPECT_EQ(log.known_from_ms, 0);
  ASSERT_THAT(log.tracks, SizeIs(1));
  const client::FlightLog::Track& track = log.tracks[0];
  EXPECT_EQ(track.subscribed_ms, 10'000);
  EXPECT_EQ(track.latency_budget_ms, 400);
  EXPECT_EQ(track.encodings[1].width, 640U);
  ASSERT_THAT(track.offered, SizeIs(1));
  EXPECT_EQ(track.offered[0].at_ms, 50'000);
  EXPECT_EQ(track.offered[0].late_ms, 1.5);
  EXPECT_THAT(track.offered[0].needs, ElementsAre(69, 66));
  EXPECT_TRUE(track.offered[0].discardable);
  ASSERT_THAT(track.fates, SizeIs(2));
  EXPECT_EQ(track.fates[0].waited_ms, 1.5);
  EXPECT_EQ(track.fates[1].reason, media::LeftOut::kAbandoned);
  EXPECT_EQ(track.fates[1].to_deadline_ms, -2.5);
  ASSERT_THAT(track.encoding_changes, SizeIs(1));
  EXPECT_EQ(track.encoding_changes[0].step, media::EncodingStep::kCommit);
  EXPECT_THAT(track.subscription_changes, SizeIs(1));
  EXPECT_THAT(track.starved, SizeIs(1));
  EXPECT_THAT(track.keyframes_asked, SizeIs(1));
  ASSERT_THAT(log.sockets, SizeIs(1));
  EXPECT_EQ(log.sockets[0].min_round_trip_ms, 5);
  ASSERT_THAT(log.links, SizeIs(1));
  EXPECT_EQ(log.links[0].bits_per_second, 8000U);
  EXPECT_TRUE(log.links[0].outage);
}

TEST(FlightDump, TellsNothingFromBeforeTheTimeKeptAndSaysWhatIsForgotten) {
  FlightDump written = dump();
  written.tracks[0].since = kNow - 90s;
  written.tracks[0].offered = {{.arrival = kNow - 61s, .number = 1, .length = 1},
                               {.arrival = kNow - 59s, .number = 2, .length = 1}};
  written.records = {{.time = kNow - 70s, .event = media::KeyframeAsked{}},
                     {.time = kNow - 20s, .event = media::ReportSeen{}}};
  client::FlightLog log = read(written);
  EXPECT_THAT(log.tracks[0].offered, SizeIs(1));
  EXPECT_EQ(log.tracks[0].subscribed_ms, 0);
  EXPECT_EQ(log.known_from_ms, 0);
  written.records = {{.time = kNow - 20s, .event = media::ReportSeen{}}};
  written.records_overwritten = true;
  EXPECT_EQ(read(written).known_from_ms, 40'000);
}

TEST(FlightDump, NamesNoRoom) { EXPECT_THAT(to_json_lines(dump()), Not(HasSubstr("987654"))); }

TEST(FlightDump, ListsWhoHadTroubleLastFirst) {
  const std::vector<FlightSession> sessions{
      {.session = signaling::SessionId{1}},
      {.session = signaling::SessionId{2}, .records = 5, .last_record_ago = 3s},
      {.session = signaling::SessionId{3}, .records = 5, .last_record_ago = 1s}};
  const auto list = nlohmann::json::parse(to_json(sessions));
  ASSERT_EQ(list["sessions"].size(), 3U);
  EXPECT_EQ(list["sessions"][0]["session"], "3");
  EXPECT_EQ(list["sessions"][1]["session"], "2");
  EXPECT_EQ(list["sessions"][1]["last_record_ago_ms"], 3000.0);
  EXPECT_FALSE(list["sessions"][2].contains("last_record_ago_ms"));
}

}  // namespace
}  // namespace sluice::sfu
