#include "client/uplink.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "media/codec/temporal_pattern.h"

namespace sluice::client {
namespace {

using namespace std::chrono_literals;
using media::Time;

constexpr media::TrackHandle kVideo{1};
constexpr media::TrackHandle kAudio{2};

/// A publisher of 30 pictures and 50 sounds a second over a link of a fixed rate.
class Publisher {
 public:
  explicit Publisher(double link_bytes_per_second) : link_rate_{link_bytes_per_second} {
    EXPECT_TRUE(uplink_.add_track(kVideo, media::MediaKind::kVideo));
    EXPECT_TRUE(uplink_.add_track(kAudio, media::MediaKind::kAudio));
  }

  void run(media::Duration span, std::size_t picture_bytes) {
    const Time end = now_ + span;
    for (; now_ < end; now_ += 1ms) {
      const auto ms = now_.time_since_epoch() / 1ms;
      if (ms % 33 == 0) capture_picture(picture_bytes);
      if (ms % 20 == 0) capture_sound();
      acknowledge();
      send();
    }
  }

  struct Sent {
    std::uint64_t frames_of_layer[3] = {0, 0, 0};
    std::uint64_t sounds = 0;
    media::Duration slowest_sound{};
  };
  Sent sent;
  Uplink& uplink() { return uplink_; }

 private:
  void capture_picture(std::size_t bytes) {
    const bool keyframe = !uplink_.keyframes_wanted(now_).empty();
    const media::TemporalPlace place = pattern_.next(keyframe);
    pattern_.advance(place);
    if (place.keyframe) ++group_;
    media::FrameDescription description{
        .track = kVideo,
        .temporal_layer = place.temporal_layer,
        .number = picture_number_++,
        .group = group_,
        .length = static_cast<std::uint32_t>(place.keyframe ? 4 * bytes : bytes),
        .keyframe = place.keyframe,
        .discardable = place.discardable,
        .capture_time = now_.time_since_epoch()};
    if (!place.keyframe) {
      description.dependency_count = 1;
      description.dependency_deltas[0] = place.dependency_delta;
    }
    const std::vector<std::byte> payload(description.length);
    uplink_.push(description, media::MediaKind::kVideo, payload, now_);
  }

  void capture_sound() {
    const std::vector<std::byte> payload(80);
    uplink_.push({.track = kAudio,
                  .number = sound_number_++,
                  .length = 80,
                  .audio_level = 30,
                  .capture_time = now_.time_since_epoch()},
                 media::MediaKind::kAudio, payload, now_);
  }

  /// The kernel's queue drains at the link's rate; the server reports what it has read.
  void acknowledge() {
    const auto drained = static_cast<std::size_t>(link_rate_ / 1000);
    const std::size_t taken = std::min(drained, queue_);
    queue_ -= taken;
    acked_ += taken;
    media_read_ += taken;
    if (now_.time_since_epoch() / 1ms % 50 == 0 && media_read_ > 0) {
      EXPECT_TRUE(uplink_.link().reported(media_read_, now_));
    }
  }

  void send() {
    media::LinkController& link = uplink_.link();
    for (;;) {
      if (link.needs_look(now_)) {
        link.looked(
            {.outstanding_bytes = queue_, .unsent_bytes = queue_ > 3000 ? queue_ - 3000 : 0}, now_);
        if (link.needs_sample(now_)) {
          const auto queueing = media::Duration{
              static_cast<std::int64_t>(static_cast<double>(queue_) * 1e6 / link_rate_)};
          link.sampled(
              {.round_trip = 20ms + queueing, .min_round_trip = 20ms, .bytes_acked = acked_}, now_);
        }
      }
      const auto departure = uplink_.next(now_);
      if (!departure) return;
      const std::size_t bytes =
          media::chunk_header_size(departure->header) + departure->payload.size();
      link.wrote(bytes, bytes, now_);
      queue_ += bytes;
      if (departure->is_audio()) {
        ++sent.sounds;
        sent.slowest_sound =
            std::max(sent.slowest_sound,
                     now_.time_since_epoch() - departure->frame->description.capture_time);
      } else if (departure->header.last) {
        ++sent.frames_of_layer[departure->header.temporal_layer];
      }
    }
  }

