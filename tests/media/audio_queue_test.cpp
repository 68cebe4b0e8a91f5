#include "media/audio_queue.h"

#include <gtest/gtest.h>

#include <vector>

#include "tests/media/hand_made_frame.h"

namespace sluice::media {
namespace {

using namespace std::chrono_literals;

constexpr Time kNow{100s};

class AudioQueueTest : public testing::Test {
 protected:
  void push(FrameNumber number, Time arrival = kNow, Duration lateness = {}) {
    queue_.push(hand_made_frame(pool_, {.number = number, .length = 80}, arrival, lateness,
                                MediaKind::kAudio),
                counters_);
  }
  std::vector<FrameNumber> drain() {
    std::vector<FrameNumber> numbers;
    while (!queue_.empty()) numbers.push_back(queue_.take(counters_)->description.number);
    return numbers;
  }
  [[nodiscard]] std::uint64_t left_out(LeftOut reason) const {
    return counters_.of(MediaKind::kAudio).left_out[static_cast<std::size_t>(reason)];
  }

  using Numbers = std::vector<FrameNumber>;
  FramePool pool_{std::size_t{1} << 20};
  EgressCounters counters_;
  AudioQueue queue_{200ms};
};

TEST_F(AudioQueueTest, HandsOutWhatCameFirstAndCountsIt) {
  for (FrameNumber number = 0; number < 5; ++number) push(number);
  EXPECT_EQ(drain(), (Numbers{0, 1, 2, 3, 4}));
  EXPECT_EQ(counters_.of(MediaKind::kAudio).frames_sent, 5U);
  EXPECT_EQ(counters_.of(MediaKind::kAudio).bytes_sent, 5U * 80);
  EXPECT_EQ(counters_.of(MediaKind::kVideo).frames_sent, 0U);
}

TEST_F(AudioQueueTest, ADeadlineIsTheBudgetAfterAPunctualArrival) {
  push(0, kNow, 30ms);
  EXPECT_EQ(queue_.head_deadline(), kNow - 30ms + 200ms);
  queue_.set_latency_budget(500ms);
  EXPECT_EQ(queue_.head_deadline(), kNow - 30ms + 500ms);
}

TEST_F(AudioQueueTest, LeavesOutOnlyWhatCannotArriveInTime) {
  push(0, kNow);
  push(1, kNow + 20ms);
  push(2, kNow + 40ms);
  queue_.expire(kNow + 150ms, {.one_way_delay = 50ms},
                counters_);  // the first arrives exactly at its deadline
  EXPECT_EQ(left_out(LeftOut::kExpired), 0U);
  queue_.expire(kNow + 151ms, {.one_way_delay = 50ms}, counters_);
  EXPECT_EQ(left_out(LeftOut::kExpired), 1U);
  queue_.expire(kNow + 191ms, {.one_way_delay = 50ms}, counters_);
  EXPECT_EQ(left_out(LeftOut::kExpired), 3U);
  EXPECT_TRUE(queue_.empty());
}

TEST_F(AudioQueueTest, AFrameThatCameLateHasLessTimeLeft) {
  push(0, kNow, 150ms);
  queue_.expire(kNow + 51ms, {.one_way_delay = 0ms}, counters_);
  EXPECT_TRUE(queue_.empty());
}

TEST_F(AudioQueueTest, OverItsBoundTheOldestIsLeftOut) {
  for (FrameNumber number = 0; number < AudioQueue::kFramesMax; ++number) push(number);
  EXPECT_EQ(left_out(LeftOut::kOverflowed), 0U);
  push(64);
  push(65);
  EXPECT_EQ(left_out(LeftOut::kOverflowed), 2U);
  const Numbers numbers = drain();
  EXPECT_EQ(numbers.size(), AudioQueue::kFramesMax);
  EXPECT_EQ(numbers.front(), 2U);
  EXPECT_EQ(numbers.back(), 65U);
}

TEST_F(AudioQueueTest, ClearLeavesAllOutForTheReasonGiven) {
  for (FrameNumber number = 0; number < 3; ++number) push(number);
  queue_.clear(LeftOut::kThinned, counters_);
  EXPECT_TRUE(queue_.empty());
  EXPECT_EQ(left_out(LeftOut::kThinned), 3U);
  push(3);
  EXPECT_EQ(drain(), Numbers{3});
}

TEST_F(AudioQueueTest, KeepsAQuarterOfTheBudgetWhileSoundComesFasterThanItLeaves) {
  for (FrameNumber number = 0; number < 8; ++number) push(number, kNow + number * 20ms);
  const LinkEstimate fast{.bytes_per_second = 100'000, .one_way_delay = 50ms};
  queue_.expire(kNow + 149ms, fast, counters_);
  EXPECT_EQ(left_out(LeftOut::kExpired), 0U) << "a stall is over: all that is in time goes";
  const LinkEstimate slow{.bytes_per_second = 6'000, .one_way_delay = 50ms};
  queue_.expire(kNow + 149ms, slow, counters_);
  EXPECT_EQ(left_out(LeftOut::kExpired), 3U) << "of 0, 20 and 40 ms, as less than 50 ms are left";
  EXPECT_EQ(drain(), (Numbers{3, 4, 5, 6, 7}));
}

TEST_F(AudioQueueTest, SendsSoundOverAWayThatTakesTheWholeBudget) {
  push(0);
  const LinkEstimate satellite{.one_way_delay = 300ms, .propagation = 300ms};
  queue_.expire(kNow + 100ms, satellite, counters_);
  EXPECT_EQ(left_out(LeftOut::kExpired), 0U) << "late, but not silent";
  queue_.expire(kNow + 101ms, satellite, counters_);
  EXPECT_EQ(left_out(LeftOut::kExpired), 1U) << "half of the budget is left for all else";
}

}  // namespace
}  // namespace sluice::media
