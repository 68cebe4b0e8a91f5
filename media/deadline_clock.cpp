#include "media/deadline_clock.h"

#include <algorithm>

namespace sluice::media {
namespace {

/// No two clocks are further apart, so that sums of differences never overflow.
constexpr Duration kFurthest = std::chrono::hours{24 * 365 * 10'000};

}  // namespace

void DeadlineClock::advance(std::int64_t bucket) {
  const std::int64_t steps = bucket - newest_bucket_;
  if (filled_ == 0 || steps >= static_cast<std::int64_t>(kBuckets)) {
    filled_ = 0;  // nothing seen for the whole window: what was known is too old
    newest_bucket_ = bucket;
  }
  for (; newest_bucket_ < bucket; ++newest_bucket_) {
    minima_[static_cast<std::size_t>(newest_bucket_ + 1) % kBuckets] = Duration::max();
    filled_ = std::min(filled_ + 1, kBuckets);
  }
  if (filled_ == 0) {
    minima_[static_cast<std::size_t>(bucket) % kBuckets] = Duration::max();
    filled_ = 1;
  }
}

void DeadlineClock::find_base() {
  Duration all = Duration::max();
  Duration recent = Duration::max();
  for (std::size_t back = 0; back < filled_; ++back) {
    const auto index = static_cast<std::size_t>(newest_bucket_ - static_cast<std::int64_t>(back));
    all = std::min(all, minima_[index % kBuckets]);
    if (back < kRecentBuckets) recent = std::min(recent, minima_[index % kBuckets]);
  }
  if (filled_ <= kRecentBuckets) {
    base_ = all;
    return;
  }
  // A bucket without frames holds max(). Frames that come together after a stall of the uplink are
  // as late as they look; a jump shows in frames that were late all through those 2 s.
  const auto oldest = static_cast<std::size_t>(newest_bucket_) + 1 - kRecentBuckets;
  const bool came_all_along = minima_[oldest % kBuckets] != Duration::max();
  const bool jumped = came_all_along && recent - all > kJump;
  if (jumped) filled_ = kRecentBuckets;
  base_ = jumped ? recent : all;
}

Duration DeadlineClock::lateness(std::chrono::microseconds capture_time, Time arrival) {
  // Unsigned, since the capture time is a peer's word and may be anything.
  Duration difference{
      static_cast<Duration::rep>(static_cast<std::uint64_t>(arrival.time_since_epoch().count()) -
                                 static_cast<std::uint64_t>(capture_time.count()))};
  difference = std::clamp(difference, -kFurthest, kFurthest);
  const std::int64_t bucket = arrival.time_since_epoch() / kBucketSpan;
  const bool new_bucket = filled_ == 0 || bucket > newest_bucket_;
  if (new_bucket) advance(bucket);
  Duration& minimum = minima_[static_cast<std::size_t>(newest_bucket_) % kBuckets];
  minimum = std::min(minimum, difference);
  if (new_bucket || difference < base_) find_base();
  return std::max(difference, base_) - base_;
}

}  // namespace sluice::media
