#include "media/in_flight_cap.h"

#include <algorithm>

namespace sluice::media {
namespace {

constexpr Duration kLanRoundTrip = std::chrono::milliseconds{2};
constexpr Duration kCompetitorPatience = std::chrono::seconds{5};
constexpr int kTargetGrowthMax = 4;
/// Segments that a sample adds when the queue is empty (measured: 0.5 leaves 76 % of video on time
/// on an LTE trace, 2 leaves 91 %, 4 is no better).
constexpr double kGain = 2.0;
constexpr double kLeastFactor = 0.7;

}  // namespace

void InFlightCap::grow(const Sample& sample) {
  const double missing = static_cast<double>((target_ - sample.queueing_delay).count()) /
                         static_cast<double>(target_.count());
  // Doubling: one more byte for each that was acknowledged.
  const double step = ramping_ ? static_cast<double>(sample.acked_bytes)
                               : kGain * static_cast<double>(kSegmentBytes) * missing;
  bytes_ = std::min(bytes_ + static_cast<std::size_t>(step), kCeiling);
}

void InFlightCap::shrink(const Sample& sample, Time now) {
  ramping_ = false;
  if (now - last_shrink_ <= sample.round_trip) return;
  last_shrink_ = now;
  const double excess = static_cast<double>((sample.queueing_delay - target_).count()) /
                        static_cast<double>(sample.queueing_delay.count());
  const double factor = std::max(kLeastFactor, 1.0 - 0.5 * excess);
  const std::size_t used = std::min(bytes_, std::max(sample.in_flight_bytes, kFloor));
  bytes_ = std::max(kFloor, static_cast<std::size_t>(static_cast<double>(used) * factor));
}

void InFlightCap::watch_competitor(const Sample& sample, Time now) {
  const bool starved = sample.queueing_delay > target_ && bytes_ <= kFloor;
  if (!starved) {
    above_since_ = Time::max();
    if (sample.queueing_delay < kTarget / 2) target_ = kTarget;
    return;
  }
  if (above_since_ == Time::max()) above_since_ = now;
  if (now - above_since_ < kCompetitorPatience) return;
  target_ = std::min(target_ * 2, kTarget * kTargetGrowthMax);
  above_since_ = now;
}

void InFlightCap::sample(const Sample& sample, bool limited, Time now) {
  off_ = sample.min_round_trip < kLanRoundTrip && sample.queueing_delay < target_;
  if (sample.queueing_delay < target_) {
    if (limited) grow(sample);
  } else {
    shrink(sample, now);
  }
  watch_competitor(sample, now);
}

}  // namespace sluice::media
