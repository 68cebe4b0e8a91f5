#include "client/recording_queue.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace sluice::client {
namespace {

using namespace std::chrono_literals;
using std::chrono::microseconds;
using Track = RecordedBlock::Track;

RecordedBlock keyframe(microseconds time) {
  return {.track = Track::kVideo, .time = time, .keyframe = true, .payload = {}};
}

RecordedBlock delta(microseconds time) {
  return {.track = Track::kVideo, .time = time, .keyframe = false, .payload = {}};
}

RecordedBlock sound(microseconds time) {
  return {.track = Track::kSound, .time = time, .keyframe = true, .payload = {}};
}

/// All that is held, as "K0 d33 s40": kind and milliseconds.
std::string drain(RecordingQueue& queue) {
  std::string all;
  while (const auto block = queue.pop_now()) {
    const char* const kind = block->track == Track::kSound ? "s" : block->keyframe ? "K" : "d";
    all += (all.empty() ? "" : " ") + std::string{kind} + std::to_string(block->time / 1ms);
  }
  return all;
}

TEST(RecordingQueue, BringsTheTracksIntoTheOrderOfTheirTimes) {
  RecordingQueue queue;
  for (auto block : {sound(20ms), sound(40ms), keyframe(0ms), delta(33ms), sound(60ms)}) {
    queue.push(std::move(block));
  }
  EXPECT_EQ(drain(queue), "K0 s20 d33 s40 s60");
}

TEST(RecordingQueue, HoldsItsSpanBack) {
  RecordingQueue queue;
  queue.push(keyframe(0ms));
  queue.push(delta(RecordingQueue::kSpan - 1ms));
  EXPECT_FALSE(queue.pop());
  queue.push(sound(RecordingQueue::kSpan));
  ASSERT_TRUE(queue.ready());
  EXPECT_EQ(queue.pop()->time, 0ms);
  EXPECT_FALSE(queue.pop());
}

TEST(RecordingQueue, AKeyframeFromThePastTakesThePlaceOfThePicturesSince) {
  RecordingQueue queue;
  for (auto block : {keyframe(0ms), delta(33ms), sound(50ms), delta(67ms), sound(70ms),
                     delta(100ms), keyframe(65ms), delta(98ms), delta(131ms)}) {
    queue.push(std::move(block));
  }
  // The sound stays; of 65 and 67, one picture in two encodings, the keyframe does.
  EXPECT_EQ(drain(queue), "K0 d33 s50 K65 s70 d98 d131");
}

TEST(RecordingQueue, AKeyframeFromBeforeAllThatIsHeldFollowsWhatWentOut) {
  RecordingQueue queue;
  queue.push(keyframe(0ms));
  queue.push(delta(200ms));
  queue.push(delta(RecordingQueue::kSpan));
  EXPECT_EQ(queue.pop()->time, 0ms);
  ASSERT_FALSE(queue.pop());
  EXPECT_EQ(queue.pop_now()->time, 200ms);
  queue.push(keyframe(100ms));
  queue.push(delta(133ms));
  queue.push(delta(233ms));
  EXPECT_EQ(drain(queue), "K201 d202 d233");
}

TEST(RecordingQueue, AnotherClockLeavesNothingOut) {
  RecordingQueue queue;
  for (auto block : {keyframe(60s), delta(60s + 33ms), keyframe(1s), delta(1s + 33ms)}) {
    queue.push(std::move(block));
  }
  EXPECT_EQ(drain(queue), "K60000 d60033 K60034 d60035");
}

TEST(RecordingQueue, WhatWasBeforeAMomentCanBeLeftOut) {
  RecordingQueue queue;
  queue.push(sound(10ms));
  queue.push(sound(20ms));
  queue.drop_before(20ms);
  EXPECT_EQ(drain(queue), "s20");
}

}  // namespace
}  // namespace sluice::client
