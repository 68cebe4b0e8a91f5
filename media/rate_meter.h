#pragma once

#include <array>
#include <cstddef>
#include <optional>

#include "media/time.h"

namespace sluice::media {

/// The rate of a stream of frames over its last two seconds.
///
/// Buckets of a quarter of a second, so that one large keyframe weighs what it is worth and is
/// forgotten in time. Cost: O(1), 100 bytes.
class RateMeter {
 public:
  void add(std::size_t bytes, Time now);

  /// Bytes a second; nothing before the first half second is over, which a keyframe would distort.
  [[nodiscard]] std::optional<double> bytes_per_second(Time now) const;

 private:
  static constexpr Duration kBucket = std::chrono::milliseconds{250};
  static constexpr std::size_t kBuckets = 8;
  static constexpr Duration kWindow = kBucket * kBuckets;
  static constexpr Duration kLeast = std::chrono::milliseconds{500};

  struct Bucket {
    Time began = Time::min();
    std::size_t bytes = 0;
  };
  std::array<Bucket, kBuckets> buckets_;
  std::optional<Time> first_;
};

}  // namespace sluice::media
