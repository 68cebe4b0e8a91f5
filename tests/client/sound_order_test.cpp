#include "client/sound_order.h"

#include <gtest/gtest.h>

#include <utility>
#include <vector>

#include "media/frame_pool.h"

namespace sluice::client {
namespace {

using namespace std::chrono_literals;
using Way = SoundOrder::Way;

constexpr media::Time kStart{50s};
constexpr media::TrackHandle kSound{3};
constexpr media::TrackHandle kOther{4};

class SoundOrderTest : public testing::Test {
 protected:
  void push(media::FrameNumber number, Way way, media::TrackHandle track = kSound) {
    media::FrameBuilder builder =
        pool_.allocate({.track = track, .number = number, .length = 1}, media::MediaKind::kAudio);
    builder->arrival = now_;
    order_.push(std::move(builder).finish(), way);
  }
  std::vector<media::FrameNumber> drain() {
    std::vector<media::FrameNumber> numbers;
    while (const media::FrameRef frame = order_.pop(now_)) {
      numbers.push_back(frame->description.number);
    }
    return numbers;
  }
  using Numbers = std::vector<media::FrameNumber>;

  media::FramePool pool_{1 << 20};
  media::Time now_ = kStart;
  SoundOrder order_;
};

TEST_F(SoundOrderTest, OfOneConnectionNothingEverWaits) {
  push(7, Way::kFirst);
  EXPECT_EQ(drain(), Numbers{7});
  push(8, Way::kFirst);
  push(11, Way::kFirst);
  EXPECT_EQ(drain(), (Numbers{8, 11})) << "what is missing was left out by the server";
  EXPECT_EQ(order_.deadline(), media::Time::max());
}

TEST_F(SoundOrderTest, TheLastFramesOfTheOldConnectionComeBeforeTheFirstOfTheNewOne) {
  push(1, Way::kFirst);
  EXPECT_EQ(drain(), Numbers{1});
  push(4, Way::kLane);
  EXPECT_TRUE(drain().empty()) << "2 and 3 may be on their way";
  EXPECT_EQ(order_.deadline(), kStart + SoundOrder::kHoldMost);
  push(2, Way::kFirst);
  push(3, Way::kFirst);
  EXPECT_EQ(drain(), (Numbers{2, 3, 4}));
  push(4, Way::kFirst);
  EXPECT_TRUE(drain().empty()) << "it came twice";
}

TEST_F(SoundOrderTest, WhatDoesNotComeIsWaitedForNoLongerThanAGapThatNobodyMinds) {
  push(1, Way::kFirst);
  EXPECT_EQ(drain(), Numbers{1});
  push(4, Way::kLane);
  now_ += SoundOrder::kHoldMost;
  EXPECT_EQ(drain(), Numbers{4});
  push(2, Way::kFirst);
  EXPECT_TRUE(drain().empty()) << "too late";
}

TEST_F(SoundOrderTest, AConnectionThatBringsNothingIsSoonNotWaitedFor) {
  push(0, Way::kFirst);
  for (media::FrameNumber number = 1; number <= SoundOrder::kQuietFrames; ++number) {
    push(number, Way::kLane);
  }
  EXPECT_EQ(drain().size(), 11U);
  push(20, Way::kLane);
  EXPECT_EQ(drain(), Numbers{20});
}

TEST_F(SoundOrderTest, NobodyWaitsForALaneThatEnded) {
  push(1, Way::kFirst);
  push(2, Way::kLane);
  EXPECT_EQ(drain(), (Numbers{1, 2}));
  push(5, Way::kFirst);
  EXPECT_TRUE(drain().empty());
  order_.lane_closed();
  EXPECT_EQ(drain(), Numbers{5});
}

TEST_F(SoundOrderTest, TracksDoNotWaitForOneAnother) {
  push(1, Way::kFirst);
  EXPECT_EQ(drain(), Numbers{1});
  push(4, Way::kLane);
  push(9, Way::kLane, kOther);
  EXPECT_EQ(drain(), Numbers{9});
  order_.forget(kSound);
  EXPECT_EQ(order_.deadline(), media::Time::max());
}

}  // namespace
}  // namespace sluice::client
