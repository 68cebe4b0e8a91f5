#include "client/flight/flight_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sluice::client {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

const std::string kHead =
    R"({"format":"sluice-flight","version":1,"session":"17","begins_utc":"2026-01-01T00:00:00.000Z",)"
    R"("length_ms":60000,"known_from_ms":0,"tracks":[{"track":3,"source":"camera","encodings":[)"
    R"({"enc":0,"width":320,"height":180,"bitrate_bps":150000}],"subscribed_ms":0,)"
    R"("offered_from_ms":0,"latency_budget_ms":400,"max_layer":15,"largest_enc":0,"shown_enc":0}]})"
    "\n";
const std::string kOffered =
    R"({"e":"offered","t":10.5,"track":3,"enc":0,"n":7,"layer":2,"bytes":900,"late_ms":1.5,)"
    R"("needs":[5,6]})"
    "\n";

std::string fault_of(const std::string& text) {
  const auto log = parse_flight_log(text);
  return log ? "none" : log.error();
}

TEST(FlightLog, ReadsFramesFatesAndTheLink) {
  const auto log = parse_flight_log(
      kHead + kOffered +
      R"({"e":"left_out","t":90,"track":3,"enc":0,"n":7,"layer":2,"why":"thinned",)"
      R"("to_deadline_ms":-20.5,"queued_bytes":4000})"
      "\n"
      R"({"e":"sent","t":80,"track":3,"enc":0,"n":6,"layer":0,"waited_ms":70})"
      "\n"
      R"({"e":"socket","t":70,"outstanding":5,"unsent":6,"acked":7,"rtt_ms":80.5,"min_rtt_ms":40})"
      "\n"
      R"({"e":"link","t":70,"bps":300000,"in_flight":9,"queue_ms":12,"congested":true})"
      "\n");
  ASSERT_TRUE(log) << log.error();
  EXPECT_EQ(log->session, "17");
  ASSERT_THAT(log->tracks, SizeIs(1));
  const FlightLog::Track& track = log->tracks.front();
  EXPECT_TRUE(track.video);
  ASSERT_THAT(track.offered, SizeIs(1));
  EXPECT_EQ(track.offered[0].number, 7U);
  EXPECT_EQ(track.offered[0].late_ms, 1.5);
  EXPECT_THAT(track.offered[0].needs, ElementsAre(5, 6));
  // By time, whatever their order in the file.
  ASSERT_THAT(track.fates, SizeIs(2));
  EXPECT_EQ(track.fates[0].deed, FlightLog::Deed::kSent);
  EXPECT_EQ(track.fates[1].reason, media::LeftOut::kThinned);
  EXPECT_EQ(track.fates[1].to_deadline_ms, -20.5);
  ASSERT_THAT(log->links, SizeIs(1));
  EXPECT_EQ(log->links[0].bits_per_second, 300'000U);
  EXPECT_FALSE(log->links[0].cap_bytes);
  ASSERT_THAT(log->sockets, SizeIs(1));
  EXPECT_EQ(log->sockets[0].round_trip_ms, 80.5);
}

TEST(FlightLog, SkipsWhatANewerServerAdds) {
  const auto log = parse_flight_log(
      kHead + R"({"e":"weather","t":1,"sky":"blue"})" + "\n" +
      R"({"e":"sent","t":1,"track":99,"enc":0,"n":1,"layer":0,"waited_ms":1})" + "\n");
  ASSERT_TRUE(log) << log.error();
  EXPECT_THAT(log->tracks, SizeIs(1));
}

TEST(FlightLog, SaysWhatIsWrongAndWhere) {
  EXPECT_EQ(fault_of(""), "the log is empty");
  EXPECT_THAT(fault_of("GIF89a"), AllOf(HasSubstr("line 1"), HasSubstr("no flight log")));
  EXPECT_THAT(fault_of("{}\n"), AllOf(HasSubstr("line 1"), HasSubstr("no flight log")));
  EXPECT_THAT(fault_of(R"({"format":"sluice-flight","version":2})"), HasSubstr("version 2"));
  EXPECT_THAT(fault_of(kHead + kOffered.substr(0, 40)),
              AllOf(HasSubstr("line 2"), HasSubstr("cut off")));
  EXPECT_THAT(fault_of(kHead + R"({"e":"offered","t":1,"track":3,"enc":16,"n":7})"),
              AllOf(HasSubstr("line 2"), HasSubstr("enc is out of its range")));
  EXPECT_THAT(
      fault_of(kHead + R"({"e":"left_out","t":1,"track":3,"enc":0,"n":7,"layer":0,"why":"x",)" +
               R"("to_deadline_ms":0,"queued_bytes":0})"),
      HasSubstr("why is none of the words"));
  EXPECT_THAT(fault_of(kHead + R"({"e":"link","t":"soon"})"), HasSubstr("t is no number"));
}

// A file that was not written whole: every cut is an error in one sentence or a shorter log.
TEST(FlightLog, SurvivesACutAnywhere) {
  const std::string whole = kHead + kOffered;
  for (std::size_t length = 0; length < whole.size(); ++length) {
    const auto log = parse_flight_log(std::string_view{whole}.substr(0, length));
    if (!log) {
      EXPECT_FALSE(log.error().empty());
    }
  }
}

// Names of sessions and sources go to a terminal.
TEST(FlightLog, RefusesControlCharacters) {
  std::string evil = kHead;
  evil.replace(evil.find("\"17\""), 4, R"("\u001b[2J")");
  EXPECT_THAT(fault_of(evil), HasSubstr("session is no short word"));
}

}  // namespace
}  // namespace sluice::client
