// The traps that measurements of real links have shown (docs of the delivery rules), each with a
// test of its name: what goes wrong there with a naive sender must not go wrong with ours. Bounds
// are wide of what is measured today, so that they break on a fault and not on a new seed.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <random>

#include "tests/sim/meeting.h"

namespace sluice::sim {
namespace {

using namespace std::chrono_literals;

MeetingSettings on_link(double bits_per_second, Duration round_trip, double video_bits_per_second) {
  MeetingSettings settings;
  settings.link.capacity = Capacity::constant(bits_per_second);
  settings.link.round_trip = round_trip;
  settings.publisher.video_bits_per_second = video_bits_per_second;
  return settings;
}

MeetingResult with_sluice(const MeetingSettings& settings) {
  return run_meeting(settings, [](TcpLink& link, const MeetingSettings&) {
    return std::make_unique<SluiceSender>(link, SluiceSender::Settings{});
  });
}

MeetingResult with_fifo(const MeetingSettings& settings) {
  return run_meeting(settings, [](TcpLink& link, const MeetingSettings&) {
    return std::make_unique<QueueSender>(link, QueueSender::Policy::kFifo);
  });
}

double share(std::uint64_t part, std::uint64_t whole) {
  return static_cast<double>(part) / static_cast<double>(whole);
}

double audio_on_time(const MeetingResult& result) {
  return share(result.outcome.audio_on_time, result.outcome.audio_sent);
}

double video_on_time(const MeetingResult& result) {
  return share(result.outcome.video_on_time, result.outcome.video_sent);
}

TEST(Traps, TheSimulatorShowsTheFaultOfAFifo) {
  // A test that a naive sender passes would prove nothing.
  const MeetingResult fifo = with_fifo(on_link(7e5, 40ms, 1e6));
  EXPECT_GT(quantile_ms(fifo.outcome.video_ages, 0.5), 5000);
  EXPECT_LT(audio_on_time(fifo), 0.05);
}

TEST(Traps, RateSpiral) {
  // A cap that feeds on its own delivery rate shrinks for ever; ours uses most of the link.
  const MeetingResult result = with_sluice(on_link(1e6, 80ms, 1.5e6));
  const double carried = static_cast<double>(result.outcome.bytes_received) * 8 / 60;
  EXPECT_GT(carried, 0.75 * 1e6);
  EXPECT_GT(audio_on_time(result), 0.98);
}

TEST(Traps, KeyframeStarvation) {
  // A first keyframe that is large for the link must go out all the same, and the video after it.
  MeetingSettings settings = on_link(5e5, 60ms, 3e5);
  settings.publisher.keyframe_weight = 2500ms;
  const MeetingResult result = with_sluice(settings);
  EXPECT_GT(video_on_time(result), 0.85);
}

TEST(Traps, DeadlineDomino) {
  // At 0.7 of what the full stream needs, dropping only at the deadline makes everything late.
  const MeetingResult result = with_sluice(on_link(7e5, 40ms, 1e6));
  EXPECT_GT(video_on_time(result), 0.35);
  EXPECT_LT(quantile_ms(result.outcome.video_ages, 0.95), 400);
  EXPECT_GT(audio_on_time(result), 0.98);
}

TEST(Traps, SegmentOvershoot) {
  // A deep buffer and a keyframe of 100 kB: audio must not stand behind what the kernel took.
  MeetingSettings settings = on_link(1e6, 40ms, 5e5);
  settings.link.queue_bytes = 1024 * 1024;
  settings.publisher.keyframe_weight = 1600ms;
  settings.publisher.keyframe_interval = 5s;
  const MeetingResult result = with_sluice(settings);
  EXPECT_LT(quantile_ms(result.outcome.audio_ages, 0.99), 200);
  EXPECT_GT(quantile_ms(with_fifo(settings).outcome.audio_ages, 0.99), 700);
}

TEST(Traps, OrphanDecode) {
  // Whatever the link does, nothing arrives whose needs did not arrive.
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    std::mt19937_64 random{seed};
    std::vector<Capacity::Piece> pieces;
    for (int piece = 0; piece < 30; ++piece) {
      const double rate = std::uniform_real_distribution{0.0, 2e6}(random);
      pieces.push_back({.length = std::chrono::milliseconds{200 + random() % 2000},
                        .bits_per_second = rate < 2e5 ? 0 : rate});
    }
    MeetingSettings settings = on_link(1, 50ms, 1.2e6);
    settings.link.capacity = Capacity{std::move(pieces)};
    settings.link.loss = 0.01;
    settings.link.seed = seed;
    settings.publisher.seed = seed;
    settings.length = 30s;
    EXPECT_EQ(with_sluice(settings).outcome.undecodable, 0u) << "seed " << seed;
  }
}

TEST(Traps, SplitTcpProxy) {
  // A proxy takes all and acknowledges at once; only what the receiver says shows the queue in it.
  MeetingSettings settings = on_link(1e7, 200us, 6e5);
  settings.link.read_bits_per_second = 4e5;
  settings.link.receive_buffer = 256 * 1024;
  const MeetingResult result = with_sluice(settings);
  EXPECT_LT(quantile_ms(result.outcome.audio_ages, 0.95), 200);
  EXPECT_GT(audio_on_time(result), 0.85);
  settings.report_interval = Duration::zero();
  const MeetingResult silent = with_sluice(settings);
  EXPECT_LT(quantile_ms(silent.outcome.audio_ages, 0.95), 200) << "it answers pings";
  EXPECT_GT(audio_on_time(silent), 0.85);
}

TEST(Traps, PausesOfSpeech) {
  // After a pause the cap and the estimate are old; the first words must come in time all the same.
  MeetingSettings settings = on_link(5e5, 60ms, 6e5);
  settings.publisher.pauses = true;
  EXPECT_GT(audio_on_time(with_sluice(settings)), 0.97);
}

TEST(Traps, CompetingBulkFlow) {
  // Somebody else keeps the queue full: with the cap at its floor the target is raised, not the
  // call starved.
  media::InFlightCap cap;
  const media::InFlightCap::Sample full{.queueing_delay = 100ms,
                                        .round_trip = 140ms,
                                        .min_round_trip = 40ms,
                                        .in_flight_bytes = 20'000,
                                        .acked_bytes = 500};
  Time now{1s};
  for (; now < Time{5s}; now += 20ms) cap.sample(full, true, now);
  EXPECT_EQ(cap.bytes(), media::InFlightCap::kFloor);
  for (; now < Time{20s}; now += 20ms) cap.sample(full, true, now);
  EXPECT_GT(cap.target(), full.queueing_delay);
  EXPECT_GT(cap.bytes(), media::InFlightCap::kFloor);
}

TEST(Traps, OutageOfThreeSeconds) {
  // The retransmission timer decides when the first byte comes: up to a second after the link. It
  // is another moment with each seed, so the median counts.
  std::vector<Duration> heard;
  std::vector<Duration> shown;
  for (int seed = 1; seed <= 9; ++seed) {
    const Duration start = 20s + 137ms * seed;
    MeetingSettings settings = on_link(2e6, 40ms, 1e6);
    settings.link.capacity = Capacity{{{start, 2e6}, {3s, 0}, {37s, 2e6}}};
    settings.link.timeout_most = 1s;
    settings.link.seed = settings.publisher.seed = static_cast<std::uint64_t>(seed);
    settings.length = 40s;
    const MeetingResult result = with_sluice(settings);
    const Time back{start + 3s};
    const auto first_after = [&](const std::vector<Time>& times) {
      return *std::ranges::find_if(times, [&](Time time) { return time > back; }) - back;
    };
    heard.push_back(first_after(result.heard_times));
    shown.push_back(first_after(result.shown_times));
  }
  std::ranges::sort(heard);
  std::ranges::sort(shown);
  std::printf("median of nine outages: sound after %lld ms, picture after %lld ms\n",
              static_cast<long long>(heard[4] / 1ms), static_cast<long long>(shown[4] / 1ms));
  EXPECT_LT(heard[4], 600ms);
  EXPECT_LT(shown[4], 1000ms);
  EXPECT_LT(shown[8], 2s);
}

// A way that takes the latency budget by itself: late, but neither silent nor at half the pictures.
TEST(Traps, LongWay) {
  for (const int encodings : {1, 2}) {
    for (const Duration round_trip : {250ms, 350ms, 600ms}) {
      MeetingSettings settings = on_link(20e6, round_trip, 1e6);
      settings.link.queue_bytes = 500'000;
      settings.publisher.encodings = encodings;
      settings.budgets = {.audio = round_trip / 2 + 150ms, .video = round_trip / 2 + 300ms};
      const MeetingResult result = run_meeting(settings, [&](TcpLink& link,
                                                             const MeetingSettings&) {
        return std::make_unique<SluiceSender>(link, SluiceSender::Settings{.encodings = encodings});
      });
      std::printf("%d encodings, %lld ms: sound %.1f %%, pictures %.1f %%, frozen %.1f s\n",
                  encodings, static_cast<long long>(round_trip / 1ms), 100 * audio_on_time(result),
                  100 * video_on_time(result), result.outcome.freeze_seconds);
      EXPECT_GT(audio_on_time(result), 0.95);
      EXPECT_GT(video_on_time(result), 0.85);
      EXPECT_LT(result.outcome.freeze_seconds, 6);
    }
  }
}

// A page that has just been joined builds itself and its decoders: what it reads late in its first
// seconds was taken for the link's queue, and by satellite the call then stayed in its first bytes.
TEST(Traps, LongWayToABusyReader) {
  for (const double rate : {1.5e6, 5e6}) {
    double in_time = 0;
    double frozen = 0;
    constexpr int kMeetings = 6;
    for (unsigned seed = 1; seed <= kMeetings; ++seed) {
      MeetingSettings settings = on_link(rate, 600ms, 8.5e5);
      settings.link.queue_bytes = static_cast<std::size_t>(rate / 8 * 0.2);
      settings.link.seed = settings.publisher.seed = seed;
      settings.budgets = {.audio = 450ms, .video = 800ms};
      std::mt19937 random{seed};
      Time at{600ms * (random() % 3)};
      for (int i = 0; i < 12; ++i) {
        at += 300ms + Duration{random() % 150'000};
        settings.link.reader_busy.push_back(
            {.from = at, .length = 40ms + Duration{random() % 250'000}});
      }
      const MeetingResult result = with_sluice(settings);
      in_time += video_on_time(result) / kMeetings;
      frozen += result.outcome.freeze_seconds / kMeetings;
    }
    std::printf("%.1f Mbit/s: pictures %.1f %%, frozen %.1f s\n", rate / 1e6, 100 * in_time,
                frozen);
    EXPECT_GT(in_time, 0.85);
    EXPECT_LT(frozen, 6);
  }
}

TEST(Traps, SameSeedSameMeeting) {
  MeetingSettings settings = on_link(8e5, 50ms, 1e6);
  settings.link.loss = 0.02;
  const MeetingResult first = with_sluice(settings);
  const MeetingResult second = with_sluice(settings);
  EXPECT_EQ(first.shown_times, second.shown_times);
  EXPECT_EQ(first.heard_times, second.heard_times);
}

}  // namespace
}  // namespace sluice::sim
