#pragma once

#include <algorithm>
#include <utility>

#include "media/time.h"

namespace sluice::media {

/// A delay that is measured again and again in one way: the newest, and the smallest of the last
/// minutes. What is between them is a queue.
///
/// Bound: counters only; the smallest is that of the last `kMinimumLasts` to twice of it.
class DelayWatch {
 public:
  void learn(Duration delay, Time now) {
    const bool first = !std::exchange(measured_, true);
    if (first || now - minimum_since_ > kMinimumLasts) {
      previous_minimum_ = minimum_;
      minimum_ = Duration::max();
      minimum_since_ = now;
    }
    minimum_ = std::min(minimum_, delay);
    newest_ = first ? delay : std::min(delay, last_sample_);
    last_sample_ = delay;
  }

  /// What was seen last tells nothing of what is to come.
  void assume_smallest() { newest_ = last_sample_ = smallest(); }

  [[nodiscard]] bool measured() const { return measured_; }
  /// The smaller of the last two, so that one that was held up is no trend; zero while unknown.
  [[nodiscard]] Duration newest() const { return newest_; }
  /// Zero while unknown.
  [[nodiscard]] Duration smallest() const {
    return std::min({minimum_, previous_minimum_, newest_});
  }

 private:
  /// As long as Linux keeps its smallest round trip (tcp_min_rtt_wlen): a queue that stands for a
  /// minute must not become the new normal.
  static constexpr Duration kMinimumLasts = std::chrono::seconds{150};

  bool measured_ = false;
  Duration newest_{};
  Duration last_sample_{};
  Duration minimum_ = Duration::max();           ///< of this half of the window
  Duration previous_minimum_ = Duration::max();  ///< of the half before
  Time minimum_since_{};
};

}  // namespace sluice::media
