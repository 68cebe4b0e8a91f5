#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>

#include "tests/integration/call.h"
#include "tests/integration/server_process.h"

namespace sluice::integration {
namespace {

using namespace std::chrono_literals;
using testing::IsEmpty;

// docs/protocol.md 4.5 and the server's defaults.
constexpr double kVideoBudgetMs = 400;

struct SlowReader {
  const char* name = "";
  WireOptions wire;
  bool reports = false;
  /// What 95 %, and 99 %, of its sound must arrive within. With reports or a small buffer 99 % was
  /// 101 to 147 ms on a quiet machine; one that compiles beside it adds its own.
  double audio_limit_ms = 150;
  double audio_worst_percent_ms = 200;
  std::size_t audio_percent = 95;  ///< must arrive at all
};

/// How the frames of one track reached one subscriber.
struct Delivery {
  std::size_t sent = 0;
  std::size_t arrived = 0;
  double median_ms = 0;
  double p95_ms = 0;
  double p99_ms = 0;
  double worst_ms = 0;
};

Delivery delivery_of(const std::vector<ReceivedFrame>& frames, std::size_t sent) {
  const std::vector<double> latencies = latencies_ms(frames);
  return {.sent = sent,
          .arrived = frames.size(),
          .median_ms = percentile(latencies, 0.5),
          .p95_ms = percentile(latencies, 0.95),
          .p99_ms = percentile(latencies, 0.99),
          .worst_ms = percentile(latencies, 1)};
}

void print(const char* who, const char* what, const Delivery& delivery) {
  std::printf(
      "  %-24s %-6s %5zu of %5zu   median %6.1f ms   p95 %6.1f ms   p99 %6.1f ms   worst %6.1f "
      "ms\n",
      who, what, delivery.arrived, delivery.sent, delivery.median_ms, delivery.p95_ms,
      delivery.p99_ms, delivery.worst_ms);
}

class OneSlowSubscriberOfTen : public testing::TestWithParam<SlowReader> {
 protected:
  static constexpr std::size_t kOthers = 9;

  struct Phase {
    Delivery audio;
    Delivery video;
  };

  /// Runs the call for a while and tells how the nine others fared meanwhile.
  Phase others_during(std::chrono::seconds time) {
    Call::Publisher& publisher = call_.publisher(0);
    for (Participant* other : others_) {
      other->track(publisher.microphone_track).forget();
      other->track(publisher.camera_track).forget();
    }
    const std::size_t audio_before = publisher.microphone.sent();
    const std::size_t video_before = publisher.camera->sent();
    call_.run_for(time);
    std::vector<ReceivedFrame> audio;
    std::vector<ReceivedFrame> video;
    for (Participant* other : others_) {
      const auto& heard = other->track(publisher.microphone_track).frames();
      const auto& seen = other->track(publisher.camera_track).frames();
      audio.insert(audio.end(), heard.begin(), heard.end());
      video.insert(video.end(), seen.begin(), seen.end());
    }
    return {.audio = delivery_of(audio, kOthers * (publisher.microphone.sent() - audio_before)),
            .video = delivery_of(video, kOthers * (publisher.camera->sent() - video_before))};
  }

