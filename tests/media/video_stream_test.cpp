#include "media/video_stream.h"

#include <gtest/gtest.h>

#include <vector>

#include "tests/media/hand_made_frame.h"

namespace sluice::media {
namespace {

using namespace std::chrono_literals;

constexpr EncodingId kSmall{0};
constexpr EncodingId kLarge{1};
constexpr std::size_t kWhole = 1 << 30;

class VideoStreamTest : public testing::Test {
 protected:
  void SetUp() override {
    push(HandMade::keyframe(0), kSmall);
    send_current();
    ASSERT_TRUE(stream_.current().settled());
  }
  void push(FrameDescription description, EncodingId encoding) {
    description.encoding = encoding;
    stream_.push(hand_made_frame(pool_, description, now_), counters_);
  }
  void send_current() {
    while (!stream_.current().empty()) std::ignore = stream_.current().take(kWhole, counters_);
  }
  void send_background() {
    while (stream_.background_waiting()) std::ignore = stream_.take_background(kWhole, counters_);
  }
  void fetch_whole_keyframe() {
    stream_.begin_fetch(kLarge, now_, counters_);
    ASSERT_EQ(stream_.upcoming_wants_keyframe(now_), kLarge);
    push(HandMade::keyframe(100, 5000), kLarge);
    send_background();
  }

  FramePool pool_{std::size_t{1} << 20};
  EgressCounters counters_;
  Time now_{100s};
  VideoStream stream_{{}, 400ms};
};

TEST_F(VideoStreamTest, HoldsTheEndOfTheLargerKeyframeUntilTheCommit) {
  fetch_whole_keyframe();
  EXPECT_TRUE(stream_.ready());
  push(HandMade::delta(1, {0}), kSmall);
  EXPECT_EQ(stream_.current().encoding(), kSmall);
  send_current();
  push(HandMade::delta(101, {100}), kLarge);
  stream_.commit(counters_);
  EXPECT_EQ(stream_.current().encoding(), kLarge);
  const auto rest = stream_.current().take(kWhole, counters_);
  EXPECT_TRUE(rest.last());
  EXPECT_EQ(rest.frame->description.number, 100U);
  EXPECT_EQ(stream_.current().head().description.number, 101U);
  send_current();
  EXPECT_TRUE(stream_.current().settled());
  push(HandMade::delta(2, {1}), kSmall);
  EXPECT_TRUE(stream_.current().empty()) << "the old encoding went on after the switch";
}

TEST_F(VideoStreamTest, IsNotReadyWhileAFrameOfTheOldEncodingIsHalfSent) {
  fetch_whole_keyframe();
  push(HandMade::delta(1, {0}), kSmall);
  std::ignore = stream_.current().take(10, counters_);
  EXPECT_FALSE(stream_.ready());
  send_current();
  EXPECT_TRUE(stream_.ready());
}

TEST_F(VideoStreamTest, TakesNoEnhancementOfTheLargerEncodingBeforeTheCommit) {
  fetch_whole_keyframe();
  const std::size_t held = stream_.bytes_to_present();
  push(HandMade::delta(101, {100}, 2), kLarge);
  EXPECT_EQ(stream_.bytes_to_present(), held);
  stream_.commit(counters_);
  push(HandMade::delta(102, {100}, 0), kLarge);
  push(HandMade::delta(103, {102}, 2), kLarge);
  std::vector<FrameNumber> numbers;
  while (!stream_.current().empty()) {
    numbers.push_back(stream_.current().take(kWhole, counters_).frame->description.number);
  }
  EXPECT_EQ(numbers, (std::vector<FrameNumber>{100, 102, 103}));
}

TEST_F(VideoStreamTest, AnAbortedFetchOwesOneMarkAndLeavesThePictureAlone) {
  fetch_whole_keyframe();
  stream_.abort(counters_);
  EXPECT_EQ(stream_.ascent(), VideoStream::Ascent::kNone);
  const auto mark = stream_.take_abandoned();
  ASSERT_TRUE(mark);
  EXPECT_EQ(mark->frame->description.number, 100U);
  EXPECT_EQ(mark->bytes, 0U);
  EXPECT_FALSE(stream_.take_abandoned());
  push(HandMade::delta(1, {0}), kSmall);
  EXPECT_EQ(stream_.current().bytes(), 1000U);
}

TEST_F(VideoStreamTest, AMarkThatIsOwedOutlivesTrialsThatBeginNothing) {
  stream_.begin_trial(kLarge, now_);
  push(HandMade::keyframe(100), kLarge);
  std::ignore = stream_.take_background(100, counters_);
  stream_.abort(counters_);
  stream_.begin_trial(kLarge, now_);
  stream_.abort(counters_);
  EXPECT_TRUE(stream_.owes_abandon_mark());
}

TEST_F(VideoStreamTest, DoesNotBeginAgainFromTheCacheWhatATrialHasBegun) {
  FrameDescription description = HandMade::keyframe(100);
  description.encoding = kLarge;
  const std::vector group{hand_made_frame(pool_, description, now_)};
  stream_.begin_trial(kLarge, now_);
  stream_.push(group.front(), counters_);
  send_background();
  stream_.begin_fetch(kLarge, now_, counters_);
  EXPECT_FALSE(stream_.push_group(group, {}, counters_));
  EXPECT_TRUE(stream_.upcoming_wants_keyframe(now_));
}

TEST_F(VideoStreamTest, TakesOnlyAGroupOfAnEncodingThatItWants) {
  FrameDescription description = HandMade::keyframe(100);
  description.encoding = kLarge;
  const std::vector group{hand_made_frame(pool_, description, now_)};
  EXPECT_FALSE(stream_.push_group(group, {}, counters_));
  stream_.begin_fetch(kLarge, now_, counters_);
  EXPECT_TRUE(stream_.push_group(group, {}, counters_));
  EXPECT_TRUE(stream_.current().empty());
}

}  // namespace
}  // namespace sluice::media