  double link_rate_;
  Uplink uplink_;
  Time now_{1s};
  media::TemporalPattern pattern_{3};
  media::FrameNumber picture_number_ = 0;
  media::FrameNumber sound_number_ = 0;
  std::uint32_t group_ = 0;
  std::size_t queue_ = 0;
  std::uint64_t acked_ = 0;
  std::uint64_t media_read_ = 0;
};

TEST(Uplink, LeavesNothingOutOnALinkWithRoom) {
  Publisher publisher{1'000'000};
  publisher.run(10s, 2000);
  const auto& counters = publisher.uplink().counters();
  for (const auto kind : {media::MediaKind::kVideo, media::MediaKind::kAudio}) {
    for (const std::uint64_t left_out : counters.of(kind).left_out) EXPECT_EQ(left_out, 0U);
  }
  EXPECT_EQ(publisher.sent.sounds, 500U);
}

TEST(Uplink, ThinsTheHighestLayerFirstAndKeepsAudioWhole) {
  // 60 kB/s of video and 6 kB/s of sound over 45 kB/s.
  Publisher publisher{45'000};
  publisher.run(20s, 2000);
  const auto& sent = publisher.sent;
  EXPECT_GE(sent.sounds, 995U);
  EXPECT_LT(sent.slowest_sound, 100ms);
  const auto base = static_cast<double>(sent.frames_of_layer[0]);
  EXPECT_GT(base, 130);  // of some 151
  // Sound leaves 39 kB/s of the 60 kB/s that the pictures want: what fits is sent, and nearly all
  // that is left out is of the two layers above the base.
  const double pictures = base + static_cast<double>(sent.frames_of_layer[1]) +
                          static_cast<double>(sent.frames_of_layer[2]);
  EXPECT_GT(pictures * 2000, 0.9 * 39'000 * 20);
  EXPECT_LT(pictures * 2000, 39'000 * 20);
  EXPECT_LT(sent.frames_of_layer[2], 180U);  // of 300
}

TEST(Uplink, SendsEveryEncodingOfATrackUnderItsOwnName) {
  Uplink uplink;
  ASSERT_TRUE(uplink.add_track(kVideo, media::MediaKind::kVideo, 3));
  ASSERT_TRUE(uplink.add_track(kAudio, media::MediaKind::kAudio));
  const Time now{1s};
  uplink.link().looked({.outstanding_bytes = 0, .unsent_bytes = 0}, now);
  const std::vector<std::byte> payload(500);
  for (std::uint8_t encoding = 0; encoding < 4; ++encoding) {
    // The fourth was never published.
    uplink.push({.track = kVideo,
                 .encoding = media::EncodingId{encoding},
                 .length = 500,
                 .keyframe = true,
                 .capture_time = now.time_since_epoch()},
                media::MediaKind::kVideo, payload, now);
  }
  std::vector<int> sent;
  while (const auto departure = uplink.next(now)) {
    ASSERT_TRUE(departure->header.description);
    EXPECT_EQ(departure->header.track, kVideo);
    EXPECT_EQ(departure->header.description->track, kVideo);
    EXPECT_EQ(departure->header.encoding, departure->header.description->encoding);
    sent.push_back(static_cast<int>(departure->header.encoding));
  }
  std::ranges::sort(sent);
  EXPECT_EQ(sent, (std::vector{0, 1, 2}));
}

TEST(Uplink, NamesTheEncodingThatNeedsAKeyframe) {
  Uplink uplink;
  ASSERT_TRUE(uplink.add_track(kVideo, media::MediaKind::kVideo, 2));
  const Time now{1s};
  media::FrameDescription orphan{.track = kVideo,
                                 .encoding = media::EncodingId{1},
                                 .number = 5,
                                 .length = 100,
                                 .capture_time = now.time_since_epoch()};
  orphan.dependency_count = 1;
  orphan.dependency_deltas[0] = 1;
  uplink.push(orphan, media::MediaKind::kVideo, std::vector<std::byte>(100), now);
  const auto wanted = uplink.keyframes_wanted(now + 100ms);
  const auto large = std::ranges::count_if(wanted, [](const auto& sync) {
    return sync.track == kVideo && sync.encoding == media::EncodingId{1};
  });
  EXPECT_EQ(large, 1);
}

TEST(Uplink, AsksForAKeyframeWhenNothingElseHelpsAndRecovers) {
  Publisher publisher{2'000'000};
  publisher.run(2s, 2000);
  const auto before = publisher.sent.frames_of_layer[0];
  // Pictures of ten times what the link carries: even the base layer is too much.
  Publisher narrow{30'000};
  narrow.run(10s, 10'000);
  EXPECT_GT(narrow.sent.sounds, 450U);  // of 500, under pictures of ten times the link
  narrow.sent = {};
  narrow.run(5s, 500);
  EXPECT_GT(narrow.sent.frames_of_layer[0], before / 2);
}

}  // namespace
}  // namespace sluice::client
