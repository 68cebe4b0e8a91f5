#include "media/in_step.h"

#include <gtest/gtest.h>

#include <array>
#include <functional>
#include <map>
#include <vector>

#include "tests/media/hand_made_frame.h"

namespace sluice::media {
namespace {

using namespace std::chrono_literals;
using Answer = InStep::Answer;

constexpr TrackHandle kCamera{7};
constexpr TrackHandle kMicrophone{8};
constexpr std::size_t kMessageBytes = 1036;

class InStepTest : public testing::Test {
 protected:
  InStepTest() { begin({.bytes = 100'000, .frame_bytes = 8000, .until = now_ + 100ms}); }

  void begin(const InStep::Headroom& headroom) {
    in_step_.begin(headroom);
    in_step_.add(*InStep::track_within(
        120ms, {.next = 10, .track = kCamera, .encoding = EncodingId{1}, .reach = 4}));
    in_step_.add(*InStep::track_within(200ms, {.next = 500, .track = kMicrophone}));
  }
  /// Frame 10 of the camera, needing frame 9; on time.
  static FrameDescription frame(FrameNumber number = 10) {
    FrameDescription description = HandMade::delta(number, {number - 1});
    description.track = kCamera;
    description.encoding = EncodingId{1};
    return description;
  }
  [[nodiscard]] Answer ask(const FrameDescription& description, Duration age = 5ms) const {
    return in_step_.ask({description, MediaKind::kVideo, age}, kMessageBytes, now_);
  }
  Answer ask_and_send(const FrameDescription& description) {
    const Answer answer = ask(description);
    if (answer == Answer::kSend) {
      in_step_.sent({description, MediaKind::kVideo, 5ms}, kMessageBytes);
    }
    return answer;
  }

  InStep in_step_;
  Time now_{100s};
};

TEST_F(InStepTest, TheNextFrameGoes) {
  for (FrameNumber number = 10; number < 20; ++number) {
    ASSERT_EQ(ask_and_send(frame(number)), Answer::kSend) << number;
  }
  EXPECT_EQ(in_step_.tracks()[0].passed, 10);
  EXPECT_EQ(in_step_.tracks()[0].next, 20U);
  EXPECT_EQ(in_step_.tracks()[1].passed, 0);
}

TEST_F(InStepTest, NumbersWrap) {
  in_step_.begin({.bytes = 100'000, .frame_bytes = 8000, .until = now_ + 100ms});
  in_step_.add(*InStep::track_within(
      120ms, {.next = 0xFFFF'FFFF, .track = kCamera, .encoding = EncodingId{1}, .reach = 255}));
  EXPECT_EQ(ask_and_send(frame(0xFFFF'FFFF)), Answer::kSend);
  EXPECT_EQ(ask_and_send(frame(0)), Answer::kSend);
  EXPECT_EQ(in_step_.tracks()[0].reach, 255) << "counts no further";
}

TEST_F(InStepTest, WhoIsNotInStepIsAsked) {
  in_step_.end();
  EXPECT_EQ(ask(frame()), Answer::kAsk);
  EXPECT_TRUE(in_step_.tracks().empty());
  EXPECT_EQ(InStep{}.ask({frame(), MediaKind::kVideo, 5ms}, kMessageBytes, now_), Answer::kAsk);
}

TEST_F(InStepTest, AnotherEncodingThanTheOneShownIsNotWanted) {
  FrameDescription other = frame();
  other.encoding = EncodingId{0};
  EXPECT_EQ(ask(other), Answer::kNotWanted);
  other.keyframe = true;
  EXPECT_EQ(ask(other), Answer::kNotWanted);
}

TEST_F(InStepTest, AnotherTrackIsAskedFor) {
  FrameDescription other = frame();
  other.track = TrackHandle{9};
  EXPECT_EQ(ask(other), Answer::kAsk);
}

TEST_F(InStepTest, WhatMayNotBeDecodableLateOrTooMuchIsAskedFor) {
  const auto changed = [](const std::function<void(FrameDescription&)>& change) {
    FrameDescription description = frame();
    change(description);
    return description;
  };
  EXPECT_EQ(ask(frame(9)), Answer::kAsk) << "again";
  EXPECT_EQ(ask(frame(11)), Answer::kAsk) << "a frame is missing";
  EXPECT_EQ(ask(changed([](auto& f) { f.dependency_deltas[0] = 4; })), Answer::kSend);
  EXPECT_EQ(ask(changed([](auto& f) { f.dependency_deltas[0] = 5; })), Answer::kAsk)
      << "it is not known that this was sent";
  EXPECT_EQ(ask(changed([](auto& f) {
              f.dependency_count = 2;
              f.dependency_deltas = {1, 5};
            })),
            Answer::kAsk);
  EXPECT_EQ(ask(changed([](auto& f) { f.dependency_count = 0; })), Answer::kAsk)
      << "a delta frame that names nothing";
  EXPECT_EQ(ask(changed([](auto& f) {
              f.keyframe = true;
              f.dependency_count = 0;
            })),
            Answer::kAsk)
      << "a keyframe decides anew";
  EXPECT_EQ(ask(changed([](auto& f) { f.length = 8000; })), Answer::kSend);
  EXPECT_EQ(ask(changed([](auto& f) { f.length = 8001; })), Answer::kAsk) << "more than a chunk";
  EXPECT_EQ(ask(changed([](auto& f) { f.temporal_layer = 15; })), Answer::kSend);
  EXPECT_EQ(ask(frame(), 120ms), Answer::kSend);
  EXPECT_EQ(ask(frame(), 120'001us), Answer::kAsk) << "it may be too late";
}

TEST_F(InStepTest, ALayerThatIsNotAskedForIsLeftToTheQueue) {
  in_step_.begin({.bytes = 100'000, .frame_bytes = 8000, .until = now_ + 100ms});
  in_step_.add(*InStep::track_within(120ms, {.next = 10,
                                             .track = kCamera,
                                             .encoding = EncodingId{1},
                                             .reach = 4,
                                             .max_temporal_layer = 1}));
  FrameDescription description = frame();
  description.temporal_layer = 1;
  EXPECT_EQ(ask(description), Answer::kSend);
  description.temporal_layer = 2;
  EXPECT_EQ(ask(description), Answer::kAsk);
}

TEST_F(InStepTest, LastsUntilItsMoment) {
  now_ += 100ms - 1us;
  EXPECT_EQ(ask(frame()), Answer::kSend);
  now_ += 1us;
  EXPECT_EQ(ask(frame()), Answer::kAsk);
}

TEST_F(InStepTest, LastsForItsBytes) {
  begin({.bytes = 2 * kMessageBytes, .frame_bytes = 8000, .until = now_ + 100ms});
  EXPECT_EQ(ask_and_send(frame(10)), Answer::kSend);
  EXPECT_EQ(ask_and_send(frame(11)), Answer::kSend);
  EXPECT_EQ(ask_and_send(frame(12)), Answer::kAsk);
  begin({.bytes = std::size_t{1} << 40, .frame_bytes = 8000, .until = now_ + 100ms});
  EXPECT_EQ(ask(frame(10)), Answer::kSend);
}

TEST_F(InStepTest, LastsForAsManyFramesAsTheLogRemembers) {
  for (FrameNumber number = 10; number < 10 + InStep::kPassedMost; ++number) {
    ASSERT_EQ(ask_and_send(frame(number)), Answer::kSend) << number;
  }
  EXPECT_EQ(ask(frame(10 + InStep::kPassedMost)), Answer::kAsk);
  FrameLog log;
  for (FrameNumber number = 10; number < 10 + InStep::kPassedMost; ++number) {
    log.add({.description = frame(number)});
  }
  log.add({.description = frame(10 + InStep::kPassedMost)});  // the one that is asked about
  FrameNumber booked = 10;
  in_step_.catch_up(
      [&](const InStep::Track&) -> const FrameLog& { return log; },
      [&](const FrameLog::Record& record) { EXPECT_EQ(record.description.number, booked++); });
  EXPECT_EQ(booked, 10 + InStep::kPassedMost);
  EXPECT_EQ(ask(frame(10 + InStep::kPassedMost)), Answer::kSend) << "the books have followed";
}

TEST_F(InStepTest, SoundNeedsNothing) {
  const FrameDescription sound{.track = kMicrophone, .number = 500, .length = 120};
  const PassingFrame passing{sound, MediaKind::kAudio, 5ms};
  ASSERT_EQ(in_step_.ask(passing, 150, now_), Answer::kSend);
  in_step_.sent(passing, 150);
  EXPECT_EQ(in_step_.tracks()[1].passed, 1);
  EXPECT_EQ(in_step_.tracks()[1].next, 501U);
  EXPECT_EQ(in_step_.tracks()[0].next, 10U);
}

TEST_F(InStepTest, TheBooksFollowInTheOrderInWhichFramesWent) {
  std::map<TrackHandle, FrameLog> logs;
  std::vector<FrameNumber> went;
  const auto send = [&](FrameDescription description, MediaKind kind) {
    ASSERT_EQ(in_step_.ask({description, kind, 5ms}, 200, now_), Answer::kSend);
    in_step_.sent({description, kind, 5ms}, 200);
    logs[description.track].add({.description = description, .kind = kind, .sent = now_});
    went.push_back(description.number);
    now_ += 3ms;
  };
  for (FrameNumber index = 0; index < 12; ++index) {
    if (index % 4 == 1) send(frame(10 + index / 4), MediaKind::kVideo);
    send({.track = kMicrophone, .number = 500 + index, .length = 120}, MediaKind::kAudio);
  }
  std::vector<FrameNumber> noted;
  const auto log_of = [&](const InStep::Track& track) -> const FrameLog& {
    return logs[track.track];
  };
  const auto note = [&](const FrameLog::Record& record) {
    noted.push_back(record.description.number);
  };
  in_step_.catch_up(log_of, note);
  EXPECT_EQ(noted, went);
  in_step_.catch_up(log_of, note);
  EXPECT_EQ(noted, went) << "each once";
}

TEST(InStep, ATrackOfWhichNoFrameCouldBeOnTimeIsNotInStep) {
  EXPECT_EQ(InStep::track_within(0ms, {}), std::nullopt);
  EXPECT_EQ(InStep::track_within(-1s, {}), std::nullopt);
  EXPECT_EQ(InStep::track_within(999us, {}), std::nullopt);
  EXPECT_EQ(InStep::track_within(1ms, {})->age_most_ms, 1);
  EXPECT_EQ(InStep::track_within(1h, {})->age_most_ms, 65'535);
}

}  // namespace
}  // namespace sluice::media
