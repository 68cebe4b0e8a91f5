#include "media/bandwidth_estimator.h"

#include <algorithm>

namespace sluice::media {

void BandwidthEstimator::update(std::uint64_t acked_bytes, bool busy, Time now) {
  if (!running_) {
    running_ = true;
    busy_ = true;
    acked_at_start_ = acked_bytes;
    started_ = now;
    return;
  }
  busy_ = busy_ && busy;
  const Duration elapsed = now - started_;
  if (elapsed < interval_) return;
  const double sample = static_cast<double>(acked_bytes - acked_at_start_) * 1e6 /
                        static_cast<double>(elapsed.count());
  if (busy_) {
    const bool collapsed = rate_ && sample < 0.5 * *rate_;
    const double both = std::min(sample, last_sample_);
    if (!rate_ || collapsed) {
      rate_ = sample;
    } else if (both > kRisen * *rate_) {
      rate_ = both;
    } else {
      rate_ = 0.7 * *rate_ + 0.3 * sample;
    }
    last_sample_ = sample;
  } else if (rate_) {
    rate_ = std::max(*rate_, sample);
  }
  acked_at_start_ = acked_bytes;
  started_ = now;
  busy_ = true;
}

}  // namespace sluice::media
