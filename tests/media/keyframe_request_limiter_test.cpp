#include "media/keyframe_request_limiter.h"

#include <gtest/gtest.h>

namespace sluice::media {
namespace {

using namespace std::chrono_literals;

constexpr Time kJoined{10s};

class KeyframeRequestLimiterTest : public testing::Test {
 protected:
  KeyframeRequestLimiter limiter_{500ms, 2s};
};

TEST_F(KeyframeRequestLimiterTest, AsksForNothingThatNobodyWants) {
  EXPECT_EQ(limiter_.deadline(), Time::max());
  EXPECT_FALSE(limiter_.poll(kJoined));
  EXPECT_FALSE(limiter_.poll(kJoined + 1h));
}

TEST_F(KeyframeRequestLimiterTest, AsksAtOnceForTheFirstRequest) {
  limiter_.request();
  EXPECT_LE(limiter_.deadline(), kJoined);
  EXPECT_TRUE(limiter_.poll(kJoined));
  EXPECT_FALSE(limiter_.poll(kJoined));
}

TEST_F(KeyframeRequestLimiterTest, AKeyframeServesAllWhoWaitForIt) {
  limiter_.request();
  ASSERT_TRUE(limiter_.poll(kJoined));
  for (int viewer = 0; viewer < 10; ++viewer) limiter_.request();
  EXPECT_FALSE(limiter_.poll(kJoined + 100ms));
  limiter_.keyframe_arrived();
  EXPECT_EQ(limiter_.deadline(), Time::max());
  EXPECT_FALSE(limiter_.poll(kJoined + 1h));
}

TEST_F(KeyframeRequestLimiterTest, MergesRequestsThatComeWithinTheInterval) {
  limiter_.request();
  ASSERT_TRUE(limiter_.poll(kJoined));
  limiter_.keyframe_arrived();
  limiter_.request();
  limiter_.request();
  EXPECT_EQ(limiter_.deadline(), kJoined + 500ms);
  EXPECT_FALSE(limiter_.poll(kJoined + 499ms));
  EXPECT_TRUE(limiter_.poll(kJoined + 500ms)) << "late, never lost";
  EXPECT_FALSE(limiter_.poll(kJoined + 500ms));
}

TEST_F(KeyframeRequestLimiterTest, AsksAgainWhenThePublisherDidNotAnswer) {
  limiter_.request();
  ASSERT_TRUE(limiter_.poll(kJoined));
  EXPECT_EQ(limiter_.deadline(), kJoined + 2s);
  EXPECT_FALSE(limiter_.poll(kJoined + 1999ms));
  EXPECT_TRUE(limiter_.poll(kJoined + 2s));
  EXPECT_EQ(limiter_.deadline(), kJoined + 4s);
}

TEST_F(KeyframeRequestLimiterTest, ThoseWhoJoinWhileItIsAskedForDoNotDelayTheRetry) {
  limiter_.request();
  ASSERT_TRUE(limiter_.poll(kJoined));
  limiter_.request();
  EXPECT_EQ(limiter_.deadline(), kJoined + 2s);
}

TEST_F(KeyframeRequestLimiterTest, AKeyframeThatComesByItselfServesARequestToo) {
  limiter_.request();
  limiter_.keyframe_arrived();
  EXPECT_FALSE(limiter_.poll(kJoined));
}

TEST_F(KeyframeRequestLimiterTest, APublisherIsAskedAtMostOnceEachInterval) {
  int asked = 0;
  for (Duration after{}; after < 10s; after += 10ms) {
    limiter_.request();
    if (limiter_.poll(kJoined + after)) {
      ++asked;
      limiter_.keyframe_arrived();
    }
  }
  EXPECT_EQ(asked, 20);
}

}  // namespace
}  // namespace sluice::media
