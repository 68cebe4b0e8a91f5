#include "media/trial_judge.h"

#include <gtest/gtest.h>

namespace sluice::media {
namespace {

using namespace std::chrono_literals;
using Verdict = TrialJudge::Verdict;

/// Judges each 50 ms a trial that began at `begin`, until there is a verdict; returns when.
struct Course {
  Time begin{100s};
  Duration lag{};
  double carried = 0;  ///< bytes a second
  double enough = 50'000;

  std::pair<Verdict, Duration> run(TrialJudge& judge) const {
    for (Duration age{}; age < 2s; age += 50ms) {
      const double sent = 1e6 + carried * static_cast<double>(age.count()) / 1e6;
      const Verdict verdict = judge.judge({.began = begin,
                                           .lag = lag,
                                           .sent_bytes = static_cast<std::uint64_t>(sent),
                                           .enough_bytes_per_second = enough},
                                          begin + age);
      if (verdict != Verdict::kGoesOn) return {verdict, age};
    }
    return {Verdict::kGoesOn, 2s};
  }
};

TEST(TrialJudge, PassesWhatNeverWaitedLong) {
  TrialJudge judge;
  EXPECT_EQ(Course({.lag = 50ms}).run(judge), std::pair(Verdict::kPassed, Duration{400ms}));
}

TEST(TrialJudge, AFullLinkPassesWhenItCarriesEnough) {
  TrialJudge judge;
  EXPECT_EQ(Course({.lag = 51ms, .carried = 50'100}).run(judge),
            std::pair(Verdict::kPassed, Duration{250ms}));
}

TEST(TrialJudge, AFullLinkFailsWhenItDoesNot) {
  TrialJudge judge;
  EXPECT_EQ(Course({.lag = 51ms, .carried = 49'900}).run(judge),
            std::pair(Verdict::kFailed, Duration{250ms}));
}

TEST(TrialJudge, EachTrialIsMeasuredByItself) {
  TrialJudge judge;
  std::ignore = Course({.lag = 51ms, .carried = 49'900}).run(judge);
  // The bytes between the two are nobody's.
  EXPECT_EQ(Course({.begin = Time{200s}, .lag = 51ms, .carried = 49'900}).run(judge).first,
            Verdict::kFailed);
}

TEST(TrialJudge, GoesOnUntilTheFirstFrameCame) {
  TrialJudge judge;
  EXPECT_EQ(judge.judge({.began = Time{100s}}, Time{103s}), Verdict::kGoesOn);
}

}  // namespace
}  // namespace sluice::media
