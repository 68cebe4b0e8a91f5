#include "media/frame_assembler.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string_view>
#include <vector>

namespace sluice::media {
namespace {

using namespace std::chrono_literals;

constexpr std::uint32_t kFrameBytesMax = 10'000;
constexpr std::size_t kStreamsMax = 3;

/// A frame as the peer has it: its header fields and payload, cut into chunks on demand.
struct Sent {
  FrameDescription description;
  std::vector<std::byte> payload;

  [[nodiscard]] Chunk chunk(std::uint32_t offset, std::uint32_t bytes) const {
    Chunk chunk{.header = {.track = description.track,
                           .encoding = description.encoding,
                           .temporal_layer = description.temporal_layer,
                           .frame = description.number,
                           .offset = offset,
                           .last = offset + bytes == description.length,
                           .keyframe = description.keyframe,
                           .discardable = description.discardable},
                .payload = std::span{payload}.subspan(offset, bytes)};
    if (offset == 0) chunk.header.description = description;
    return chunk;
  }
  [[nodiscard]] Chunk whole() const { return chunk(0, description.length); }
  [[nodiscard]] Chunk abandon(std::uint32_t offset) const {
    return {.header = {.track = description.track,
                       .encoding = description.encoding,
                       .frame = description.number,
                       .offset = offset,
                       .abandon = true},
            .payload = {}};
  }
};

Sent with_payload(FrameDescription description) {
  Sent sent{.description = description, .payload = std::vector<std::byte>(description.length)};
  std::mt19937 random{description.number + description.length};
  std::ranges::generate(sent.payload, [&] { return static_cast<std::byte>(random()); });
  return sent;
}

Sent keyframe(TrackHandle track, FrameNumber number, std::uint32_t bytes) {
  return with_payload({.track = track, .number = number, .length = bytes, .keyframe = true});
}

Sent delta(TrackHandle track, FrameNumber number, std::uint32_t bytes) {
  return with_payload({.track = track,
                       .number = number,
                       .length = bytes,
                       .dependency_count = 1,
                       .dependency_deltas = {1}});
}

Sent audio(TrackHandle track, FrameNumber number) {
  return with_payload({.track = track, .number = number, .length = 80, .audio_level = 20});
}

class FrameAssemblerTest : public testing::Test {
 protected:
  std::expected<FrameRef, AssemblyError> add(const Chunk& chunk,
                                             MediaKind kind = MediaKind::kVideo) {
    return assembler_.add(chunk, kind, clock_, now_);
  }
  /// The chunk is taken and completes nothing.
  void expect_taken(const Chunk& chunk) {
    const auto frame = add(chunk);
    ASSERT_TRUE(frame.has_value()) << describe(frame.error());
    EXPECT_FALSE(*frame);
  }
  void expect_frame(const Chunk& chunk, const Sent& sent, MediaKind kind = MediaKind::kVideo) {
    const auto frame = add(chunk, kind);
    ASSERT_TRUE(frame.has_value()) << describe(frame.error());
    ASSERT_TRUE(*frame);
    EXPECT_EQ((*frame)->description, sent.description);
    EXPECT_EQ((*frame)->kind, kind);
    EXPECT_TRUE(std::ranges::equal((*frame)->payload(), sent.payload));
  }
  void expect_error(const Chunk& chunk, AssemblyError error, MediaKind kind = MediaKind::kVideo) {
    const auto frame = add(chunk, kind);
    ASSERT_FALSE(frame.has_value());
    EXPECT_EQ(frame.error(), error) << describe(frame.error());
  }

  static constexpr TrackHandle kCamera{4};
  static constexpr TrackHandle kMicrophone{7};

