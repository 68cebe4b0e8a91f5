#include "media/rate_meter.h"

#include <algorithm>

namespace sluice::media {

void RateMeter::add(std::size_t bytes, Time now) {
  if (!first_) first_ = now;
  const Duration since_epoch = now.time_since_epoch();
  const auto number = since_epoch / kBucket;
  Bucket& bucket = buckets_[static_cast<std::size_t>(number) % kBuckets];
  const Time began{number * kBucket};
  if (bucket.began != began) bucket = {.began = began};
  bucket.bytes += bytes;
}

std::optional<double> RateMeter::bytes_per_second(Time now) const {
  if (!first_ || now - *first_ < kLeast) return std::nullopt;
  std::size_t bytes = 0;
  for (const Bucket& bucket : buckets_) {
    // The oldest bucket may be half over; it counts whole or not at all.
    if (bucket.began > now - kWindow) bytes += bucket.bytes;
  }
  const Duration over = std::min(now - *first_, kWindow - kBucket / 2);
  return static_cast<double>(bytes) * 1e6 / static_cast<double>(over.count());
}

}  // namespace sluice::media
