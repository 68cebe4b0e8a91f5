#include <gtest/gtest.h>

#include <thread>

#include "metrics/server_metrics.h"

namespace sluice::metrics {
namespace {

TEST(ShardMetrics, LoseNothingWhileShardsCountAndThePageIsRead) {
  constexpr int kRounds = 20'000;
  ServerMetrics metrics{{.shards = 2, .version = "test", .error_codes = {}}};
  const auto count = [&metrics](std::size_t shard) {
    ShardMetrics& cells = metrics.shard(shard);
    for (int round = 0; round < kRounds; ++round) {
      cells.frames_sent[FrameKind::kVideo].add();
      cells.queue_age(FrameKind::kVideo).observe(0.01);
    }
  };
  {
    std::jthread first{count, 0};
    std::jthread second{count, 1};
    for (int scrape = 0; scrape < 20; ++scrape) EXPECT_FALSE(metrics.exposition().empty());
  }
  const std::string page = metrics.exposition();
  EXPECT_NE(page.find("sluice_frames_sent_total{kind=\"video\"} 40000\n"), std::string::npos);
  EXPECT_NE(page.find("sluice_queue_age_seconds_count{kind=\"video\"} 40000\n"), std::string::npos);
}

}  // namespace
}  // namespace sluice::metrics