  ServerProcess server_;
  Call call_{server_.port(), "demo"};
  std::vector<Participant*> others_;
};

TEST_P(OneSlowSubscriberOfTen, HearsInTimeSeesLiveOrNothingAndDisturbsNobody) {
  Participant& speaker = call_.add();
  for (std::size_t i = 0; i < kOthers; ++i) others_.push_back(&call_.add());
  // With its sound about 1 Mbit/s.
  call_.publish(speaker, {.camera_bits_per_second = 950'000, .keyframe_interval = 8s});
  call_.run_for(1s);
  const Phase before = others_during(3s);
  const std::size_t memory_before_kib = server_.resident_kib();

  Participant& slow = call_.add({.wire = GetParam().wire,
                                 .reports = GetParam().reports,
                                 .read_bytes_per_second = 300'000 / 8});
  // Nothing is known of a new link, so the first second finds out.
  const Phase at_first = others_during(2s);
  Delivery audio_at_first;
  {
    Call::Publisher& now = call_.publisher(0);
    ReceivedTrack& heard = slow.track(now.microphone_track);
    audio_at_first = delivery_of(heard.frames(), at_first.audio.sent / kOthers);
    heard.forget();
    slow.track(now.camera_track).forget();
  }
  const std::size_t audio_before = call_.publisher(0).microphone.sent();
  const std::size_t video_before = call_.publisher(0).camera->sent();
  const Phase with_slow = others_during(12s);
  const std::size_t memory_after_kib = server_.resident_kib();

  Call::Publisher& publisher = call_.publisher(0);
  const Delivery audio = delivery_of(slow.track(publisher.microphone_track).frames(),
                                     publisher.microphone.sent() - audio_before);
  const auto& seen = slow.track(publisher.camera_track).frames();
  const Delivery video = delivery_of(seen, publisher.camera->sent() - video_before);
  const auto live = std::ranges::count_if(
      seen, [](const ReceivedFrame& frame) { return frame.latency_ms() <= kVideoBudgetMs; });
  const double live_share =
      seen.empty() ? 0 : static_cast<double>(live) / static_cast<double>(seen.size());

  std::printf("reads 300 kbit/s of 1 Mbit/s, %s:\n", GetParam().name);
  print("the slow one, first 2 s", "audio", audio_at_first);
  print("the slow one", "audio", audio);
  print("the slow one", "video", video);
  std::printf("  %-24s %.1f %% of its frames within %.0f ms, %zu given up half-way\n", "",
              100 * live_share, kVideoBudgetMs, slow.track(publisher.camera_track).abandoned());
  print("the nine before", "audio", before.audio);
  print("the nine with it", "audio", with_slow.audio);
  print("the nine before", "video", before.video);
  print("the nine with it", "video", with_slow.video);
  std::printf("  %zu keyframes were asked for; the server holds %zu KiB, %zu KiB before\n",
              publisher.keyframe_requests, memory_after_kib, memory_before_kib);

  EXPECT_LE(audio.p95_ms, GetParam().audio_limit_ms);
  EXPECT_LE(audio.p99_ms, GetParam().audio_worst_percent_ms);
  EXPECT_GE(audio.arrived, audio.sent * GetParam().audio_percent / 100);
  // Live pictures, not only a still one now and then. What is late is the way back to live: each
  // keyframe occupies the link for longer than the budget, and what queued behind it is sent to be
  // decoded at once.
  EXPECT_GE(video.arrived, video.sent / 20);
  EXPECT_GE(live_share, 0.2);
  EXPECT_LE(memory_after_kib, memory_before_kib + 8 * 1024);
  // A test machine is busy with other things too; a disturbance would be hundreds of milliseconds.
  EXPECT_LE(with_slow.audio.p99_ms, before.audio.p99_ms + 50);
  EXPECT_LE(with_slow.video.p99_ms, before.video.p99_ms + 50);
  EXPECT_GE(with_slow.audio.arrived + kOthers, with_slow.audio.sent);
  EXPECT_GE(with_slow.video.arrived + kOthers, with_slow.video.sent);
  EXPECT_THAT(call_.faults(), IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(
    BehindEither, OneSlowSubscriberOfTen,
    testing::Values(SlowReader{.name = "SmallReceiveBuffer",
                               .wire = {.receive_buffer_bytes = 4096, .segment_bytes_max = 1460},
                               .reports = true},
                    // Its kernel acknowledges whatever it has not read; only its reports and its
                    // answers to pings tell the server, and of the other two, its answers.
                    SlowReader{.name = "DefaultReceiveBuffer", .reports = true},
                    // A window smaller than a segment is filled when the sender's kernel finds
                    // time for it (RFC 9293, 3.8.6.2.1): p99 was 119 to 214 ms in six runs.
                    SlowReader{.name = "SmallReceiveBufferWithoutReports",
                               .wire = {.receive_buffer_bytes = 4096, .segment_bytes_max = 1460},
                               .audio_worst_percent_ms = 300},
                    // Whether it lags is asked only when its window, which tells little, raises the
                    // alarm: p99 was 151, 211 and 369 ms in three runs beside one another.
                    SlowReader{.name = "DefaultReceiveBufferWithoutReports",
                               .audio_limit_ms = 300,
                               .audio_worst_percent_ms = 1000,
                               .audio_percent = 80}),
    [](const testing::TestParamInfo<SlowReader>& reader) {
      return std::string{reader.param.name};
    });

}  // namespace
}  // namespace sluice::integration
