#include "media/in_flight_cap.h"

#include <algorithm>
#include <utility>

namespace sluice::media {
namespace {

/// A LAN's reader that once lagged is steered until it kept up for so long.
constexpr Duration kCalm = std::chrono::seconds{10};
/// The kernel of a reader behind a proxy, or of one that is slow itself, acknowledges at once what
/// the reader's reports, each 50 ms, will show to be waiting: the ramp gives them time to.
constexpr Duration kRampRound = std::chrono::milliseconds{60};
/// The best rate of this and the last window counts: a fade is over in less, and a cap at its floor
/// lets so little through that the rate alone would push the floor down (rate spiral).
constexpr Duration kRateWindow = std::chrono::seconds{2};
/// Reports come each 50 ms; two of them without a byte more are an outage's beginning.
constexpr Duration kArrivalsEach = std::chrono::milliseconds{100};
constexpr Duration kCompetitorPatience = std::chrono::seconds{5};
constexpr int kTargetGrowthMax = 4;
/// Growth in a round trip, as a share of the cap, when the queue is empty; and at most so many
/// segments a sample (measured on LTE traces: 0.5 leaves 76 % of video on time, 2 leaves 91 %).
constexpr double kGrowthPerRoundTrip = 0.5;
constexpr double kSegmentsPerSampleMost = 2.0;
constexpr double kSegmentsPerSampleLeast = 0.1;
constexpr double kLeastFactor = 0.5;
/// On a long way the same error of a measurement is a longer delay: an eighth of it is no queue.
constexpr Duration::rep kTargetsInARoundTrip = 8;
/// Of what the first flight's rate fills in a round trip: it may have been lucky.
constexpr double kLeap = 0.8;
/// The kernel's window, and not the cap, held back whoever has less than this part of it on its
/// way. Seen on a real link of 2 Mbit/s: a cap of 800 kB with 30 kB in flight, and then the link
/// fell to 0.4 Mbit/s. On a LAN that is how the cap proves that it is not needed.
constexpr std::size_t kUnusedMost = 4;

}  // namespace

void InFlightCap::begin_ramp_round(Time now) {
  if (now - ramp_round_ < kRampRound) return;
  ramp_round_ = now;
  ramp_to_ = 2 * bytes_;
}

void InFlightCap::first_flight(std::size_t bytes, Duration took, Duration min_round_trip) {
  // Told of late, it is no news that the link was slow: the cap grew, and no queue was seen.
  const bool slow = took > 2 * kAtOnce;
  if (slow && bytes_ > kStart) return;
  const double rate =
      static_cast<double>(bytes) * 1e6 / static_cast<double>(std::max(took, kAtOnce).count());
  // On the way, and in the queue up to its target.
  const double held = rate * static_cast<double>((min_round_trip + target_).count()) / 1e6;
  if (slow) {
    // This link needs no doubling, and its floor needs no two seconds to be known.
    best_rate_ = 0;
    last_best_rate_ = rate;
    bytes_ = std::min(bytes_, std::max(static_cast<std::size_t>(held), kFloorLeast));
  }
  if (!ramping_) return;
  ramping_ = !slow;
  if (took <= kAtOnce) bytes_ = std::max(bytes_, kSecondFlight);
  leap_rate_ = rate;
  leap_to_ = static_cast<std::size_t>(kLeap * held);
}

void InFlightCap::leap(Duration since_last) {
  const double time = static_cast<double>(std::min(since_last, 2 * kSampleInterval).count());
  bytes_ = std::min(leap_to_, bytes_ + static_cast<std::size_t>(leap_rate_ * time / 1e6));
}

void InFlightCap::set_least_target(Duration min_round_trip) {
  const Duration::rep growth = target_ / least_target_;
  least_target_ = std::max(kTarget, min_round_trip / kTargetsInARoundTrip);
  target_ = least_target_ * growth;
}

void InFlightCap::watch_floor(const Sample& sample, Time now) {
  if (now - window_began_ > kRateWindow) {
    last_best_rate_ = std::exchange(best_rate_, 0);
    window_began_ = now;
  }
  constexpr double kUnknown = 1e9;
  best_rate_ = std::max(best_rate_, sample.bytes_per_second.value_or(kUnknown));
  const Duration time = sample.min_round_trip + kFloorTime;
  const double bytes =
      std::max(best_rate_, last_best_rate_) * static_cast<double>(time.count()) / 1e6;
  floor_ = static_cast<std::size_t>(
      std::clamp(bytes, static_cast<double>(kFloorLeast), static_cast<double>(kFloor)));
}

void InFlightCap::grow(const Sample& sample) {
  const bool lan = sample.min_round_trip < kLanRoundTrip;
  if (!lan && bytes_ > kUnusedMost * std::max(sample.in_flight_bytes, kFloor)) return;
  // A cap this small is most of the rate by which its delay is predicted: it may grow against that.
  // A cap that doubles each round trip is by twice what arrived in the last one: the queue that it
  // would have is predicted a round trip too long.
  const Duration doubling = ramping_ ? sample.min_round_trip : Duration::zero();
  const Duration allowance = (bytes_ < kFloor ? kTarget : Duration::zero()) + doubling;
  const Duration delay = std::max(sample.queueing_delay, sample.predicted_delay - allowance);
  if (delay >= target_) return;
  const double missing =
      static_cast<double>((target_ - delay).count()) / static_cast<double>(target_.count());
  // Doubling: a byte for each acknowledged, but no more in the time that a report takes.
  double step =
      static_cast<double>(std::min(sample.acked_bytes, ramp_to_ - std::min(ramp_to_, bytes_)));
  if (!ramping_) {
    // In proportion to the cap, so that a small one is not thrown past its target by one step.
    const double samples_per_round_trip =
        std::max(1.0, static_cast<double>(sample.round_trip.count()) /
                          static_cast<double>(kSampleInterval.count()));
    step = kGrowthPerRoundTrip * static_cast<double>(bytes_) / samples_per_round_trip;
    step = missing * std::clamp(step, kSegmentsPerSampleLeast * kSegmentBytes,
                                kSegmentsPerSampleMost * kSegmentBytes);
  }
  bytes_ = std::min(bytes_ + static_cast<std::size_t>(step), kCeiling);
}

void InFlightCap::shrink(const Sample& sample, Time now) {
  ramping_ = false;
  leap_to_ = 0;
  if (now - last_shrink_ <= sample.round_trip) return;
  last_shrink_ = now;
  // What would leave the target of the queue.
  const double aim = static_cast<double>((sample.min_round_trip + target_).count()) /
                     static_cast<double>((sample.min_round_trip + sample.queueing_delay).count());
  const double factor = std::max(kLeastFactor, aim);
  const std::size_t used = std::min(bytes_, std::max(sample.in_flight_bytes, floor_));
  bytes_ = std::max(floor_, static_cast<std::size_t>(static_cast<double>(used) * factor));
}

void InFlightCap::watch_competitor(const Sample& sample, Time now) {
  const bool starved = sample.queueing_delay > target_ && bytes_ <= floor_;
  if (!starved) {
    above_since_ = Time::max();
    if (sample.queueing_delay < least_target_ / 2) target_ = least_target_;
    return;
  }
  if (above_since_ == Time::max()) above_since_ = now;
  if (now - above_since_ < kCompetitorPatience) return;
  target_ = std::min(target_ * 2, least_target_ * kTargetGrowthMax);
  above_since_ = now;
}

void InFlightCap::sample(const Sample& sample, bool limited, Time now) {
  set_least_target(sample.min_round_trip);
  if (sample.acked_bytes > 0) last_arrival_ = now;
  if (sample.queueing_delay >= target_) last_queue_ = now;
  const bool calm = last_queue_ == Time::min() || now - last_queue_ > kCalm;
  off_ = sample.min_round_trip < kLanRoundTrip && calm && bytes_ >= kProven;
  // Nothing is judged there: it would be the lateness of the server, and of all its subscribers.
  if (sample.min_round_trip < kLanRoundTrip && ramping_) bytes_ = std::max(bytes_, kStartOnLan);
  begin_ramp_round(now);
  watch_floor(sample, now);
  if (sample.queueing_delay < target_) {
    const bool leaping = bytes_ < leap_to_;
    if (limited && leaping) leap(now - last_sample_);
    // While nothing arrives, a delay that was seen long ago says nothing.
    if (limited && !leaping && now - last_arrival_ <= kArrivalsEach) grow(sample);
  } else {
    shrink(sample, now);
  }
  watch_competitor(sample, now);
  last_sample_ = now;
}

}  // namespace sluice::media
