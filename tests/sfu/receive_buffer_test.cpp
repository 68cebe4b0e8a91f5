#include "sfu/receive_buffer.h"

#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <string>
#include <string_view>

namespace sluice::sfu {
namespace {

class ReceiveBufferTest : public testing::Test {
 protected:
  /// Reads `text` as a socket would: into what the buffer offers.
  void receive(std::string_view text, std::size_t missing = 1) {
    const std::span<std::byte> room = buffer_.room(scratch_, missing);
    ASSERT_GE(room.size(), text.size());
    std::memcpy(room.data(), text.data(), text.size());
    buffer_.added(text.size());
  }
  std::string content() {
    const std::span<std::byte> bytes = buffer_.bytes();
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }

  std::array<std::byte, 64> scratch_{};
  ReceiveBuffer buffer_{100};
};

TEST_F(ReceiveBufferTest, HoldsNoMemoryForMessagesThatArriveWhole) {
  receive("hello");
  EXPECT_EQ(content(), "hello");
  buffer_.drop(5);
  buffer_.settle();
  EXPECT_EQ(buffer_.memory_bytes(), 0U);
}

TEST_F(ReceiveBufferTest, KeepsTheRestWhenTheScratchSpaceIsUsedByOthers) {
  receive("hello, wor");
  buffer_.drop(7);
  buffer_.settle();
  scratch_.fill(std::byte{'x'});
  EXPECT_EQ(content(), "wor");
  receive("ld");
  EXPECT_EQ(content(), "world");
}

TEST_F(ReceiveBufferTest, GivesItsMemoryBackOnceTheRestWasUsed) {
  receive("par");
  buffer_.settle();
  EXPECT_GT(buffer_.memory_bytes(), 0U);
  receive("tial");
  EXPECT_EQ(content(), "partial");
  buffer_.drop(7);
  buffer_.settle();
  EXPECT_EQ(buffer_.memory_bytes(), 0U);
}

TEST_F(ReceiveBufferTest, NeverOffersMoreThanItsBound) {
  receive("0123456789");
  buffer_.settle();
  EXPECT_EQ(buffer_.room(scratch_, 90).size(), 90U);
  EXPECT_EQ(content(), "0123456789");
}

TEST_F(ReceiveBufferTest, MovesToTheFrontWhenTheEndOfItsMemoryIsReached) {
  receive(std::string(60, 'a'));
  buffer_.settle();
  for (int round = 0; round < 50; ++round) {
    buffer_.drop(20);
    receive(std::string(20, static_cast<char>('b' + round % 20)), 20);
    buffer_.settle();
    EXPECT_EQ(buffer_.bytes().size(), 60U);
    EXPECT_LE(buffer_.memory_bytes(), 100U);
  }
  EXPECT_EQ(content().back(), static_cast<char>('b' + 49 % 20));
}

TEST_F(ReceiveBufferTest, ForgetsWhatASqueezedMessageLeftBehind) {
  receive("head-gap-tail");
  buffer_.drop(0, 9);
  EXPECT_EQ(content(), "head-gap-");
}

}  // namespace
}  // namespace sluice::sfu
