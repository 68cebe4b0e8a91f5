#include "media/layer_allocator.h"

#include <gtest/gtest.h>

#include <vector>

namespace sluice::media {
namespace {

using namespace std::chrono_literals;
using Action = LayerAllocator::Action;

constexpr EncodingId kSmall{0};
constexpr EncodingId kMiddle{1};
constexpr EncodingId kLarge{2};

/// Bytes a second from kbit/s.
constexpr double kbit(double value) { return value * 125; }

LinkEstimate link_of(double kbits, bool congested = true) {
  return {.bytes_per_second = kbit(kbits), .one_way_delay = 40ms, .congested = congested};
}

constexpr LinkEstimate kUnknownLink{.one_way_delay = 40ms, .congested = true};

class LayerAllocatorTest : public testing::Test {
 protected:
  LayerAllocatorTest() { add(TrackHandle{1}, kSmall); }

  void add(TrackHandle track, EncodingId asked, std::uint8_t priority = 128) {
    tracks_.push_back(
        {.track = track, .priority = priority, .rungs = rungs_, .asked = asked, .settled = true});
  }
  /// Decides each 50 ms until something is ordered, for `most` at most; carries it out roughly.
  std::vector<LayerAllocator::Order> decide_for(Duration most, const LinkEstimate& link) {
    for (const Time end = now_ + most; now_ < end; now_ += LayerAllocator::kInterval) {
      std::vector<LayerAllocator::Order> orders;
      sent_bytes_ += static_cast<std::uint64_t>(carried_ * 0.05);
      allocator_.decide(
          tracks_, {.link = link, .other_bytes_per_second = kbit(40), .sent_bytes = sent_bytes_},
          now_, orders);
      if (orders.empty()) continue;
      for (const auto& order : orders) carry_out(order);
      now_ += LayerAllocator::kInterval;
      return orders;
    }
    return {};
  }
  LayerAllocator::Track& track(std::size_t index = 0) { return tracks_[index]; }

  std::vector<Rung> rungs_{{kSmall, kbit(150)}, {kMiddle, kbit(500)}, {kLarge, kbit(1500)}};
  std::vector<LayerAllocator::Track> tracks_;
  LayerAllocator allocator_;
  Time now_{100s};
  double carried_ = 0;  ///< bytes a second that leave

