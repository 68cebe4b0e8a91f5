#include "tests/real/real_meeting.h"

#include <gtest/gtest.h>

namespace sluice::real {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(RealMeeting, DeliversEverythingInTimeOverALinkWithRoom) {
  sim::MeetingSettings settings;
  settings.link.capacity = sim::Capacity::constant(20e6);
  settings.link.round_trip = milliseconds{60};
  settings.length = seconds{4};
  const auto result = run_real_meeting(settings, "cubic");
  if (!result && result.error().find("root") != std::string::npos) {
    GTEST_SKIP() << "NOT TESTED: " << result.error();
  }
  ASSERT_TRUE(result) << result.error();
  const auto& outcome = result->meeting.outcome;
  // Of the 121st picture and the meeting's end, due in the same moment, either may come first.
  EXPECT_GE(outcome.video_sent, 120U);
  EXPECT_LE(outcome.video_sent, 121U);
  EXPECT_EQ(outcome.undecodable, 0U);
  // The first keyframe meets a congestion window that has not grown yet: over 200 ms are possible.
  EXPECT_LT(outcome.freeze_seconds, 0.2);
  // The last frames are still on the link at the end.
  EXPECT_GE(outcome.video_on_time, 112U);
  EXPECT_GE(outcome.audio_on_time, 190U);
  // Nobody is faster than the link.
  EXPECT_GE(sim::quantile_ms(outcome.audio_ages, 0), 30);
  EXPECT_LT(sim::quantile_ms(outcome.audio_ages, 0.5), 36);
  EXPECT_GT(result->link.delivered_bytes, outcome.bytes_received);
}

TEST(RealMeeting, SoundTakesTheLane) {
  sim::MeetingSettings settings;
  settings.link.capacity = sim::Capacity::constant(20e6);
  settings.link.round_trip = milliseconds{60};
  settings.length = seconds{2};
  const auto result = run_real_meeting(settings, "cubic", true);
  if (!result && result.error().find("root") != std::string::npos) {
    GTEST_SKIP() << "NOT TESTED: " << result.error();
  }
  ASSERT_TRUE(result) << result.error();
  EXPECT_EQ(result->lanes_opened, 1U);
  EXPECT_GE(result->meeting.outcome.audio_on_time, 90U);
  EXPECT_GE(result->lane_frames, 90U);
  EXPECT_LE(result->lane_frames, 101U) << "pictures came over it";
}

TEST(RealMeeting, SaysThatItEmulatesNoSlowReader) {
  sim::MeetingSettings settings;
  settings.link.read_bits_per_second = 500e3;
  EXPECT_FALSE(run_real_meeting(settings, "cubic"));
}

}  // namespace
}  // namespace sluice::real
