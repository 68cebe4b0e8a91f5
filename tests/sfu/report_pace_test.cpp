#include "sfu/report_pace.h"

#include <gtest/gtest.h>

namespace sluice::sfu {
namespace {

constexpr std::size_t kMany = ReportPace::kCrowd + 1;

/// What the last of some looks told; each of the others told nothing.
std::optional<bool> look(ReportPace& pace, const ReportPace::Look& look, int times) {
  for (int time = 1; time < times; ++time) EXPECT_FALSE(pace.look(look)) << time;
  return pace.look(look);
}

TEST(ReportPace, InACrowdWhoKeepsUpIsAskedForRareReports) {
  ReportPace pace;
  EXPECT_EQ(look(pace, {.sessions = kMany, .reports_often = true}, 3), true);
  EXPECT_FALSE(look(pace, {.sessions = kMany}, 10)) << "once";
}

TEST(ReportPace, AFewReportAsEver) {
  ReportPace pace;
  EXPECT_FALSE(look(pace, {.sessions = ReportPace::kCrowd, .reports_often = true}, 10));
}

TEST(ReportPace, NobodyIsAskedWhoDoesNotReport) {
  ReportPace pace;
  EXPECT_FALSE(look(pace, {.sessions = kMany}, 10));
}

TEST(ReportPace, AMomentsCongestionPutsItOff) {
  ReportPace pace;
  EXPECT_FALSE(look(pace, {.sessions = kMany, .reports_often = true}, 2));
  EXPECT_FALSE(pace.look({.sessions = kMany, .reports_often = true, .congested = true}));
  EXPECT_EQ(look(pace, {.sessions = kMany, .reports_often = true}, 3), true);
}

TEST(ReportPace, WhoStaysCongestedIsAskedForAllAgain) {
  ReportPace pace;
  EXPECT_EQ(look(pace, {.sessions = kMany, .reports_often = true}, 3), true);
  EXPECT_FALSE(look(pace, {.sessions = kMany, .congested = true}, 2));
  EXPECT_FALSE(pace.look({.sessions = kMany})) << "it was a moment";
  EXPECT_EQ(look(pace, {.sessions = kMany, .congested = true}, 3), false);
}

TEST(ReportPace, AStrainedLoopAsksForNoMore) {
  ReportPace pace;
  EXPECT_EQ(look(pace, {.sessions = kMany, .reports_often = true}, 3), true);
  EXPECT_FALSE(look(pace, {.sessions = kMany, .congested = true, .strained = true}, 10));
  EXPECT_EQ(look(pace, {.sessions = kMany, .congested = true}, 3), false);
}

TEST(ReportPace, WhenTheCrowdHasGoneReportsAreAsEver) {
  ReportPace pace;
  EXPECT_EQ(look(pace, {.sessions = kMany, .reports_often = true}, 3), true);
  EXPECT_EQ(look(pace, {.sessions = 1}, 3), false);
}

}  // namespace
}  // namespace sluice::sfu
