#include "media/video_playout.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <map>
#include <random>
#include <utility>
#include <vector>

#include "media/jitter_buffer.h"

namespace sluice::media {
namespace {

using namespace std::chrono_literals;
using Action = VideoPlayoutStep::Action;

constexpr Duration kFrame = 33'333us;
constexpr Time kStart{1000s};
constexpr std::chrono::microseconds kClock{-5'000'000'000};  ///< the publisher's, at kStart

FrameRef make_frame(FramePool& pool, MediaKind kind, FrameNumber number, Duration captured,
                    Time arrival, bool discardable = false) {
  FrameDescription description{};
  description.number = number;
  description.length = 1;
  description.capture_time = kClock + captured;
  description.discardable = discardable;
  FrameBuilder builder = pool.allocate(description, kind);
  builder->arrival = arrival;
  return std::move(builder).finish();
}

struct Picture {
  Action action;
  FrameNumber number;
  Time at;
};

class Viewer {
 public:
  void send(int number, Duration captured, Duration arrives, bool discardable = false) {
    const Time arrival = kStart + arrives;
    arriving.emplace(arrival, make_frame(pool, MediaKind::kVideo, static_cast<FrameNumber>(number),
                                         captured, arrival, discardable));
  }
  void run_until(Duration end) {
    while (true) {
      const Time arrival = arriving.empty() ? Time::max() : arriving.begin()->first;
      const Time next = std::min(arrival, playout.deadline());
      if (next > kStart + end) break;
      now = std::max(now, next);
      // Everything that arrives together is there before anybody looks.
      while (!arriving.empty() && arriving.begin()->first <= now) {
        playout.push(std::move(arriving.begin()->second));
        arriving.erase(arriving.begin());
      }
      while (true) {
        const VideoPlayoutStep step = playout.pop(now);
        if (step.action == Action::kWait) break;
        pictures.push_back({step.action, step.frame->description.number, now});
      }
      ASSERT_GT(playout.deadline(), now) << "would spin";
    }
    now = kStart + end;
  }

  FramePool pool{1 << 22};
  std::multimap<Time, FrameRef> arriving;
  VideoPlayout playout{{}};
  Time now = kStart;
  std::vector<Picture> pictures;
};

TEST(VideoPlayout, ShowsEvenlyWhatArrivesUnevenly) {
  std::mt19937 random{1};
  Viewer viewer;
  Duration arrived{};
  for (int i = 0; i < 600; ++i) {
    arrived = std::max(arrived, i * kFrame + Duration{random() % 30'000});
    viewer.send(i, i * kFrame, arrived);
  }
  viewer.run_until(25s);
  EXPECT_EQ(viewer.playout.shown(), 600U);
  for (std::size_t i = 300; i < viewer.pictures.size(); ++i) {
    const Duration between = viewer.pictures[i].at - viewer.pictures[i - 1].at;
    EXPECT_GE(between, kFrame - 10ms);
    EXPECT_LE(between, kFrame + 10ms);
  }
}

TEST(VideoPlayout, ShowsAPictureWhenItsSoundIsHeard) {
  Viewer viewer;
  constexpr Duration kSoundDelay = 120ms;
  viewer.playout.set_audio_offset(kStart.time_since_epoch() - kClock + kSoundDelay);
  for (int i = 0; i < 100; ++i) viewer.send(i, i * kFrame, i * kFrame + (i % 5) * 10ms);
  viewer.run_until(5s);
  ASSERT_EQ(viewer.playout.shown(), 100U);
  for (const Picture& picture : viewer.pictures) {
    EXPECT_EQ(picture.at, kStart + static_cast<int>(picture.number) * kFrame + kSoundDelay);
  }
}

TEST(VideoPlayout, NothingLaterThan45MsAfterItsSoundIsShownUnlessThePictureWouldFreeze) {
  std::mt19937 random{2};
  Viewer viewer;
  const Duration offset = kStart.time_since_epoch() - kClock + 50ms;
  viewer.playout.set_audio_offset(offset);
  for (int i = 0; i < 600; ++i)
    viewer.send(i, i * kFrame, i * kFrame + Duration{random() % 200'000});
  viewer.run_until(25s);
  Time last_shown = kStart - 1s;
  for (const Picture& picture : viewer.pictures) {
    if (picture.action != Action::kShow) continue;
    const Duration late = picture.at - (kStart + static_cast<int>(picture.number) * kFrame + 50ms);
    EXPECT_TRUE(late <= 45ms || picture.at - last_shown >= 200ms);
    last_shown = picture.at;
  }
}

TEST(VideoPlayout, ABurstForALateJoinerIsDecodedAtOnceAndOnlyItsEndIsShown) {
  Viewer viewer;
  // The last two seconds arrive together, every second frame discardable, then it goes on live.
  for (int i = 0; i < 60; ++i) viewer.send(i, i * kFrame, 1990ms, i % 2 == 1);
  for (int i = 60; i < 120; ++i) viewer.send(i, i * kFrame, i * kFrame);
  viewer.run_until(5s);
  const auto first_shown = std::find_if(viewer.pictures.begin(), viewer.pictures.end(),
                                        [](auto& each) { return each.action == Action::kShow; });
  ASSERT_NE(first_shown, viewer.pictures.end());
  EXPECT_GE(first_shown->number, 57U);
  EXPECT_LE(first_shown->at, kStart + 2s + 60ms);
  EXPECT_GE(viewer.playout.left_out(), 25U) << "what nobody needs is not even decoded";
  EXPECT_GE(viewer.playout.late(), 25U) << "what others need is";
}

TEST(VideoPlayout, ALastingLatenessIsNotAFrozenPicture) {
  Viewer viewer;
  viewer.playout.set_audio_offset(kStart.time_since_epoch() - kClock);
  for (int i = 0; i < 300; ++i) viewer.send(i, i * kFrame, i * kFrame + 150ms);
  viewer.run_until(11s);
  EXPECT_GE(viewer.playout.shown(), 40U) << "five a second";
  EXPECT_EQ(viewer.playout.shown() + viewer.playout.late(), 300U);
}

TEST(VideoPlayout, ItsWantedOffsetBringsTheSoundToThePictures) {
  Viewer viewer;
  FramePool pool{1 << 20};
  JitterBuffer sound{{}};
  std::size_t shown_in_step = 0;
  // The pictures' way is 80 ms longer than the sound's.
  for (int i = 0; i < 1000; ++i) viewer.send(i, i * kFrame, i * kFrame + 90ms);
  for (int i = 0; i < 1600; ++i) {
    const Duration captured = i * 20ms;
    sound.push(make_frame(pool, MediaKind::kAudio, static_cast<FrameNumber>(i), captured,
                          kStart + captured + 10ms));
    viewer.run_until(captured + 10ms);
    sound.set_offset_floor(viewer.playout.wanted_offset());
    while (sound.pop(viewer.now).action != AudioPlayout::Action::kWait) {
    }
    viewer.playout.set_audio_offset(sound.playout_offset(viewer.now));
    if (i == 800) shown_in_step = viewer.playout.shown();
  }
  EXPECT_GE(viewer.playout.shown() - shown_in_step, 470U) << "of 480 in the second half";
}

TEST(VideoPlayout, NumbersWrapAndWhatCameTooLateToBeDecodedInOrderIsLeftOut) {
  Viewer viewer;
  for (int i = -10; i < 10; ++i) viewer.send(i, (i + 10) * kFrame, (i + 10) * kFrame);
  viewer.send(3, 13 * kFrame, 800ms);
  viewer.run_until(3s);
  EXPECT_EQ(viewer.playout.shown(), 20U);
  EXPECT_EQ(viewer.playout.left_out(), 1U);
  for (std::size_t i = 1; i < viewer.pictures.size(); ++i) {
    EXPECT_TRUE(is_newer(viewer.pictures[i].number, viewer.pictures[i - 1].number));
  }
}

TEST(VideoPlayout, KeepsItsPromisesOverAnyNetwork) {
  for (unsigned seed = 1; seed <= 40; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    std::mt19937_64 random{seed};
    Viewer viewer;
    Duration captured{};
    Duration arrived{};
    std::map<FrameNumber, bool> discardable;
    for (int i = 0; i < 1000; ++i) {
      captured +=
          random() % 100 == 0 ? Duration{static_cast<std::int64_t>(random())} / 1'000'000 : kFrame;
      arrived = std::max(arrived, i * kFrame + Duration{random() % 100'000});
      if (random() % 100 == 0) arrived += Duration{random() % 3'000'000};
      discardable[static_cast<FrameNumber>(i)] = random() % 2 == 0;
      viewer.send(i, captured, arrived, discardable[static_cast<FrameNumber>(i)]);
      if (random() % 20 != 0) continue;
      viewer.run_until(arrived - 1us);
      if (random() % 3 == 0) {
        viewer.playout.set_audio_offset(Duration{static_cast<std::int64_t>(random())});
      } else if (random() % 2 == 0) {
        viewer.playout.set_audio_offset(std::nullopt);
      } else if (auto wanted = viewer.playout.wanted_offset()) {
        viewer.playout.set_audio_offset(*wanted + 100ms);
      }
    }
    viewer.playout.set_audio_offset(std::nullopt);
    viewer.run_until(arrived + 1h);
    EXPECT_EQ(viewer.playout.size(), 0U);
    const auto& playout = viewer.playout;
    EXPECT_EQ(playout.shown() + playout.late() + playout.left_out(), 1000U);
    std::map<FrameNumber, bool> decoded;
    for (std::size_t i = 0; i < viewer.pictures.size(); ++i) {
      decoded[viewer.pictures[i].number] = true;
      if (i == 0) continue;
      ASSERT_TRUE(is_newer(viewer.pictures[i].number, viewer.pictures[i - 1].number));
    }
    for (const auto& [number, may_be_left_out] : discardable) {
      ASSERT_TRUE(may_be_left_out || decoded.contains(number)) << "others need " << number;
    }
  }
}

/// A frame of a simulcast encoding.
FrameRef of_encoding(FramePool& pool, std::uint8_t encoding, FrameNumber number, bool keyframe,
                     Duration captured, Time arrival) {
  FrameBuilder builder = pool.allocate({.encoding = EncodingId{encoding},
                                        .number = number,
                                        .length = 1,
                                        .keyframe = keyframe,
                                        .capture_time = kClock + captured},
                                       MediaKind::kVideo);
  builder->arrival = arrival;
  return std::move(builder).finish();
}

TEST(VideoPlayout, GoesOnWithAnotherEncodingWhoseNumbersAreLower) {
  FramePool pool{1 << 20};
  VideoPlayout playout{{}};
  std::vector<std::pair<int, FrameNumber>> shown;
  const auto run = [&](Time now) {
    for (VideoPlayoutStep step = playout.pop(now); step.action != Action::kWait;
         step = playout.pop(now)) {
      shown.emplace_back(static_cast<int>(step.frame->description.encoding),
                         step.frame->description.number);
    }
  };
  for (FrameNumber count = 0; count < 9; ++count) {
    const Time now = kStart + count * kFrame;
    const bool switched = count >= 4;
    // The fourth frame of the large encoding comes with the keyframe of the small one.
    playout.push(of_encoding(pool, switched ? 0 : 1, switched ? count - 3 : 1000 + count,
                             count == 0 || count == 4, count * kFrame, now));
    if (count == 5) {
      // Of the encoding that was left: nothing can use it any more.
      playout.push(of_encoding(pool, 1, 1004, false, 4 * kFrame, now));
    }
    run(now);
  }
  run(kStart + 10 * kFrame);
  const std::vector<std::pair<int, FrameNumber>> all{
      {1, 1000}, {1, 1001}, {1, 1002}, {1, 1003}, {0, 1}, {0, 2}, {0, 3}, {0, 4}, {0, 5}};
  EXPECT_EQ(shown, all);
  EXPECT_EQ(playout.left_out(), 1U);
}

}  // namespace
}  // namespace sluice::media
