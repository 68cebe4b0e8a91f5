#include "media/reordering_buffer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>
#include <utility>
#include <vector>

namespace sluice::media {
namespace {

using namespace std::chrono_literals;

constexpr Time kStart{50s};
constexpr Duration kHold = 100ms;

class ReorderingBufferTest : public testing::Test {
 protected:
  FrameRef frame(FrameNumber number, Time arrival, bool keyframe = false) {
    FrameDescription description{};
    description.number = number;
    description.length = 1;
    description.keyframe = keyframe;
    FrameBuilder builder = pool_.allocate(description, MediaKind::kVideo);
    builder->arrival = arrival;
    return std::move(builder).finish();
  }
  static std::vector<FrameNumber> drain(ReorderingBuffer& buffer, Time now) {
    std::vector<FrameNumber> numbers;
    while (const FrameRef next = buffer.pop(now)) numbers.push_back(next->description.number);
    return numbers;
  }
  using Numbers = std::vector<FrameNumber>;

  FramePool pool_{1 << 22};
};

TEST_F(ReorderingBufferTest, PutsTheFramesOfTwoLanesInOrder) {
  ReorderingBuffer buffer{2, kHold, 32};
  buffer.push(frame(1, kStart), 0);
  EXPECT_TRUE(drain(buffer, kStart).empty()) << "the keyframe is still on the other lane";
  buffer.push(frame(0, kStart + 5ms, true), 1);
  EXPECT_EQ(drain(buffer, kStart + 5ms), (Numbers{0, 1}));
  buffer.push(frame(3, kStart + 10ms), 0);
  buffer.push(frame(4, kStart + 11ms), 0);
  EXPECT_TRUE(drain(buffer, kStart + 12ms).empty());
  buffer.push(frame(2, kStart + 20ms), 1);
  EXPECT_EQ(drain(buffer, kStart + 20ms), (Numbers{2, 3, 4}));
}

TEST_F(ReorderingBufferTest, AKeyframeThatComesFirstGoesOnAtOnce) {
  ReorderingBuffer buffer{2, kHold, 32};
  buffer.push(frame(7, kStart, true), 0);
  EXPECT_EQ(drain(buffer, kStart), Numbers{7});
}

TEST_F(ReorderingBufferTest, AGapThatAllLanesHavePassedIsNotWaitedFor) {
  ReorderingBuffer buffer{2, kHold, 32};
  buffer.push(frame(0, kStart, true), 0);
  EXPECT_EQ(drain(buffer, kStart), Numbers{0});
  buffer.push(frame(3, kStart + 1ms), 0);
  EXPECT_TRUE(drain(buffer, kStart + 1ms).empty()) << "1 and 2 may come on lane 1";
  buffer.push(frame(4, kStart + 2ms), 1);
  EXPECT_EQ(drain(buffer, kStart + 2ms), (Numbers{3, 4})) << "they were left out by the sender";
  EXPECT_EQ(buffer.given_up(), 0U);
}

TEST_F(ReorderingBufferTest, ASilentLaneIsWaitedForUntilTheDeadlineAndNoLonger) {
  ReorderingBuffer buffer{2, kHold, 32};
  buffer.push(frame(0, kStart, true), 0);
  EXPECT_EQ(drain(buffer, kStart), Numbers{0});
  buffer.push(frame(2, kStart + 10ms), 0);
  EXPECT_EQ(buffer.deadline(), kStart + 10ms + kHold);
  EXPECT_TRUE(drain(buffer, buffer.deadline() - 1us).empty());
  EXPECT_EQ(drain(buffer, buffer.deadline()), Numbers{2});
  EXPECT_EQ(buffer.given_up(), 1U);
  buffer.push(frame(1, kStart + 200ms), 1);
  EXPECT_TRUE(drain(buffer, kStart + 1s).empty());
  EXPECT_EQ(buffer.late(), 1U);
  EXPECT_EQ(buffer.deadline(), Time::max());
}

TEST_F(ReorderingBufferTest, AClosedLaneIsNotWaitedFor) {
  ReorderingBuffer buffer{2, kHold, 32};
  buffer.push(frame(0, kStart, true), 0);
  EXPECT_EQ(drain(buffer, kStart), Numbers{0});
  buffer.push(frame(2, kStart), 0);
  EXPECT_TRUE(drain(buffer, kStart).empty());
  buffer.close(1);
  EXPECT_EQ(drain(buffer, kStart), Numbers{2});
}

TEST_F(ReorderingBufferTest, ASingleLaneHoldsNothingBack) {
  ReorderingBuffer buffer{1, kHold, 32};
  for (const FrameNumber number : {5U, 6U, 9U, 20U}) {
    buffer.push(frame(number, kStart), 0);
    EXPECT_EQ(drain(buffer, kStart), Numbers{number});
  }
}

TEST_F(ReorderingBufferTest, AtItsBoundItGivesTheGapUp) {
  ReorderingBuffer buffer{2, 1h, 4};
  buffer.push(frame(0, kStart, true), 0);
  EXPECT_EQ(drain(buffer, kStart), Numbers{0});
  for (FrameNumber number = 2; number < 6; ++number) buffer.push(frame(number, kStart), 0);
  EXPECT_TRUE(drain(buffer, kStart).empty());
  buffer.push(frame(6, kStart), 0);
  EXPECT_EQ(drain(buffer, kStart), (Numbers{2, 3, 4, 5, 6}));
}

// Two or three lanes, each in order with its own delays, frames left out, numbers that wrap.
TEST_F(ReorderingBufferTest, KeepsItsPromisesOverAnyLanes) {
  for (unsigned seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    std::mt19937 random{seed};
    const std::size_t lanes = 1 + random() % 3;
    const bool patient = seed % 2 == 0;  // waits longer than any lane delays: loses nothing
    const Duration hold = patient ? 10s : kHold;
    ReorderingBuffer buffer{lanes, hold, patient ? 100'000U : 40U};
    std::multimap<Time, std::pair<FrameNumber, std::size_t>> arrivals;
    std::vector<Time> lane_time(lanes, kStart);
    FrameNumber number = 0xFFFFFF00U + static_cast<FrameNumber>(random() % 256);
    std::vector<FrameNumber> sent;
    for (int i = 0; i < 600; ++i) {
      const std::size_t lane = random() % lanes;
      const Duration delay{random() % 20 == 0 ? random() % 400'000 : random() % 30'000};
      lane_time[lane] = std::max(lane_time[lane], kStart + i * 10ms + delay);
      arrivals.emplace(lane_time[lane], std::pair{number, lane});
      sent.push_back(number);
      number += random() % 10 == 0 ? 1 + static_cast<FrameNumber>(random() % 5) : 1;
    }
    std::vector<FrameNumber> received;
    std::map<FrameNumber, Time> came;
    Time now = kStart;
    const auto take = [&] {
      while (const FrameRef next = buffer.pop(now)) {
        received.push_back(next->description.number);
        ASSERT_LE(now, came[received.back()] + hold) << "held too long";
      }
      ASSERT_GT(buffer.deadline(), now) << "would spin";
    };
    for (const auto& [arrival, what] : arrivals) {
      while (buffer.deadline() < arrival) {
        now = buffer.deadline();
        take();
      }
      now = arrival;
      came[what.first] = now;
      buffer.push(frame(what.first, now, what.first == sent.front()), what.second);
      take();
    }
    while (buffer.size() > 0) {
      now = buffer.deadline();
      take();
    }
    for (std::size_t i = 1; i < received.size(); ++i) {
      ASSERT_TRUE(is_newer(received[i], received[i - 1]));
    }
    ASSERT_EQ(received.size() + buffer.late(), sent.size());
    if (patient) {
      ASSERT_EQ(received, sent);
    }
  }
}

}  // namespace
}  // namespace sluice::media
