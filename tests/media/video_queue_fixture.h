#pragma once

#include <gtest/gtest.h>

#include <vector>

#include "media/video_queue.h"
#include "tests/media/hand_made_frame.h"

namespace sluice::media {

inline constexpr LinkEstimate kUnknownLink{};
inline constexpr std::size_t kWhole = 1 << 30;

/// A frame of 1000 bytes takes `each` on this link.
inline LinkEstimate link_of(Duration each) {
  return {.bytes_per_second = 1000 * 1e6 / static_cast<double>(each.count())};
}

inline FrameDescription in_encoding(FrameDescription frame, std::uint8_t encoding) {
  frame.encoding = EncodingId{encoding};
  return frame;
}

/// A queue of 10,000 bytes and 8 frames with a budget of 400 ms, and what a test does to it.
class VideoQueueTest : public testing::Test {
 protected:
  FrameRef frame(const FrameDescription& description, Duration age = {}) {
    return hand_made_frame(pool_, description, now_ - age);
  }
  void push(const FrameDescription& description, Duration age = {}) {
    queue_.push(frame(description, age), counters_);
  }
  /// The receiver has keyframe 0.
  void send_keyframe() {
    push(HandMade::keyframe(0));
    ASSERT_EQ(drain(), Numbers{0});
  }
  /// Sends all that waits; gives the numbers of the frames.
  std::vector<FrameNumber> drain() {
    std::vector<FrameNumber> numbers;
    while (!queue_.empty()) {
      const VideoQueue::Piece piece = queue_.take(kWhole, counters_);
      EXPECT_TRUE(piece.last());
      numbers.push_back(piece.frame->description.number);
    }
    EXPECT_EQ(queue_.bytes(), 0U);
    return numbers;
  }
  void begin_head(std::size_t bytes) {
    ASSERT_FALSE(queue_.take(bytes, counters_).last());
    ASSERT_TRUE(queue_.head_started());
  }
  void thin(const LinkEstimate& link) { queue_.thin(now_, link, counters_); }
  [[nodiscard]] bool wants_keyframe() const { return queue_.wants_keyframe(now_).has_value(); }
  [[nodiscard]] std::uint64_t left_out(LeftOut reason) const {
    return counters_.of(MediaKind::kVideo).left_out[static_cast<std::size_t>(reason)];
  }
  [[nodiscard]] std::uint64_t left_out() const {
    std::uint64_t frames = 0;
    for (const std::uint64_t count : counters_.of(MediaKind::kVideo).left_out) frames += count;
    return frames;
  }

  using Numbers = std::vector<FrameNumber>;
  FramePool pool_{std::size_t{16} << 20};
  Time now_{std::chrono::seconds{100}};
  EgressCounters counters_;
  VideoQueue queue_{{.bytes_max = 10'000, .frames_max = 8}, std::chrono::milliseconds{400}};
};

}  // namespace sluice::media
