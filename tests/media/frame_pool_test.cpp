#include "media/frame_pool.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <random>
#include <vector>

namespace sluice::media {
namespace {

constexpr std::size_t kPlenty = std::size_t{64} << 20;

FrameBuilder allocate(FramePool& pool, std::uint32_t bytes) {
  return pool.allocate({.length = bytes}, MediaKind::kVideo);
}

/// Bytes that one frame of `bytes` takes from an empty pool.
std::size_t block_of(std::uint32_t bytes) {
  FramePool pool{kPlenty};
  const FrameBuilder frame = allocate(pool, bytes);
  return pool.bytes_held();
}

TEST(FramePool, AFrameHasItsDescriptionItsKindAndRoomForItsPayload) {
  FramePool pool{kPlenty};
  const FrameDescription description{.track = TrackHandle{5}, .number = 8, .length = 1000};
  FrameBuilder builder = pool.allocate(description, MediaKind::kAudio);
  ASSERT_TRUE(builder);
  EXPECT_EQ(builder->description, description);
  EXPECT_EQ(builder->kind, MediaKind::kAudio);
  ASSERT_EQ(builder->payload_to_fill().size(), 1000U);
  std::ranges::fill(builder->payload_to_fill(), std::byte{0x5A});
  const FrameRef frame = std::move(builder).finish();
  EXPECT_FALSE(builder);  // NOLINT(bugprone-use-after-move): being empty from then on is promised
  EXPECT_EQ(frame->payload().size(), 1000U);
  EXPECT_TRUE(std::ranges::all_of(frame->payload(), [](auto b) { return b == std::byte{0x5A}; }));
}

TEST(FramePool, ABlockHoldsItsFrameAndAtMostAThirdOfItIsSlack) {
  for (const std::uint32_t bytes : {600U, 1000U, 1448U, 3000U, 16384U, 100'000U, 2'097'152U}) {
    const std::size_t needed = sizeof(Frame) + bytes;
    EXPECT_GE(block_of(bytes), needed) << bytes;
    EXPECT_LE(block_of(bytes) - needed, block_of(bytes) / 3 + 1) << bytes;
  }
}

TEST(FramePool, ABlockGrowsWithItsFrameAndExactlyWhenItMust) {
  std::size_t before = 0;
  for (std::uint32_t bytes = 1; bytes < 9000; ++bytes) {
    const std::size_t block = block_of(bytes);
    ASSERT_GE(block, sizeof(Frame) + bytes);
    ASSERT_GE(block, before);
    if (block > before && before > 0) {
      ASSERT_EQ(sizeof(Frame) + bytes, before + 1);
    }
    before = block;
  }
}

TEST(FramePool, FramesWrittenToTheLastByteDoNotTouchOneAnother) {
  FramePool pool{kPlenty};
  std::vector<FrameRef> frames;
  for (std::uint32_t bytes = 1; bytes < 4000; bytes += 37) {
    FrameBuilder builder = allocate(pool, bytes);
    std::ranges::fill(builder->payload_to_fill(), static_cast<std::byte>(bytes));
    frames.push_back(std::move(builder).finish());
  }
  for (const FrameRef& frame : frames) {
    const auto expected = static_cast<std::byte>(frame->description.length);
    EXPECT_TRUE(std::ranges::all_of(frame->payload(), [&](auto b) { return b == expected; }));
  }
}

TEST(FramePool, AWarmPoolServesTheSameFramesWithoutMoreMemory) {
  FramePool pool{kPlenty};
  std::mt19937 random{1};
  std::size_t warm = 0;
  for (int round = 0; round < 50; ++round) {
    std::vector<FrameRef> frames;
    random.seed(1);  // the same lengths each round
    for (int i = 0; i < 100; ++i) {
      const auto bytes = static_cast<std::uint32_t>(1 + random() % 20'000);
      frames.push_back(allocate(pool, bytes).finish());
    }
    if (round == 0) warm = pool.bytes_held();
    ASSERT_EQ(pool.bytes_held(), warm) << "round " << round;
  }
}

TEST(FramePool, ABlockComesBackWithTheLastReferenceAndNotBefore) {
  FramePool pool{kPlenty};
  FrameRef first = allocate(pool, 100).finish();
  const Frame* const block = first.get();
  FrameRef second = first;
  first.reset();
  EXPECT_FALSE(first);
  EXPECT_NE(allocate(pool, 100).finish().get(), block) << "still referenced";
  second = FrameRef{};
  // The one above came back too, so two are free now.
  const FrameRef a = allocate(pool, 100).finish();
  const FrameRef b = allocate(pool, 100).finish();
  EXPECT_TRUE(a.get() == block || b.get() == block);
}

TEST(FramePool, ReferencesCanBeCopiedMovedAndAssignedToThemselves) {
  FramePool pool{block_of(100)};
  FrameRef frame = allocate(pool, 100).finish();
  FrameRef& same = frame;
  frame = same;
  ASSERT_TRUE(frame);
  FrameRef moved = std::move(frame);
  frame = moved;
  EXPECT_EQ(frame.get(), moved.get());
  EXPECT_FALSE(allocate(pool, 100)) << "two references hold the only block";
  moved.reset();
  moved.reset();
  EXPECT_FALSE(allocate(pool, 100)) << "one reference holds the only block";
  frame.reset();
  EXPECT_TRUE(allocate(pool, 100)) << "none does";
}

TEST(FramePool, AFrameThatIsNeverFinishedGivesItsBlockBack) {
  FramePool pool{block_of(100)};
  {
    const FrameBuilder builder = allocate(pool, 100);
  }
  EXPECT_TRUE(allocate(pool, 100));
}

TEST(FramePool, ABuilderThatIsReplacedGivesItsBlockBack) {
  FramePool pool{block_of(100)};
  FrameBuilder builder = allocate(pool, 100);
  builder = FrameBuilder{};
  EXPECT_TRUE(allocate(pool, 100));
}

TEST(FramePool, AtItsBoundItRefusesAndCountsAndRecovers) {
  const std::size_t block = block_of(1000);
  FramePool pool{3 * block};
  std::vector<FrameRef> frames;
  frames.reserve(3);
  for (int i = 0; i < 3; ++i) frames.push_back(allocate(pool, 1000).finish());
  EXPECT_EQ(pool.bytes_held(), 3 * block);
  EXPECT_EQ(pool.refusals(), 0U);
  EXPECT_FALSE(allocate(pool, 1000));
  EXPECT_FALSE(allocate(pool, 1));
  EXPECT_EQ(pool.refusals(), 2U);
  frames.pop_back();
  EXPECT_TRUE(allocate(pool, 1000));
  EXPECT_EQ(pool.bytes_held(), 3 * block);
}

TEST(FramePool, TrimFreesWhatLayUnusedSinceTheTrimBefore) {
  FramePool pool{kPlenty};
  {
    std::vector<FrameRef> burst;
    burst.reserve(10);
    for (int i = 0; i < 10; ++i) burst.push_back(allocate(pool, 1000).finish());
  }
  pool.trim();  // the burst was in use since the pool was made
  EXPECT_EQ(pool.bytes_held(), 10 * block_of(1000));
  {
    const FrameRef steady = allocate(pool, 1000).finish();
  }
  pool.trim();  // one was needed in this time, nine were not
  EXPECT_EQ(pool.bytes_held(), block_of(1000));
  pool.trim();
  EXPECT_EQ(pool.bytes_held(), 0U);
}

TEST(FramePool, TrimKeepsWhatABurstNeededSinceTheTrimBefore) {
  FramePool pool{kPlenty};
  for (int round = 0; round < 3; ++round) {
    {
      std::vector<FrameRef> burst;
      burst.reserve(10);
      for (int i = 0; i < 10; ++i) burst.push_back(allocate(pool, 1000).finish());
    }
    {
      const FrameRef after = allocate(pool, 1000).finish();
    }
    pool.trim();
    EXPECT_EQ(pool.bytes_held(), 10 * block_of(1000)) << "round " << round;
  }
}

TEST(FramePool, TrimTakesNothingThatIsReferenced) {
  FramePool pool{kPlenty};
  FrameBuilder builder = allocate(pool, 1000);
  std::ranges::fill(builder->payload_to_fill(), std::byte{0x77});
  const FrameRef frame = std::move(builder).finish();
  for (int i = 0; i < 3; ++i) pool.trim();
  EXPECT_EQ(pool.bytes_held(), block_of(1000));
  EXPECT_EQ(frame->payload()[999], std::byte{0x77});
}

TEST(FramePool, MemoryOfOneSizeMakesRoomForAnotherAfterTrims) {
  FramePool pool{block_of(1000)};
  {
    const FrameRef frame = allocate(pool, 1000).finish();
  }
  EXPECT_FALSE(allocate(pool, 10)) << "the kept block counts";
  pool.trim();
  pool.trim();
  EXPECT_TRUE(allocate(pool, 10));
}

TEST(FramePoolDeathTest, AFrameThatOutlivesItsPoolStopsTheProcess) {
  testing::FLAGS_gtest_death_test_style = "threadsafe";
  EXPECT_DEATH(
      {
        FrameRef outlives;
        FramePool pool{kPlenty};
        outlives = allocate(pool, 10).finish();
      },
      "a frame pool outlives its frames");
}

}  // namespace
}  // namespace sluice::media
