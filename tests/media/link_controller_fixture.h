#pragma once

#include <gtest/gtest.h>

#include "media/link_controller.h"

namespace sluice::media {

/// A link controller, what its kernel says, and the time.
class LinkControllerFixture : public testing::Test {
 protected:
  static constexpr Duration kFar = std::chrono::milliseconds{40};
  static constexpr Duration kLan = std::chrono::microseconds{200};
  void look(std::size_t outstanding, std::size_t unsent = 0) {
    link_.looked({.outstanding_bytes = outstanding, .unsent_bytes = unsent}, now_);
  }
  void sample(Duration min_round_trip = kFar, Duration queueing = {}) {
    link_.sampled({.round_trip = min_round_trip + queueing,
                   .min_round_trip = min_round_trip,
                   .bytes_acked = acked_},
                  now_);
  }
  /// The first write of a connection: one look and one sample of an empty path.
  void open(Duration min_round_trip = kFar) {
    look(0);
    sample(min_round_trip);
  }
  /// A busy link that carries `bytes_per_second`, for `span`, without a queue.
  void keep_busy(double bytes_per_second, Duration span, Duration min_round_trip = kFar) {
    for (const Time end = now_ + span; now_ < end;) {
      now_ += std::chrono::milliseconds{20};
      acked_ += static_cast<std::uint64_t>(bytes_per_second * 0.020);
      link_.held_back();
      look(1000);
      sample(min_round_trip);
    }
  }

  LinkController link_;
  std::uint64_t acked_ = 0;
  Time now_{std::chrono::seconds{100}};
};

}  // namespace sluice::media