  FramePool pool_{std::size_t{1} << 20};
  DeadlineClock clock_;
  Time now_{100s};
  FrameAssembler assembler_{pool_, kFrameBytesMax, kStreamsMax};
};

TEST_F(FrameAssemblerTest, AFrameInOneChunkIsThereAtOnce) {
  const Sent sent = keyframe(kCamera, 0, 500);
  expect_frame(sent.whole(), sent);
}

TEST_F(FrameAssemblerTest, AFrameCutAnywhereIsPutTogether) {
  FrameNumber number = 0;
  for (std::uint32_t cut = 1; cut < 64; ++cut) {
    const Sent sent = keyframe(kCamera, number++, 64);
    expect_taken(sent.chunk(0, cut));
    expect_frame(sent.chunk(cut, 64 - cut), sent);
  }
}

TEST_F(FrameAssemblerTest, ChunksOfTracksAndEncodingsInterleaveAtRandom) {
  std::mt19937 random{7};
  struct Stream {
    TrackHandle track{};
    EncodingId encoding{};
    FrameNumber next = 0xFFFF'FFF0;  // wraps on the way
    Sent open;
    std::uint32_t sent_bytes = 0;
  };
  std::vector<Stream> streams = {
      {.track = kCamera}, {.track = kCamera, .encoding = EncodingId{1}}, {.track = TrackHandle{5}}};
  int frames = 0;
  for (int step = 0; step < 3000; ++step) {
    Stream& stream = streams[random() % streams.size()];
    if (stream.sent_bytes == 0) {
      stream.open = with_payload({.track = stream.track,
                                  .encoding = stream.encoding,
                                  .number = stream.next++,
                                  .length = 1 + static_cast<std::uint32_t>(random() % 3000),
                                  .keyframe = true});
    }
    const std::uint32_t left = stream.open.description.length - stream.sent_bytes;
    const auto bytes = std::min(left, static_cast<std::uint32_t>(1 + random() % 1200));
    const Chunk chunk = stream.open.chunk(stream.sent_bytes, bytes);
    stream.sent_bytes = bytes == left ? 0 : stream.sent_bytes + bytes;
    if (chunk.header.last) {
      expect_frame(chunk, stream.open);
      ++frames;
    } else {
      expect_taken(chunk);
    }
    if (HasFailure()) return;
  }
  EXPECT_GT(frames, 100);
  EXPECT_LT(streams[0].next, 1000U) << "the numbers wrapped";
}

TEST_F(FrameAssemblerTest, AFrameArrivesWithItsLastChunkAndIsLateByItsTracksClock) {
  Sent first = keyframe(kCamera, 0, 100);
  first.description.capture_time = 5s;
  expect_frame(first.whole(), first);
  Sent second = keyframe(kCamera, 1, 100);
  second.description.capture_time = 5s + 100ms;
  now_ += 100ms;
  expect_taken(second.chunk(0, 50));
  now_ += 30ms;
  const auto frame = add(second.chunk(50, 50));
  ASSERT_TRUE(frame.has_value() && *frame);
  EXPECT_EQ((*frame)->arrival, now_);
  EXPECT_EQ((*frame)->lateness, 30ms);
}

TEST_F(FrameAssemblerTest, NumbersMayLeaveGapsAndWrap) {
  for (const FrameNumber number : {0xFFFF'0000U, 0xFFFF'FFFFU, 0U, 5U, 0x7000'0000U}) {
    const Sent sent = keyframe(kCamera, number, 10);
    expect_frame(sent.whole(), sent);
  }
}

TEST_F(FrameAssemblerTest, ANumberMustBeAboveTheOneBeforeIt) {
  expect_frame(keyframe(kCamera, 5, 10).whole(), keyframe(kCamera, 5, 10));
  expect_error(keyframe(kCamera, 5, 10).whole(), AssemblyError::kNotRising);
  expect_error(keyframe(kCamera, 4, 10).whole(), AssemblyError::kNotRising);
  expect_error(keyframe(kCamera, 5 + 0x8000'0001, 10).whole(), AssemblyError::kNotRising);
}

TEST_F(FrameAssemblerTest, TheNumberOfAnAbandonedFrameIsUsedUp) {
  const Sent sent = keyframe(kCamera, 5, 10);
  expect_taken(sent.chunk(0, 4));
  expect_taken(sent.abandon(4));
  expect_error(sent.whole(), AssemblyError::kNotRising);
}

TEST_F(FrameAssemblerTest, EachEncodingCountsItsOwnFrames) {
  expect_frame(keyframe(kCamera, 5, 10).whole(), keyframe(kCamera, 5, 10));
  Sent other = keyframe(kCamera, 3, 10);
  other.description.encoding = EncodingId{1};
  expect_frame(other.whole(), other);
}

TEST_F(FrameAssemblerTest, AnAbandonedFrameMakesWayForTheNext) {
  const Sent given_up = keyframe(kCamera, 0, 100);
  expect_taken(given_up.chunk(0, 40));
  expect_taken(given_up.abandon(40));
  EXPECT_EQ(assembler_.abandoned(), 1U);
  const Sent next = keyframe(kCamera, 1, 100);
  expect_frame(next.whole(), next);
}

TEST_F(FrameAssemblerTest, AnAbandonedFrameGivesItsMemoryBack) {
  FramePool small{2048};
  FrameAssembler assembler{small, kFrameBytesMax, kStreamsMax};
  for (FrameNumber number = 0; number < 20; ++number) {
    const Sent sent = keyframe(kCamera, number, 1200);
    ASSERT_TRUE(assembler.add(sent.chunk(0, 40), MediaKind::kVideo, clock_, now_).has_value());
    ASSERT_TRUE(assembler.add(sent.abandon(40), MediaKind::kVideo, clock_, now_).has_value());
  }
  EXPECT_EQ(assembler.abandoned(), 20U);
  EXPECT_EQ(small.refusals(), 0U);
}

TEST_F(FrameAssemblerTest, ALaterChunkOfAFrameThatWasNotBegunIsRefused) {
  const Sent sent = keyframe(kCamera, 3, 100);
  expect_error(sent.chunk(50, 50), AssemblyError::kNotOpen);
  expect_error(sent.abandon(50), AssemblyError::kNotOpen);
  expect_taken(sent.chunk(0, 50));
  expect_error(keyframe(kCamera, 4, 100).chunk(50, 50), AssemblyError::kNotOpen);
  expect_error(keyframe(TrackHandle{5}, 3, 100).chunk(50, 50), AssemblyError::kNotOpen);
  expect_frame(sent.chunk(50, 50), sent);
  expect_error(sent.chunk(50, 50), AssemblyError::kNotOpen);
  expect_error(sent.abandon(100), AssemblyError::kNotOpen);
}

TEST_F(FrameAssemblerTest, AFrameMayNotBeginBeforeTheOneBeforeItEnded) {
  expect_taken(keyframe(kCamera, 3, 100).chunk(0, 50));
  expect_error(delta(kCamera, 4, 100).whole(), AssemblyError::kStillOpen);
  expect_error(keyframe(kCamera, 3, 100).chunk(0, 50), AssemblyError::kStillOpen);
}

TEST_F(FrameAssemblerTest, AChunkMustContinueWhereTheOneBeforeItEnded) {
  const Sent sent = keyframe(kCamera, 3, 100);
  expect_taken(sent.chunk(0, 50));
  expect_error(sent.chunk(51, 49), AssemblyError::kWrongOffset);
  expect_error(sent.chunk(49, 51), AssemblyError::kWrongOffset);
  Chunk far = sent.chunk(50, 50);
  far.header.offset = 0xFFFF'FFFF;
  expect_error(far, AssemblyError::kWrongOffset);
}

TEST_F(FrameAssemblerTest, LastAndTheLengthOfTheFrameMustAgree) {
  const Sent sent = keyframe(kCamera, 3, 100);
  expect_taken(sent.chunk(0, 50));
  Chunk early = sent.chunk(50, 49);
  early.header.last = true;
  expect_error(early, AssemblyError::kWrongLength);
  Chunk unmarked = sent.chunk(50, 50);
  unmarked.header.last = false;
  expect_error(unmarked, AssemblyError::kWrongLength);
  const std::vector<std::byte> longer(51);
  Chunk behind = sent.chunk(50, 50);
  behind.payload = longer;
  expect_error(behind, AssemblyError::kWrongLength);
}

TEST_F(FrameAssemblerTest, AFrameOverTheLimitIsRefusedByItsFirstChunk) {
  const Sent greatest = keyframe(kCamera, 0, kFrameBytesMax);
  expect_frame(greatest.whole(), greatest);
  expect_error(keyframe(kCamera, 1, kFrameBytesMax + 1).chunk(0, 1), AssemblyError::kTooLong);
  Sent huge = keyframe(kCamera, 1, 10);
  huge.description.length = 0xFFFF'FFFF;
  expect_error(huge.chunk(0, 10), AssemblyError::kTooLong);
}

TEST_F(FrameAssemblerTest, AnAudioFrameThatDoesNotFitOneChunkOfASubscriberIsRefused) {
  FrameAssembler assembler{pool_, 2'097'152, kStreamsMax};
  Sent voice = with_payload({.track = kMicrophone, .length = kAudioFrameBytesMax});
  EXPECT_TRUE(assembler.add(voice.whole(), MediaKind::kAudio, clock_, now_).has_value());
  EXPECT_LE(chunk_header_size(voice.whole().header) + kAudioFrameBytesMax, 65'536U);
  voice = with_payload({.track = kMicrophone, .number = 1, .length = kAudioFrameBytesMax + 1});
  const auto refused = assembler.add(voice.chunk(0, 1000), MediaKind::kAudio, clock_, now_);
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error(), AssemblyError::kTooLong);
}

TEST_F(FrameAssemblerTest, AudioHasNeitherKeyframesNorDependenciesAndVideoHasOneOfThem) {
  expect_error(keyframe(kMicrophone, 0, 10).whole(), AssemblyError::kWrongForKind,
               MediaKind::kAudio);
  expect_error(delta(kMicrophone, 0, 10).whole(), AssemblyError::kWrongForKind, MediaKind::kAudio);
  expect_error(audio(kCamera, 0).whole(), AssemblyError::kWrongForKind, MediaKind::kVideo);
  expect_frame(audio(kMicrophone, 0).whole(), audio(kMicrophone, 0), MediaKind::kAudio);
}

TEST_F(FrameAssemblerTest, HasOnlySoManyStreamsAndAForgottenTrackMakesRoom) {
  for (std::uint16_t track = 0; track < kStreamsMax; ++track) {
    expect_taken(keyframe(TrackHandle{track}, 9, 100).chunk(0, 50));
  }
  const Sent one_more = keyframe(TrackHandle{99}, 0, 100);
  expect_error(one_more.whole(), AssemblyError::kTooManyOpen);
  assembler_.forget(TrackHandle{1});
  expect_frame(one_more.whole(), one_more);
  expect_error(keyframe(TrackHandle{1}, 9, 100).chunk(50, 50), AssemblyError::kNotOpen);
}

TEST_F(FrameAssemblerTest, AHandleThatIsUsedAgainBeginsAnew) {
  expect_frame(keyframe(kCamera, 900, 10).whole(), keyframe(kCamera, 900, 10));
  assembler_.forget(kCamera);
  expect_frame(keyframe(kCamera, 0, 10).whole(), keyframe(kCamera, 0, 10));
}

TEST_F(FrameAssemblerTest, AFrameForWhichThereIsNoMemoryIsSkippedAndThePeerIsNotToBlame) {
  FramePool none{0};
  FrameAssembler assembler{none, kFrameBytesMax, kStreamsMax};
  const auto take = [&](const Chunk& chunk) {
    const auto frame = assembler.add(chunk, MediaKind::kVideo, clock_, now_);
    ASSERT_TRUE(frame.has_value()) << describe(frame.error());
    EXPECT_FALSE(*frame);
  };
  const Sent sent = keyframe(kCamera, 0, 1000);
  take(sent.chunk(0, 500));
  take(sent.chunk(500, 499));
  EXPECT_EQ(assembler.skipped(), 0U);
  take(sent.chunk(999, 1));
  EXPECT_EQ(assembler.skipped(), 1U);
  take(keyframe(kCamera, 1, 1000).whole());
  EXPECT_EQ(assembler.skipped(), 2U);
  // The rules hold for a skipped frame as for any other.
  take(keyframe(kCamera, 2, 1000).chunk(0, 10));
  const auto wrong =
      assembler.add(keyframe(kCamera, 2, 1000).chunk(11, 10), MediaKind::kVideo, clock_, now_);
  ASSERT_FALSE(wrong.has_value());
  EXPECT_EQ(wrong.error(), AssemblyError::kWrongOffset);
}

TEST_F(FrameAssemblerTest, FramesOpenAtTheEndGiveTheirMemoryBack) {
  FramePool pool{std::size_t{1} << 20};
  {
    FrameAssembler assembler{pool, kFrameBytesMax, kStreamsMax};
    const auto begun =
        assembler.add(keyframe(kCamera, 0, 1000).chunk(0, 500), MediaKind::kVideo, clock_, now_);
    ASSERT_TRUE(begun.has_value());
  }
  pool.trim();
  pool.trim();
  EXPECT_EQ(pool.bytes_held(), 0U);
}

TEST_F(FrameAssemblerTest, SaysWhatIsWrongInDifferentWordsForEachError) {
  std::vector<std::string_view> seen;
  for (int error = 0; error <= static_cast<int>(AssemblyError::kTooManyOpen); ++error) {
    const std::string_view words = describe(static_cast<AssemblyError>(error));
    EXPECT_EQ(std::ranges::count(seen, words), 0) << words;
    EXPECT_NE(words, "unknown");
    seen.push_back(words);
  }
}

}  // namespace
}  // namespace sluice::media
