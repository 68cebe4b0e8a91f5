#include "media/encoding_trial.h"

#include <gtest/gtest.h>

#include <tuple>

#include "tests/media/hand_made_frame.h"

namespace sluice::media {
namespace {

using namespace std::chrono_literals;

constexpr EncodingId kLarge{1};

class EncodingTrialTest : public testing::Test {
 protected:
  FrameRef frame(FrameNumber number, std::uint32_t bytes = 1000, EncodingId encoding = kLarge) {
    FrameDescription description = HandMade::keyframe(number, bytes);
    description.encoding = encoding;
    return hand_made_frame(pool_, description, now_);
  }
  VideoQueue::Piece take(std::size_t bytes_max) { return trial_.take(bytes_max, begun_); }

  FramePool pool_{std::size_t{1} << 20};
  Time now_{100s};
  BegunFrames begun_;
  EncodingTrial trial_{kLarge};
};

TEST_F(EncodingTrialTest, SendsEachFrameButForItsLastByteAndGivesItUp) {
  trial_.push(frame(3, 1000));
  EXPECT_EQ(take(600).bytes, 600U);
  const auto rest = take(600);
  EXPECT_EQ(rest.offset, 600U);
  EXPECT_EQ(rest.bytes, 399U);
  const auto mark = take(600);
  EXPECT_EQ(mark.offset, 999U);
  EXPECT_EQ(mark.bytes, 0U);
  EXPECT_TRUE(trial_.empty());
  EXPECT_FALSE(begun_.may_begin(kLarge, 3));
}

TEST_F(EncodingTrialTest, TakesNoFrameOfAnotherEncodingAndNoneOfOneByte) {
  trial_.push(frame(3, 1000, EncodingId{0}));
  trial_.push(frame(4, 1));
  EXPECT_TRUE(trial_.empty());
  EXPECT_EQ(trial_.frames_seen(), 0U);
}

TEST_F(EncodingTrialTest, OwesAMarkForAFrameThatIsHalfSentWhenItEnds) {
  trial_.push(frame(3));
  EXPECT_FALSE(trial_.end());
  std::ignore = take(100);
  const auto mark = trial_.end();
  ASSERT_TRUE(mark);
  EXPECT_EQ(mark->offset, 100U);
  EXPECT_EQ(mark->bytes, 0U);
}

TEST_F(EncodingTrialTest, LagsByTheAgeOfTheFirstFrameThatIsNotThrough) {
  trial_.push(frame(3));
  now_ += 30ms;
  trial_.push(frame(4));
  EXPECT_EQ(trial_.lag(now_), 30ms);
  while (!trial_.empty()) std::ignore = take(1000);
  EXPECT_EQ(trial_.lag(now_ + 1s), 0ms);
}

TEST_F(EncodingTrialTest, IsLostAtItsBound) {
  for (FrameNumber number = 0; number < 13; ++number) trial_.push(frame(number));
  EXPECT_EQ(trial_.lag(now_), Duration::max());
}

}  // namespace
}  // namespace sluice::media
