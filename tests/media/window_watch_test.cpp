#include "media/window_watch.h"

#include <gtest/gtest.h>

namespace sluice::media {
namespace {

class WindowWatchTest : public testing::Test {
 protected:
  /// `bytes` more are acknowledged while `unread` lie with the reader.
  void acknowledge(std::uint64_t bytes, std::size_t unread) {
    acked_ += bytes;
    watch_.sample(kRoom - unread, acked_);
  }

  static constexpr std::size_t kRoom = 65'536;
  WindowWatch watch_;
  std::uint64_t acked_ = 0;
};

TEST_F(WindowWatchTest, WhatJustArrivedIsNotLeftOver) {
  acknowledge(0, 0);
  for (int burst = 0; burst < 20; ++burst) {
    acknowledge(30'000, 30'000);
    EXPECT_FALSE(watch_.alarmed()) << "a reader cannot have read what is being acknowledged";
  }
}

TEST_F(WindowWatchTest, WhatIsStillThereWhenMoreArrivesIsLeftOver) {
  acknowledge(0, 0);
  acknowledge(10'000, 10'000);
  EXPECT_FALSE(watch_.alarmed());
  acknowledge(1000, 9000);
  EXPECT_FALSE(watch_.alarmed()) << "8000 is not noticeable";
  acknowledge(1000, 9500);
  EXPECT_TRUE(watch_.alarmed());
  acknowledge(1000, 2000);
  EXPECT_FALSE(watch_.alarmed()) << "it was read";
}

TEST_F(WindowWatchTest, HalfOfTheWindowIsAReasonToAskWhateverArrived) {
  acknowledge(0, 0);
  acknowledge(200'000, kRoom / 2 + 1);
  EXPECT_TRUE(watch_.alarmed());
}

TEST_F(WindowWatchTest, NothingIsHeardWithoutAnAcknowledgement) {
  acknowledge(0, 0);
  acknowledge(20'000, 20'000);
  for (int again = 0; again < 10; ++again) acknowledge(0, 20'000);
  EXPECT_FALSE(watch_.alarmed()) << "the same acknowledgement, looked at again";
}

TEST_F(WindowWatchTest, OfASmallWindowLessIsNoticeable) {
  WindowWatch small;
  small.sample(4096, 0);
  small.sample(4096 - 1900, 500);
  EXPECT_TRUE(small.alarmed());
}

TEST_F(WindowWatchTest, AGrowingWindowIsNoReader) {
  for (std::size_t window = 10'000; window < 4'000'000; window += 10'000) {
    watch_.sample(window, acked_ += 1000);
    EXPECT_FALSE(watch_.alarmed());
  }
}

}  // namespace
}  // namespace sluice::media
