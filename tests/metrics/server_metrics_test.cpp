#include "metrics/server_metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

namespace sluice::metrics {
namespace {

using testing::HasSubstr;
using testing::Not;

ServerMetrics two_shards() {
  return ServerMetrics{
      {.shards = 2, .version = "1.2.3", .error_codes = {"bad_message", "unknown_track"}}};
}

/// The value of the sample that a line of `page` begins with, or "absent".
std::string sample(const std::string& page, const std::string& name_and_labels) {
  std::istringstream lines{page};
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with(name_and_labels + " ")) return line.substr(name_and_labels.size() + 1);
  }
  return "absent";
}

TEST(ServerMetrics, AddUpTheShards) {
  ServerMetrics metrics = two_shards();
  metrics.shard(0).rooms.add(2);
  metrics.shard(1).rooms.add(1);
  metrics.shard(0).frames_sent[FrameKind::kAudio].add(40);
  metrics.shard(1).frames_sent[FrameKind::kAudio].add(2);
  const std::string page = metrics.exposition();
  EXPECT_EQ(sample(page, "sluice_rooms"), "3");
  EXPECT_EQ(sample(page, "sluice_frames_sent_total{kind=\"audio\"}"), "42");
  EXPECT_EQ(sample(page, "sluice_frames_sent_total{kind=\"video\"}"), "0");
}

TEST(ServerMetrics, LetAGaugeRiseOnOneShardAndFallOnAnother) {
  ServerMetrics metrics = two_shards();
  metrics.shard(0).participants.add(5);
  metrics.shard(1).participants.add(-2);
  EXPECT_EQ(sample(metrics.exposition(), "sluice_participants"), "3");
}

TEST(ServerMetrics, ShowEveryReasonForLeavingOutAFrameBeforeItHappens) {
  const std::string page = two_shards().exposition();
  for (const std::string_view reason : LabelValues<LeftOut>::kNames) {
    EXPECT_EQ(sample(page, "sluice_frames_left_out_total{kind=\"video\",reason=\"" +
                               std::string{reason} + "\"}"),
              "0");
  }
}

TEST(ServerMetrics, SayOfATrackWhatItIsAndWhereItComesFrom) {
  ServerMetrics metrics = two_shards();
  metrics.shard(1).tracks[TrackSource::kScreenAudio].add(1);
  const std::string page = metrics.exposition();
  EXPECT_EQ(sample(page, "sluice_tracks{kind=\"audio\",source=\"screen_audio\"}"), "1");
  EXPECT_EQ(sample(page, "sluice_tracks{kind=\"video\",source=\"screen\"}"), "0");
}

TEST(ServerMetrics, CountConnectionsByTransportAndTls) {
  ServerMetrics metrics = two_shards();
  metrics.shard(0).connections[Transport::kWebSocket][Tls::kYes].add(1);
  const std::string page = metrics.exposition();
  EXPECT_EQ(sample(page, "sluice_connections{transport=\"websocket\",tls=\"yes\"}"), "1");
  EXPECT_EQ(sample(page, "sluice_connections{transport=\"raw\",tls=\"no\"}"), "0");
}

TEST(ServerMetrics, CountProtocolErrorsByTheNamesTheyTravelUnder) {
  ServerMetrics metrics = two_shards();
  metrics.shard(0).protocol_errors[1].add();
  const std::string page = metrics.exposition();
  EXPECT_EQ(sample(page, "sluice_protocol_errors_total{code=\"unknown_track\"}"), "1");
  EXPECT_EQ(sample(page, "sluice_protocol_errors_total{code=\"bad_message\"}"), "0");
}

TEST(ServerMetrics, ShowAHistogramWithCumulativeBuckets) {
  ServerMetrics metrics = two_shards();
  metrics.shard(0).queue_age(FrameKind::kVideo).observe(0.03);
  metrics.shard(1).queue_age(FrameKind::kVideo).observe(0.5);
  metrics.shard(1).queue_age(FrameKind::kVideo).observe(7);
  const std::string page = metrics.exposition();
  const std::string bucket = "sluice_queue_age_seconds_bucket{kind=\"video\",le=\"";
  EXPECT_EQ(sample(page, bucket + "0.02\"}"), "0");
  EXPECT_EQ(sample(page, bucket + "0.04\"}"), "1");
  EXPECT_EQ(sample(page, bucket + "0.6\"}"), "2");
  EXPECT_EQ(sample(page, bucket + "2.5\"}"), "2");
  EXPECT_EQ(sample(page, bucket + "+Inf\"}"), "3");
  EXPECT_EQ(sample(page, "sluice_queue_age_seconds_count{kind=\"video\"}"), "3");
  EXPECT_EQ(sample(page, "sluice_queue_age_seconds_count{kind=\"audio\"}"), "0");
}

TEST(ServerMetrics, KeepTheLagOfEachEventLoopApart) {
  ServerMetrics metrics = two_shards();
  metrics.shard(1).event_loop_lag.observe(0.3);
  const std::string page = metrics.exposition();
  EXPECT_EQ(sample(page, "sluice_event_loop_lag_seconds_count{shard=\"0\"}"), "0");
  EXPECT_EQ(sample(page, "sluice_event_loop_lag_seconds_count{shard=\"1\"}"), "1");
}

TEST(ServerMetrics, ShowLargeCountsWithoutRounding) {
  ServerMetrics metrics = two_shards();
  metrics.shard(0).bytes_sent[ByteKind::kVideo].add(1'234'567'890'123'457);
  EXPECT_DOUBLE_EQ(
      std::stod(sample(metrics.exposition(), "sluice_sent_bytes_total{kind=\"video\"}")),
      1'234'567'890'123'457.0);
}

TEST(ServerMetrics, NameTheVersionAndTheProcess) {
  const std::string page = two_shards().exposition();
  EXPECT_EQ(sample(page, "sluice_build_info{version=\"1.2.3\"}"), "1");
  EXPECT_NE(sample(page, "process_resident_memory_bytes"), "absent");
  EXPECT_NE(sample(page, "process_cpu_seconds_total"), "absent");
  EXPECT_NE(sample(page, "process_open_fds"), "absent");
  EXPECT_NE(sample(page, "process_start_time_seconds"), "absent");
}

TEST(ServerMetrics, GiveEveryFamilyAHelpTextAndAType) {
  const std::string page = two_shards().exposition();
  std::istringstream lines{page};
  std::string help;
  std::string type;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("# HELP ")) {
      help = line.substr(7, line.find(' ', 7) - 7);
      EXPECT_GT(line.size(), help.size() + 15) << line;
    } else if (line.starts_with("# TYPE ")) {
      type = line.substr(7, line.find(' ', 7) - 7);
    } else {
      EXPECT_TRUE(line.starts_with(help)) << line;
      EXPECT_EQ(help, type) << line;
    }
  }
  EXPECT_THAT(page, Not(HasSubstr("untyped")));
}

TEST(ServerMetrics, ContentPromtool) {
  if (std::system("command -v promtool >/dev/null 2>&1") != 0) {
    GTEST_SKIP() << "promtool is not installed (Debian package prometheus)";
  }
  const std::filesystem::path file = std::filesystem::temp_directory_path() /
                                     ("sluice_metrics_" + std::to_string(getpid()) + ".txt");
  std::ofstream{file} << two_shards().exposition();
  const int status = std::system(("promtool check metrics < " + file.string()).c_str());
  std::filesystem::remove(file);
  EXPECT_EQ(status, 0) << "promtool says why above";
}

}  // namespace
}  // namespace sluice::metrics
