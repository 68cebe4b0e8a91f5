#include "metrics/histogram.h"

#include <gtest/gtest.h>

#include <array>

namespace sluice::metrics {
namespace {

constexpr std::array kBounds{1.0, 2.0, 5.0};

TEST(Histogram, PutsAnObservationOnABoundIntoTheBucketThatTheBoundCloses) {
  Histogram histogram{kBounds};
  histogram.observe(0.5);
  histogram.observe(1.0);
  histogram.observe(1.5);
  histogram.observe(5.0);
  EXPECT_EQ(histogram.count(0), 2U);
  EXPECT_EQ(histogram.count(1), 1U);
  EXPECT_EQ(histogram.count(2), 1U);
  EXPECT_EQ(histogram.count(3), 0U);
}

TEST(Histogram, CountsWhatLiesAboveTheLastBound) {
  Histogram histogram{kBounds};
  histogram.observe(5.1);
  histogram.observe(1e9);
  EXPECT_EQ(histogram.count(3), 2U);
}

TEST(Histogram, AddsUpWhatItObserved) {
  Histogram histogram{kBounds};
  histogram.observe(0.25);
  histogram.observe(3.5);
  EXPECT_DOUBLE_EQ(histogram.sum(), 3.75);
}

}  // namespace
}  // namespace sluice::metrics
