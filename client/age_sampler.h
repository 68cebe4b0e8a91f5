#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

#include "media/time.h"

namespace sluice::client {

/// How old frames are when something happens to them.
///
/// A publisher's clock is unknown in general, so only differences count: an age of 0 is the
/// smallest (moment - capture time) of the whole run. Where both stamp by one clock, ages are true.
/// Bound: the first 2^20 samples (9 h of 30 frames/s); later ones are not counted.
class AgeSampler {
 public:
  struct Summary {
    double p50_ms = 0;
    double p95_ms = 0;
    double p99_ms = 0;
    double max_ms = 0;
    std::uint64_t samples = 0;
  };

  /// `same_clock`: capture times are of the clock that gives the moments.
  explicit AgeSampler(bool same_clock = false) : same_clock_{same_clock} {}

  void add(std::chrono::microseconds capture_time, media::Time moment);
  /// Nothing without a sample. Sorts: for the end of a run, and now and then before.
  [[nodiscard]] std::optional<Summary> summary() const;

 private:
  static constexpr std::size_t kSamplesMax = std::size_t{1} << 20U;
  bool same_clock_;
  std::vector<std::int64_t> differences_us_;
};

}  // namespace sluice::client
