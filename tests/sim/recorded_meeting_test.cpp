#include "tests/sim/recorded_meeting.h"

#include <gtest/gtest.h>

#include <stdexcept>

namespace sluice::sim {
namespace {

using namespace std::chrono_literals;
using client::FlightLog;

/// 20 s of a camera with base and upper layer, 1 Mbit/s, and a microphone; from 5 s to 15 s the
/// link takes `bits_per_second`, and of the camera only each tenth picture was sent meanwhile.
FlightLog congested_log(double bits_per_second) {
  FlightLog log{.session = "1", .length_ms = 20'000};
  log.tracks.push_back({.handle = 1, .source = "camera", .video = true, .latency_budget_ms = 400});
  log.tracks.push_back({.handle = 2, .source = "microphone", .latency_budget_ms = 200});
  FlightLog::Track& camera = log.tracks[0];
  for (std::uint32_t number = 1000; number < 1600; ++number) {
    const double at_ms = (number - 1000) * 100.0 / 3;
    FlightLog::Offered frame{
        .at_ms = at_ms, .number = number, .layer = number % 2, .bytes = 4167, .needs = {}};
    frame.needs.push_back(number % 2 == 0 ? number - 2 : number - 1);
    camera.offered.push_back(frame);
    if (at_ms < 5000 || at_ms >= 15'000 || number % 10 == 0) continue;
    camera.fates.push_back({.at_ms = at_ms + 50,
                            .deed = FlightLog::Deed::kLeftOut,
                            .number = number,
                            .reason = media::LeftOut::kThinned});
  }
  for (std::uint32_t number = 0; number < 1000; ++number) {
    log.tracks[1].offered.push_back(
        {.at_ms = number * 20.0, .number = number, .bytes = 80, .needs = {}});
  }
  std::uint32_t acked = 0;
  for (double at_ms = 5000; at_ms <= 15'000; at_ms += 50) {
    acked += static_cast<std::uint32_t>(bits_per_second / 8 * 0.05);
    log.sockets.push_back(
        {.at_ms = at_ms, .acked_bytes = acked, .round_trip_ms = 90, .min_round_trip_ms = 40});
    log.links.push_back({.at_ms = at_ms, .queueing_delay_ms = 30, .congested = at_ms < 15'000});
  }
  return log;
}

std::unique_ptr<Sender> sluice_sender(TcpLink& link, const RecordedMeeting& meeting) {
  SluiceSender::Settings settings;
  for (const RecordedMeeting::Track& track : meeting.tracks) {
    settings.tracks.push_back(
        {.handle = track.handle,
         .settings = {.kind = track.kind, .latency_budget = track.latency_budget},
         .encodings = track.encodings});
  }
  return std::make_unique<SluiceSender>(link, settings);
}

TEST(RecordedMeeting, RebuildsTheLinkFromWhatWasAcknowledged) {
  const FlightLog log = congested_log(400'000);
  const RecordedMeeting meeting = recorded_meeting(client::tell(log));
  EXPECT_EQ(meeting.link.round_trip, 40ms);
  EXPECT_EQ(meeting.length, 20s);
  EXPECT_NEAR(meeting.congested_share, 0.5, 0.02);
  EXPECT_NEAR(meeting.congested_bits_per_second, 400'000, 10'000);
  EXPECT_NEAR(meeting.offered_bits_per_second, 1'032'000, 5000);
  const Capacity& capacity = meeting.link.capacity;
  EXPECT_NEAR(capacity.bytes_between(Time{6s}, Time{14s}), 400'000, 10'000);
  // Where nothing waited: twice what was offered.
  EXPECT_NEAR(capacity.bytes_between(Time{1s}, Time{2s}), 258'000, 2000);
  EXPECT_EQ(meeting.offers.size(), 1600U);
}

TEST(RecordedMeeting, JudgesWhatReallyHappenedByWhatWasSent) {
  const FlightLog log = congested_log(400'000);
  const ReplayOutcome real = as_recorded(recorded_meeting(client::tell(log)));
  EXPECT_EQ(real.pictures_offered, 600U);
  EXPECT_EQ(real.pictures_on_time, 600U - 270U);
  EXPECT_EQ(real.sounds_on_time, 1000U);
  // Pictures were 333 ms apart for 10 s.
  EXPECT_NEAR(static_cast<double>(real.freezes), 30, 1);
}

TEST(RecordedMeeting, ShowsThatTodaysEngineWouldHaveDoneBetterAndAFifoWorse) {
  const FlightLog log = congested_log(700'000);
  const RecordedMeeting meeting = recorded_meeting(client::tell(log));
  const ReplayOutcome real = as_recorded(meeting);
  const ReplayOutcome sluice = replay(meeting, false, sluice_sender);
  const ReplayOutcome fifo = replay(meeting, true, [](TcpLink& link, const RecordedMeeting&) {
    return std::make_unique<QueueSender>(link, QueueSender::Policy::kFifo);
  });
  EXPECT_GT(sluice.pictures_on_time, real.pictures_on_time + 50);
  EXPECT_GT(sluice.sounds_on_time, 980U);
  EXPECT_LT(sluice.freeze_seconds, 1);
  EXPECT_LT(fifo.pictures_on_time, sluice.pictures_on_time);
  EXPECT_LT(fifo.sounds_on_time, 700U);
  const ReplayOutcome again = replay(meeting, false, sluice_sender);
  EXPECT_EQ(again.pictures_on_time, sluice.pictures_on_time);
  EXPECT_EQ(again.bytes, sluice.bytes);
}

TEST(RecordedMeeting, RefusesALogWithoutFrames) {
  FlightLog log = congested_log(400'000);
  for (FlightLog::Track& track : log.tracks) track.offered.clear();
  EXPECT_THROW((void)recorded_meeting(client::tell(log)), std::runtime_error);
}

}  // namespace
}  // namespace sluice::sim
