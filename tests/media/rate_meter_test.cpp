#include "media/rate_meter.h"

#include <gtest/gtest.h>

namespace sluice::media {
namespace {

using namespace std::chrono_literals;

/// 30 frames/s of 1000 bytes until `end`.
void feed(RateMeter& meter, Time begin, Time end) {
  for (Time now = begin; now < end; now += 33'333us) meter.add(1000, now);
}

TEST(RateMeter, SaysNothingBeforeHalfASecond) {
  RateMeter meter;
  EXPECT_FALSE(meter.bytes_per_second(Time{10s}));
  meter.add(50'000, Time{10s});
  EXPECT_FALSE(meter.bytes_per_second(Time{10s} + 499ms));
}

TEST(RateMeter, MeasuresASteadyStreamWithinATenth) {
  RateMeter meter;
  const Time begin{100s};
  feed(meter, begin, begin + 10s);
  for (const auto at : {1s, 2s, 5s, 9s}) {
    RateMeter fresh;
    feed(fresh, begin, begin + at);
    EXPECT_NEAR(*fresh.bytes_per_second(begin + at), 30'000, 3'000) << at.count() << " s";
  }
  EXPECT_NEAR(*meter.bytes_per_second(begin + 10s), 30'000, 3'000);
}

TEST(RateMeter, ForgetsWhatIsOlderThanItsWindow) {
  RateMeter meter;
  const Time begin{100s};
  feed(meter, begin, begin + 5s);
  EXPECT_EQ(meter.bytes_per_second(begin + 8s), 0);
}

}  // namespace
}  // namespace sluice::media
