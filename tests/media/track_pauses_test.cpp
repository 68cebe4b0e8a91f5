#include "media/track_pauses.h"

#include <gtest/gtest.h>

#include <vector>

namespace sluice::media {
namespace {

using namespace std::chrono_literals;

/// Bytes a second from kbit/s.
constexpr double kbit(double value) { return value * 125; }

class TrackPausesTest : public testing::Test {
 protected:
  void add(int tracks, double base_kbits, std::uint8_t priority = 128) {
    for (; tracks > 0; --tracks) {
      tracks_.push_back({.track = TrackHandle{static_cast<std::uint16_t>(tracks_.size() + 1)},
                         .priority = priority,
                         .base_bytes_per_second = kbit(base_kbits),
                         .live = true});
    }
  }
  /// Decides each 50 ms for so long. The link carries `carries_`; while `pain_` those that are
  /// shown are in trouble whenever they need more than that.
  void pass(Duration time) {
    for (const Time end = now_ + time; now_ < end; now_ += TrackPauses::kInterval) {
      double needed = sound_;
      bool tried = false;
      for (const auto& track : tracks_) {
        needed += track.paused && !track.tried ? 0 : *track.base_bytes_per_second;
        tried = tried || track.tried;
        trials_ += track.tried && !track.trial_lag ? 1 : 0;
      }
      const bool full = needed > carries_;
      for (auto& track : tracks_) {
        track.in_trouble = pain_ && full && !tried && !track.paused;
        track.trial_lag =
            track.tried ? std::optional{full ? Duration{100ms} : Duration{}} : std::nullopt;
      }
      if (!outage_) sent_bytes_ += static_cast<std::uint64_t>(std::min(needed, carries_) * 0.05);
      pauses_.decide(tracks_,
                     {.link = {.bytes_per_second = estimate_, .congested = true},
                      .sound_bytes_per_second = sound_,
                      .sent_bytes = sent_bytes_,
                      .trial_elsewhere = trial_elsewhere_},
                     now_);
    }
  }
  void set_link(double kbits) {
    carries_ = kbit(kbits);
    estimate_ = carries_;
  }
  [[nodiscard]] std::vector<bool> paused() const {
    std::vector<bool> paused;
    paused.reserve(tracks_.size());
    for (const auto& track : tracks_) paused.push_back(track.paused);
    return paused;
  }
  [[nodiscard]] std::ptrdiff_t shown() const {
    return std::ranges::count(tracks_, false, &TrackPauses::Track::paused);
  }

  std::vector<TrackPauses::Track> tracks_;
  TrackPauses pauses_;
  Time now_{100s};
  double carries_ = kbit(300);
  std::optional<double> estimate_ = kbit(300);
  double sound_ = kbit(50);
  bool pain_ = true;
  bool outage_ = false;
  bool trial_elsewhere_ = false;
  int trials_ = 0;

