#pragma once

#include "media/left_out.h"
#include "metrics/shard_metrics.h"

namespace sluice::sfu {

/// Adds what one subscriber's egress has counted to its shard's metrics, each frame once.
class EgressMeter {
 public:
  /// `now`: all that was counted since the connection began. `thinned_as`: why what was thinned
  /// since the last call was left out; a track that ends is not a link that was too slow.
  void count(const media::EgressCounters& now, metrics::LeftOut thinned_as,
             metrics::ShardMetrics& metrics);

 private:
  media::EgressCounters counted_;
};

}  // namespace sluice::sfu
