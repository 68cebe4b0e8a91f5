#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "metrics/shard_metrics.h"

namespace sluice::metrics {

/// Every figure of the server and its page in the Prometheus text format.
///
/// A shard takes its `ShardMetrics` once and counts there without locks or look-ups; a scrape adds
/// the shards up. Why not prometheus-cpp's own counters: docs/decisions/0003-metrics-cells.md.
class ServerMetrics {
 public:
  struct Options {
    std::size_t shards = 1;
    std::string version;
    /// The protocol's error codes as they travel, in the order in which `protocol_errors` is
    /// indexed.
    std::vector<std::string> error_codes;
  };

  explicit ServerMetrics(Options options);

  /// The cells of shard `index` (below `Options::shards`). Only that shard's thread may write them.
  [[nodiscard]] ShardMetrics& shard(std::size_t index) { return *shards_[index]; }

  /// The page for a scrape, in text format 0.0.4. Any thread may call it, at any time.
  [[nodiscard]] std::string exposition() const;

  /// The Content-Type of that page.
  static constexpr std::string_view kContentType = "text/plain; version=0.0.4; charset=utf-8";

 private:
  Options options_;
  std::vector<std::unique_ptr<ShardMetrics>> shards_;
};

}  // namespace sluice::metrics