 private:
  void carry_out(const LayerAllocator::Order& order) {
    for (auto& track : tracks_) {
      if (track.track != order.track) continue;
      track.trial_lag.reset();
      track.ready = false;
      track.ascending_to = order.encoding;
      track.ascent_began = now_;
      track.ascent = VideoStream::Ascent::kNone;
      if (order.action == Action::kTry) track.ascent = VideoStream::Ascent::kTrial;
      if (order.action == Action::kFetch) track.ascent = VideoStream::Ascent::kFetch;
      if (order.action == Action::kCommit || order.action == Action::kSwitch) {
        track.asked = order.encoding;
        track.left_out_share = 0;
      }
    }
  }
  std::uint64_t sent_bytes_ = 0;
};

#define EXPECT_ORDER(orders, wanted_action, wanted_encoding) \
  do {                                                       \
    const auto given = (orders);                             \
    ASSERT_EQ(given.size(), 1U);                             \
    EXPECT_EQ(given.front().action, wanted_action);          \
    EXPECT_EQ(given.front().encoding, wanted_encoding);      \
  } while (false)

// Up.

TEST_F(LayerAllocatorTest, ClimbsOneRungByATrialAFetchAndACommit) {
  EXPECT_ORDER(decide_for(1s, link_of(5000, false)), Action::kTry, kMiddle);
  track().trial_lag = 0ms;
  EXPECT_TRUE(decide_for(300ms, link_of(5000, false)).empty()) << "a trial takes 400 ms";
  EXPECT_ORDER(decide_for(200ms, link_of(5000, false)), Action::kFetch, kMiddle);
  EXPECT_TRUE(decide_for(500ms, link_of(5000, false)).empty()) << "the keyframe is not there";
  track().ready = true;
  EXPECT_ORDER(decide_for(100ms, link_of(5000, false)), Action::kCommit, kMiddle);
}

TEST_F(LayerAllocatorTest, TakesTheLargestAtOnceOnALan) {
  EXPECT_ORDER(decide_for(100ms, {.one_way_delay = 200us}), Action::kFetch, kLarge);
}

TEST_F(LayerAllocatorTest, EndsATrialThatLagsOnALinkTooSlow) {
  carried_ = kbit(400);
  decide_for(1s, kUnknownLink);
  track().trial_lag = 80ms;
  EXPECT_ORDER(decide_for(300ms, kUnknownLink), Action::kAbort, kMiddle);
}

TEST_F(LayerAllocatorTest, PassesATrialThatLagsWhenTheFullLinkNeedNotCarryBoth) {
  carried_ = kbit(560);
  decide_for(1s, kUnknownLink);
  track().trial_lag = 80ms;
  EXPECT_ORDER(decide_for(300ms, kUnknownLink), Action::kFetch, kMiddle);
}

TEST_F(LayerAllocatorTest, AbortsAnAscentThatHurtsThePicture) {
  decide_for(1s, link_of(5000));
  track().trial_lag = 0ms;
  track().left_out_share = 0.3;
  EXPECT_ORDER(decide_for(100ms, link_of(5000)), Action::kAbort, kMiddle);
}

TEST_F(LayerAllocatorTest, AbortsAFetchWhoseWayToThePresentIsTooLong) {
  decide_for(1s, link_of(800));
  track().trial_lag = 0ms;
  decide_for(1s, link_of(800));
  track().ready = true;
  track().bytes_to_present = 100'000;
  EXPECT_ORDER(decide_for(100ms, link_of(800)), Action::kAbort, kMiddle);
}

TEST_F(LayerAllocatorTest, WaitsLongerAfterEachFailureButFindsADoubledLinkWithinFiveSeconds) {
  Duration longest{};
  for (int attempt = 0; attempt < 5; ++attempt) {
    const Time began = now_;
    ASSERT_EQ(decide_for(20s, link_of(400)).front().action, Action::kTry);
    longest = std::max(longest, now_ - began);
    track().trial_lag = 80ms;
    ASSERT_EQ(decide_for(1s, link_of(400)).front().action, Action::kAbort);
  }
  EXPECT_GT(longest, 2s);
  EXPECT_LE(longest, 4500ms);
}

TEST_F(LayerAllocatorTest, ClimbsTheSmallestFirstThenTheMostImportant) {
  track().asked = kMiddle;
  add(TrackHandle{2}, kSmall, 10);
  add(TrackHandle{3}, kSmall, 200);
  const auto orders = decide_for(1s, link_of(9000, false));
  ASSERT_EQ(orders.size(), 1U);
  EXPECT_EQ(orders.front().track, TrackHandle{3});
}

TEST_F(LayerAllocatorTest, DoesNotClimbWhileATrackWaitsForItsKeyframe) {
  add(TrackHandle{2}, kSmall);
  track(1).settled = false;
  EXPECT_TRUE(decide_for(3s, link_of(9000)).empty());
}

// Down.

TEST_F(LayerAllocatorTest, DescendsToWhatTheLinkCarriesWhenTheUpperLayerIsLost) {
  track().asked = kLarge;
  track().left_out_share = 0.5;
  const Time began = now_;
  EXPECT_ORDER(decide_for(3s, link_of(700)), Action::kSwitch, kMiddle);
  EXPECT_LE(now_ - began, 700ms);
}

TEST_F(LayerAllocatorTest, DescendsSoonerWhenBaseFramesAreLate) {
  track().asked = kLarge;
  track().base_late = true;
  const Time began = now_;
  EXPECT_ORDER(decide_for(3s, link_of(250)), Action::kSwitch, kSmall);
  EXPECT_LE(now_ - began, 400ms);
}

TEST_F(LayerAllocatorTest, BearsAStallThatTheEstimateDoesNotExplain) {
  track().asked = kLarge;
  track().left_out_share = 0.7;
  EXPECT_TRUE(decide_for(1500ms, link_of(5000)).empty());
  EXPECT_ORDER(decide_for(1s, link_of(5000)), Action::kSwitch, kMiddle);
}

TEST_F(LayerAllocatorTest, KeepsWhatLosesOnlyAPartOfTheUpperLayer) {
  track().asked = kLarge;
  track().left_out_share = 0.3;
  EXPECT_TRUE(decide_for(20s, link_of(1400)).empty());
}

TEST_F(LayerAllocatorTest, LowersTheLeastImportantFirst) {
  tracks_.clear();
  add(TrackHandle{1}, kMiddle, 200);
  add(TrackHandle{2}, kMiddle, 10);
  track(1).left_out_share = 0.6;
  const auto orders = decide_for(2s, link_of(900));
  ASSERT_EQ(orders.size(), 1U);
  EXPECT_EQ(orders.front().track, TrackHandle{2});
  EXPECT_EQ(orders.front().encoding, kSmall);
}

TEST_F(LayerAllocatorTest, ClimbsBackEverMoreRarelyWhenClimbingWasWrong) {
  std::vector<Duration> pauses;
  for (int relapse = 0; relapse < 4; ++relapse) {
    track().asked = kMiddle;
    track().left_out_share = 0.7;
    ASSERT_EQ(decide_for(3s, link_of(300)).front().action, Action::kSwitch);
    const Time began = now_;
    ASSERT_EQ(decide_for(60s, link_of(300)).front().action, Action::kTry);
    pauses.push_back(now_ - began);
    track().trial_lag = 0ms;
    decide_for(1s, link_of(300));
    track().ready = true;
    ASSERT_EQ(decide_for(1s, link_of(300)).front().action, Action::kCommit);
  }
  EXPECT_LE(pauses.front(), 2500ms);
  EXPECT_GE(pauses.back(), 3 * pauses.front());
}

// Both.

TEST_F(LayerAllocatorTest, FollowsAPublisherThatStopsAnEncoding) {
  track().asked = kLarge;
  track().rungs = std::span{rungs_}.first(2);
  EXPECT_ORDER(decide_for(100ms, link_of(5000)), Action::kSwitch, kMiddle);
}

TEST_F(LayerAllocatorTest, GivesUpTheAscentToAnEncodingThatStops) {
  decide_for(1s, link_of(5000));
  track().rungs = std::span{rungs_}.first(1);
  EXPECT_ORDER(decide_for(100ms, link_of(5000)), Action::kAbort, kMiddle);
}

}  // namespace
}  // namespace sluice::media
