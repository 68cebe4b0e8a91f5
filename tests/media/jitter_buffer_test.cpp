#include "media/jitter_buffer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <map>
#include <random>
#include <utility>
#include <vector>

namespace sluice::media {
namespace {

using namespace std::chrono_literals;
using Action = AudioPlayout::Action;

constexpr Duration kFrame = 20ms;
constexpr Time kStart{1000s};

/// One sound that came out, or was invented.
struct Sound {
  Action action;
  FrameNumber number;
  Time at;
  Duration duration;
  Duration delay;  ///< after the frame's own moment at the publisher (whose clock starts at kStart)
};

/// A buffer under virtual time: frames arrive by `send`, `run_until` plays.
class Listener {
 public:
  void send(FrameNumber number, Duration captured, Duration arrives) {
    send_raw(number, captured + clock, kStart + arrives);
  }
  void send_raw(FrameNumber number, std::chrono::microseconds capture_time, Time arrival) {
    FrameDescription description{};
    description.number = number;
    description.length = 1;
    description.capture_time = capture_time;
    FrameBuilder builder = pool.allocate(description, MediaKind::kAudio);
    builder->arrival = arrival;
    arriving.emplace(arrival, std::move(builder).finish());
  }
  /// `count` frames from `first` on, each `lateness(i)` after its capture, in order as over TCP.
  template <class Lateness>
  void speak(int first, int count, Lateness lateness) {
    Duration arrived{};
    for (int i = first; i < first + count; ++i) {
      arrived = std::max(arrived, i * kFrame + lateness(i));
      send(static_cast<FrameNumber>(i), i * kFrame, arrived);
    }
  }
  void run_until(Duration end) {
    while (true) {
      const Time arrival = arriving.empty() ? Time::max() : arriving.begin()->first;
      const Time next = std::min(arrival, buffer.deadline());
      if (next > kStart + end) break;
      now = std::max(now, next);
      if (arrival <= now) {
        buffer.push(std::move(arriving.begin()->second));
        arriving.erase(arriving.begin());
        ++pushed;
      }
      while (true) {
        const AudioPlayout out = buffer.pop(now);
        if (out.action == Action::kWait) break;
        const bool played = out.action == Action::kPlay;
        Sound sound{
            .action = out.action, .number = 0, .at = out.at, .duration = out.duration, .delay = {}};
        if (played) {
          const FrameDescription& description = out.frame->description;
          sound.number = description.number;
          // Wrapping: some tests give capture times at the ends of their range.
          sound.delay = Duration{static_cast<std::int64_t>(
              static_cast<std::uint64_t>((out.at - kStart + clock).count()) -
              static_cast<std::uint64_t>(description.capture_time.count()))};
        }
        sounds.push_back(sound);
      }
      ASSERT_GT(buffer.deadline(), now) << "would spin";
      ASSERT_LE(buffer.size(), 64U);
    }
    now = kStart + end;
  }
  [[nodiscard]] std::vector<Sound> of(Action action) const {
    std::vector<Sound> chosen;
    std::copy_if(sounds.begin(), sounds.end(), std::back_inserter(chosen),
                 [action](const Sound& sound) { return sound.action == action; });
    return chosen;
  }

