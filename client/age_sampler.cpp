#include "client/age_sampler.h"

#include <algorithm>
#include <cmath>

namespace sluice::client {

void AgeSampler::add(std::chrono::microseconds capture_time, media::Time moment) {
  if (differences_us_.size() == kSamplesMax) return;
  // Unsigned, since the capture time is a peer's word and may be anything.
  const auto difference = static_cast<std::uint64_t>(moment.time_since_epoch().count()) -
                          static_cast<std::uint64_t>(capture_time.count());
  differences_us_.push_back(static_cast<std::int64_t>(difference));
}

std::optional<AgeSampler::Summary> AgeSampler::summary() const {
  if (differences_us_.empty()) return std::nullopt;
  std::vector<std::int64_t> sorted = differences_us_;
  std::ranges::sort(sorted);
  const std::int64_t youngest = same_clock_ ? 0 : sorted.front();
  const auto at = [&](double share) {
    const auto last = static_cast<double>(sorted.size() - 1);
    const std::int64_t difference = sorted[static_cast<std::size_t>(std::lround(share * last))];
    return (static_cast<double>(difference) - static_cast<double>(youngest)) / 1000.0;
  };
  return Summary{.p50_ms = at(0.50),
                 .p95_ms = at(0.95),
                 .p99_ms = at(0.99),
                 .max_ms = at(1.0),
                 .samples = sorted.size()};
}

}  // namespace sluice::client