 private:
  std::uint64_t sent_bytes_ = 0;
};

TEST_F(TrackPausesTest, PausesNobodyWhereAllFit) {
  add(3, 60);
  pass(60s);
  EXPECT_EQ(shown(), 3);
  EXPECT_EQ(trials_, 0);
}

TEST_F(TrackPausesTest, PausesNobodyWithoutTrouble) {
  add(4, 100);
  pain_ = false;
  pass(60s);
  EXPECT_EQ(shown(), 4);
}

TEST_F(TrackPausesTest, PausesWhatDoesNotFitAndKeepsWhoWasThereFirst) {
  add(4, 100);
  pass(5s);
  EXPECT_EQ(paused(), (std::vector{false, false, true, true}));
}

TEST_F(TrackPausesTest, TheLeastImportantArePausedFirst) {
  add(2, 100, 10);
  add(2, 100, 200);
  pass(5s);
  EXPECT_EQ(paused(), (std::vector{true, true, false, false}));
}

TEST_F(TrackPausesTest, OneThatIsTooLargeDoesNotTakeTheOthersWithIt) {
  add(1, 900);
  add(3, 60);
  pass(5s);
  EXPECT_EQ(paused(), (std::vector{true, false, false, false}));
}

TEST_F(TrackPausesTest, AMomentOfTroublePausesNobody) {
  add(4, 100);
  pass(700ms);
  pain_ = false;
  pass(2s);
  pain_ = true;
  pass(700ms);
  EXPECT_EQ(shown(), 4);
}

TEST_F(TrackPausesTest, AnOutagePausesNobodyNorDoesTheEstimateThatItLeaves) {
  add(4, 60);
  set_link(600);
  pass(2s);
  outage_ = true;
  carries_ = 0;
  pass(3s);
  outage_ = false;
  estimate_ = kbit(30);
  carries_ = kbit(100);  // what the way back to the present looks like
  pass(1400ms);
  set_link(600);
  pass(5s);
  EXPECT_EQ(shown(), 4);
}

TEST_F(TrackPausesTest, WhereTheEstimateIsWrongOneAtATimeIsPausedAndLate) {
  add(4, 100);
  estimate_ = kbit(2000);
  pass(2900ms);
  EXPECT_EQ(shown(), 4);
  pass(300ms);
  EXPECT_EQ(shown(), 3);
}

TEST_F(TrackPausesTest, ThatWaitsUntilAllHaveTheirSmallestEncoding) {
  add(4, 100);
  estimate_ = kbit(2000);
  tracks_[1].smallest = false;
  pass(10s);
  EXPECT_EQ(shown(), 4);
}

TEST_F(TrackPausesTest, TheLastStaysEvenIfItDoesNotFit) {
  add(3, 400);
  pass(10s);
  EXPECT_EQ(paused(), (std::vector{false, true, true}));
}

TEST_F(TrackPausesTest, NobodyStaysWhereSoundNeedsAllThatThereIs) {
  add(3, 100);
  sound_ = kbit(290);
  pass(10s);
  EXPECT_EQ(shown(), 0);
}

TEST_F(TrackPausesTest, ComesBackWhenTheLinkIsFasterWhateverTheEstimateSays) {
  add(3, 100);
  sound_ = kbit(290);
  pass(10s);
  ASSERT_EQ(shown(), 0);
  carries_ = kbit(3000);  // the estimate stays: only sound is sent
  pass(15s);
  EXPECT_EQ(shown(), 3);
}

TEST_F(TrackPausesTest, TriesEverMoreRarelyWhatALinkDoesNotCarry) {
  add(4, 100);
  pass(60s);
  EXPECT_EQ(shown(), 2);
  EXPECT_GE(trials_, 6);
  EXPECT_LE(trials_, 12);
}

TEST_F(TrackPausesTest, NothingIsTriedWhileALargerEncodingIs) {
  add(4, 100);
  trial_elsewhere_ = true;
  pass(20s);
  EXPECT_EQ(trials_, 0);
}

TEST_F(TrackPausesTest, TheMostImportantComesBackFirst) {
  add(3, 100);
  add(1, 100, 120);
  pass(5s);
  ASSERT_EQ(shown(), 2);
  tracks_[3].priority = 129;
  // It takes the place of one of those that are shown, at once.
  pass(100ms);
  EXPECT_EQ(paused(), (std::vector{false, true, true, false}));
}

TEST_F(TrackPausesTest, ATrackThatDoesNotBecomeLiveIsPausedAgain) {
  add(3, 100);
  set_link(300);
  pass(5s);
  ASSERT_EQ(shown(), 2);
  tracks_[2].live = false;
  set_link(3000);
  pass(9s);
  ASSERT_EQ(shown(), 3);
  pass(4s);
  EXPECT_EQ(shown(), 2);
}

TEST_F(TrackPausesTest, AMutedCameraIsNotPaused) {
  add(4, 100);
  pass(5s);
  ASSERT_EQ(shown(), 2);
  tracks_[3].base_bytes_per_second = 0;
  pass(100ms);
  EXPECT_FALSE(tracks_[3].paused);
}

TEST_F(TrackPausesTest, OneThatIsLeftAloneIsNotPaused) {
  add(3, 400);
  pass(10s);
  ASSERT_TRUE(tracks_[2].paused);
  tracks_.erase(tracks_.begin(), tracks_.begin() + 2);
  pass(100ms);
  EXPECT_FALSE(tracks_[0].paused);
}

}  // namespace
}  // namespace sluice::media
