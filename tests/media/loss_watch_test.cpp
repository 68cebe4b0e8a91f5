#include "media/loss_watch.h"

#include <gtest/gtest.h>

#include <random>

namespace sluice::media {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// A path that is sampled each 20 ms and loses as it is told.
class Path {
 public:
  explicit Path(LossWatch::Counters start = {}) : counters_{start} { watch.sample(start, now); }

  // `segments_per_second` for `length`, each lost with `share`.
  void run(Duration length, double share, int segments_per_second = 100) {
    const Time end = now + length;
    double due = 0;
    while (now < end) {
      now += milliseconds{20};
      due += segments_per_second * 0.02;
      for (; due >= 1; due -= 1) send(share);
      watch.sample(counters_, now);
    }
  }
  void overflow(std::uint32_t segments) {
    counters_.delivered_segments += segments;
    repeat(segments, milliseconds{20});
  }
  // Nothing arrives, so that the same segment is sent again and again.
  void outage() {
    for (const int timeout_ms : {200, 400, 800, 1000, 1000, 1000}) {
      repeat(1, milliseconds{timeout_ms});
    }
  }

  LossWatch watch;
  Time now{seconds{1}};

 private:
  void repeat(std::uint32_t segments, Duration later) {
    counters_.sent_segments += segments;
    counters_.retransmitted_segments += segments;
    now += later;
    watch.sample(counters_, now);
  }
  void send(double share) {
    ++counters_.sent_segments;
    ++counters_.delivered_segments;
    if (std::uniform_real_distribution<>{0, 1}(random_) >= share) return;
    ++counters_.sent_segments;
    ++counters_.retransmitted_segments;
  }

  LossWatch::Counters counters_;
  std::mt19937 random_{7};
};

TEST(LossWatch, SeesThreePercentWithinFiveSeconds) {
  Path path;
  path.run(seconds{5}, 0.03);
  EXPECT_TRUE(path.watch.lossy());
}

TEST(LossWatch, DoesNotMindAPathThatLosesNothing) {
  Path path;
  path.run(seconds{60}, 0);
  EXPECT_FALSE(path.watch.lossy());
}

TEST(LossWatch, DoesNotMindARareLoss) {
  Path path;
  path.run(seconds{120}, 0.001);
  EXPECT_FALSE(path.watch.lossy());
}

TEST(LossWatch, TakesAnOverflowForOneLossAndNotForALossyPath) {
  Path path;
  path.run(seconds{2}, 0);
  path.overflow(12);
  path.overflow(20);
  path.overflow(8);
  path.run(seconds{2}, 0);
  path.overflow(15);
  path.run(seconds{10}, 0);
  EXPECT_FALSE(path.watch.lossy());
}

TEST(LossWatch, TakesAnOutageForOneLoss) {
  Path path;
  path.run(seconds{2}, 0);
  path.outage();
  path.run(seconds{1}, 0);
  EXPECT_FALSE(path.watch.lossy());
}

TEST(LossWatch, ForgetsAPathThatHasBeenCalm) {
  Path path;
  path.run(seconds{10}, 0.03);
  ASSERT_TRUE(path.watch.lossy());
  path.run(LossWatch::kCalm - seconds{2}, 0);
  EXPECT_TRUE(path.watch.lossy()) << "not yet";
  path.run(seconds{3}, 0);
  EXPECT_FALSE(path.watch.lossy());
  path.run(seconds{10}, 0.03);
  EXPECT_TRUE(path.watch.lossy()) << "again";
}

TEST(LossWatch, IsNotMisledWhenCountersWrapAround) {
  Path path{{.sent_segments = 0xffff'ff80,
             .retransmitted_segments = 0xffff'fffe,
             .delivered_segments = 0xffff'ff82}};
  path.run(seconds{60}, 0.001);
  EXPECT_FALSE(path.watch.lossy());
  path.run(seconds{10}, 0.03);
  EXPECT_TRUE(path.watch.lossy());
}

}  // namespace
}  // namespace sluice::media