  FramePool pool{1 << 22};
  std::multimap<Time, FrameRef> arriving;
  std::chrono::microseconds clock{987'654'321};  ///< the publisher's clock has its own epoch
  JitterBuffer buffer{{}};
  Time now = kStart;
  std::vector<Sound> sounds;
  std::size_t pushed = 0;
};

TEST(JitterBuffer, PlaysEvenlyWhatArrivesEvenly) {
  Listener listener;
  listener.speak(0, 500, [](int) { return 30ms; });
  listener.run_until(12s);
  const auto played = listener.of(Action::kPlay);
  ASSERT_EQ(played.size(), 500U);
  for (std::size_t i = 1; i < played.size(); ++i) {
    ASSERT_EQ(played[i].number, i);
    ASSERT_EQ(played[i].at, played[i - 1].at + played[i - 1].duration);
  }
  // From the initial 60 ms over the shortest way, sped up to near the least.
  EXPECT_LE(played.front().delay, 90ms);
  EXPECT_GE(played.front().delay, 85ms);
  EXPECT_LE(played.back().delay, 30ms + 20ms + kFrame);
}

TEST(JitterBuffer, TakesADelayThatCoversTheJitter) {
  for (unsigned seed = 1; seed <= 10; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    std::mt19937 random{seed};
    Listener listener;
    listener.speak(0, 2000, [&](int) { return 20ms + Duration{random() % 80'000}; });
    listener.run_until(50s);
    EXPECT_GE(listener.buffer.target(), 50ms);
    EXPECT_LE(listener.buffer.target(), 80ms);
    EXPECT_LE(listener.of(Action::kConceal).size(), 60U) << "3 % of the frames";
    EXPECT_EQ(listener.of(Action::kPlay).size(), 2000U);
  }
}

TEST(JitterBuffer, TheTargetRisesAtOnceAndFallsSlowly) {
  Listener listener;
  listener.speak(0, 1000, [](int i) -> Duration { return i / 50 == 4 ? 150ms : 0ms; });
  listener.run_until(3900ms);
  EXPECT_LE(listener.buffer.target(), 25ms);
  listener.run_until(4400ms);
  EXPECT_GE(listener.buffer.target(), 140ms) << "ten late frames are enough";
  listener.run_until(5200ms + 2560ms + 1s);
  EXPECT_GE(listener.buffer.target(), 100ms) << "a second after the last one left the window";
  listener.run_until(20s);
  EXPECT_LE(listener.buffer.target(), 25ms);
}

TEST(JitterBuffer, AStallIsConcealedThenItsSoundIsPlayedAndThenCaughtUp) {
  Listener listener;
  // One lost packet: everything captured in 300 ms arrives at the end of it.
  listener.speak(0, 1500, [](int i) -> Duration {
    const Duration captured = i * kFrame;
    return captured >= 10s && captured < 10300ms ? 10300ms - captured : 0ms;
  });
  listener.run_until(29s);
  const auto concealed = listener.of(Action::kConceal);
  ASSERT_FALSE(concealed.empty());
  EXPECT_LE(concealed.size(), 5U) << "100 ms in a row, then silence";
  const auto played = listener.of(Action::kPlay);
  EXPECT_GE(played.size(), 1440U) << "late sound is still wanted";
  const auto longest = std::max_element(played.begin(), played.end(),
                                        [](auto& a, auto& b) { return a.delay < b.delay; });
  EXPECT_LE(longest->delay, 320ms);
  EXPECT_LE(played.back().delay, 45ms) << "sped up until nothing is left of it";
  EXPECT_EQ(listener.buffer.skipped(), 0U);
}

TEST(JitterBuffer, WhatIsTooOldAfterALongOutageIsSkippedInOneStep) {
  Listener listener;
  listener.speak(0, 1000, [](int i) -> Duration {
    const Duration captured = i * kFrame;
    return captured >= 10s && captured < 11s ? 11s - captured : 0ms;
  });
  listener.run_until(21s);
  EXPECT_GE(listener.buffer.skipped(), 25U);
  const auto played = listener.of(Action::kPlay);
  // The first of the burst is played before the others are there to replace it.
  EXPECT_LE(std::count_if(played.begin(), played.end(),
                          [](const Sound& sound) { return sound.delay > 420ms; }),
            1);
  EXPECT_EQ(played.back().number, 999U);
  EXPECT_EQ(played.size() + listener.buffer.skipped(), 1000U);
}

TEST(JitterBuffer, ALastingChangeOfTheWayIsFollowedAndNotSkippedForEver) {
  Listener listener;
  listener.speak(0, 1500, [](int i) -> Duration { return i >= 500 ? 900ms : 0ms; });
  listener.run_until(32s);
  const auto played = listener.of(Action::kPlay);
  EXPECT_EQ(played.back().number, 1499U);
  EXPECT_GE(played.size(), 1400U);
}

TEST(JitterBuffer, AGapInNumbersIsConcealedAndWhatFollowsIsOnTime) {
  Listener listener;
  for (int i = 0; i < 100; ++i) {
    if (i == 50 || i == 51) continue;
    listener.send(static_cast<FrameNumber>(i), i * kFrame, i * kFrame);
  }
  listener.run_until(1900ms);
  const auto concealed = listener.of(Action::kConceal);
  ASSERT_EQ(concealed.size(), 2U);
  const auto played = listener.of(Action::kPlay);
  EXPECT_EQ(played[49].number, 49U);
  EXPECT_EQ(concealed[0].at, played[49].at + played[49].duration);
  EXPECT_EQ(played[50].number, 52U);
  EXPECT_NEAR(static_cast<double>((played[50].delay - played[49].delay).count()), 0.0, 10'000.0);
}

TEST(JitterBuffer, APauseOfTheSpeakerKeepsItsLengthAndIsNoLoss) {
  Listener listener;
  listener.speak(0, 200, [](int) { return 0ms; });
  // The next number, 2 s later: nothing was lost.
  const Duration resumed = 200 * kFrame + 2s;
  for (int i = 0; i < 100; ++i) {
    const Duration captured = resumed + i * kFrame;
    listener.send(static_cast<FrameNumber>(200 + i), captured, captured);
  }
  listener.run_until(8s);
  const auto played = listener.of(Action::kPlay);
  ASSERT_GE(played.size(), 290U);
  EXPECT_NEAR(static_cast<double>((played[200].delay - played[199].delay).count()), 0.0, 20'000.0);
  EXPECT_LE(listener.of(Action::kConceal).size(), 5U);
  EXPECT_EQ(listener.buffer.concealed(), 0U);
  EXPECT_EQ(listener.buffer.late() + listener.buffer.skipped(), 0U);
}

TEST(JitterBuffer, AShorterDelayIsTakenInAPauseAtOnce) {
  Listener listener;
  listener.speak(0, 100, [](int i) -> Duration { return i % 10 == 9 ? 120ms : 0ms; });
  for (int i = 0; i < 400; ++i) {
    const Duration captured = 102 * kFrame + 400ms * i;  // comfort noise only
    listener.send(static_cast<FrameNumber>(100 + i), captured, captured);
  }
  listener.run_until(162s);
  EXPECT_LE(listener.of(Action::kPlay).back().delay, 20ms);
}

TEST(JitterBuffer, NumbersWrapWithoutNotice) {
  Listener listener;
  for (int i = 0; i < 200; ++i) {
    listener.send(0xFFFFFFFFU - 99U + static_cast<FrameNumber>(i), i * kFrame, i * kFrame);
  }
  listener.run_until(5s);
  EXPECT_EQ(listener.of(Action::kPlay).size(), 200U);
  EXPECT_EQ(listener.buffer.late(), 0U);
  EXPECT_EQ(listener.of(Action::kConceal).size(), 5U) << "only behind the last";
}

TEST(JitterBuffer, APublisherWhoseClockIsSetPlaysOn) {
  Listener listener;
  listener.speak(0, 100, [](int) { return 0ms; });
  listener.run_until(1900ms);
  for (int i = 100; i < 200; ++i) {
    listener.send_raw(static_cast<FrameNumber>(i), i * kFrame - 24h, kStart + i * kFrame);
  }
  listener.run_until(5s);
  EXPECT_GE(listener.of(Action::kPlay).size(), 190U);
}

TEST(JitterBuffer, GivesTheOffsetThatKeepsPicturesInStep) {
  Listener listener;
  EXPECT_FALSE(listener.buffer.playout_offset(listener.now).has_value());
  listener.speak(0, 200, [](int) { return 30ms; });
  listener.run_until(3s);
  const auto offset = listener.buffer.playout_offset(listener.now);
  ASSERT_TRUE(offset.has_value());
  const auto& last = listener.sounds.back();
  const Duration captured = last.number * kFrame;
  EXPECT_NEAR(static_cast<double>((Time{listener.clock + captured + *offset} - last.at).count()),
              0.0, 2000.0);
  listener.run_until(10s);
  EXPECT_FALSE(listener.buffer.playout_offset(listener.now).has_value()) << "long silent";
}

TEST(JitterBuffer, WaitsForPicturesThatComeLaterUpToALimit) {
  Listener listener;
  listener.speak(0, 1000, [](int) { return 0ms; });
  listener.run_until(8s);
  const Duration before = listener.sounds.back().delay;
  const auto offset = listener.buffer.playout_offset(listener.now);
  listener.buffer.set_offset_floor(*offset + 70ms);
  listener.run_until(15s);
  EXPECT_GE(listener.sounds.back().delay, before + 60ms);
  listener.buffer.set_offset_floor(*offset + 1h);
  listener.run_until(19s);
  EXPECT_LE(listener.sounds.back().delay, before + 125ms);
}

TEST(JitterBuffer, HostileCaptureTimesBreakNothing) {
  constexpr auto kLeast = std::numeric_limits<std::int64_t>::min();
  constexpr auto kMost = std::numeric_limits<std::int64_t>::max();
  for (unsigned seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    std::mt19937_64 random{seed};
    Listener listener;
    std::int64_t capture = seed % 2 == 0 ? kLeast : kMost;
    for (int i = 0; i < 500; ++i) {
      switch (random() % 8) {
        case 0:
          capture = static_cast<std::int64_t>(random());
          break;
        case 1:
          capture = random() % 2 == 0 ? kLeast : kMost;
          break;
        default:
          capture = static_cast<std::int64_t>(static_cast<std::uint64_t>(capture) +
                                              random() % 10'000'000);
      }
      listener.send_raw(static_cast<FrameNumber>(i), std::chrono::microseconds{capture},
                        kStart + i * kFrame);
    }
    listener.run_until(20s);
    EXPECT_GT(listener.sounds.size(), 0U);
  }
}

TEST(JitterBuffer, KeepsItsPromisesOverAnyNetwork) {
  for (unsigned seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    std::mt19937_64 random{seed};
    Listener listener;
    auto number = static_cast<FrameNumber>(random());
    Duration captured{};
    Duration arrived{};
    std::size_t sent = 0;
    std::size_t twice = 0;
    const std::uint64_t jitter = 1 + random() % 200'000;
    for (int i = 0; i < 1500; ++i) {
      if (random() % 40 == 0) captured += Duration{random() % 3'000'000};  // a pause
      if (random() % 50 == 0) {                                            // losses
        const auto lost = static_cast<FrameNumber>(random() % 12);
        number += lost;
        captured += lost * kFrame;
      }
      Duration lateness{random() % jitter};
      if (random() % 200 == 0) lateness += Duration{random() % 2'000'000};
      arrived = std::max(arrived, captured + lateness);
      // Now and then out of order, as over two lanes.
      const Duration extra = random() % 30 == 0 ? Duration{random() % 50'000} : Duration{};
      listener.send(number, captured, arrived + extra);
      ++sent;
      if (random() % 60 == 0) {
        listener.send(number, captured, arrived + extra);
        ++twice;
      }
      ++number;
      captured += kFrame;
    }
    listener.run_until(arrived + 10s);
    ASSERT_EQ(listener.pushed, sent + twice);
    const auto& buffer = listener.buffer;
    const auto played = listener.of(Action::kPlay);
    EXPECT_EQ(buffer.played(), played.size());
    EXPECT_EQ(buffer.size(), 0U);
    const std::uint64_t accounted = buffer.played() + buffer.late() + buffer.skipped();
    EXPECT_LE(accounted, sent + twice);
    EXPECT_GE(accounted, sent) << "every frame is played, late or skipped; some twice";
    for (std::size_t i = 1; i < played.size(); ++i) {
      ASSERT_TRUE(is_newer(played[i].number, played[i - 1].number));
    }
    for (std::size_t i = 1; i < listener.sounds.size(); ++i) {
      const Sound& before = listener.sounds[i - 1];
      ASSERT_GE(listener.sounds[i].at, before.at + before.duration) << "two sounds at once";
      ASSERT_GE(listener.sounds[i].duration, 18ms);
      ASSERT_LE(listener.sounds[i].duration, 22ms);
    }
    Duration in_a_row{};
    for (const Sound& sound : listener.sounds) {
      in_a_row = sound.action == Action::kConceal ? in_a_row + sound.duration : Duration{};
      ASSERT_LE(in_a_row, 100ms);
    }
  }
}

}  // namespace
}  // namespace sluice::media
