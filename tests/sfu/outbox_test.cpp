#include "sfu/outbox.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <string>

#include "tests/sfu/socket_pair.h"

namespace sluice::sfu {
namespace {

media::FrameRef frame_of(media::FramePool& pool, std::uint32_t length) {
  media::FrameBuilder builder =
      pool.allocate({.track = media::TrackHandle{7}, .length = length, .keyframe = true},
                    media::MediaKind::kVideo);
  for (std::size_t i = 0; i < length; ++i) {
    builder->payload_to_fill()[i] = static_cast<std::byte>(i * 31);
  }
  return std::move(builder).finish();
}

media::ChunkHeader header_of(const media::FrameRef& frame) {
  return {.track = frame->description.track,
          .last = true,
          .keyframe = true,
          .description = frame->description};
}

class OutboxTest : public testing::Test {
 protected:
  /// Everything the other end can read now.
  std::string drain() {
    std::string all;
    std::array<char, 65536> buffer;
    for (ssize_t count = 0;
         (count = ::read(sockets_.client.get(), buffer.data(), buffer.size())) > 0;) {
      all.append(buffer.data(), static_cast<std::size_t>(count));
    }
    return all;
  }

  media::FramePool pool_{16 * 1024 * 1024};
  SocketPair sockets_ = connect_socket_pair();
  std::unique_ptr<Transport> transport_ = make_plain_transport(sockets_.server.get());
  Outbox outbox_;
};

TEST_F(OutboxTest, FramesControlForRawAndForWebSocket) {
  const auto text = std::make_shared<const std::string>("{\"type\":\"ping\"}");
  outbox_.add_text(MessageFraming::kRaw, text);
  outbox_.add_text(MessageFraming::kWebSocket, text);
  EXPECT_EQ(outbox_.bytes(), 4U + 15 + 2 + 15);
  ASSERT_EQ(outbox_.write(*transport_, {}), 36U);
  EXPECT_TRUE(outbox_.empty());
  ASSERT_TRUE(wait_readable(sockets_.client.get()));
  EXPECT_EQ(drain(), std::string("\x01\0\0\x0f", 4) + *text + "\x81\x0f" + *text);
}

TEST_F(OutboxTest, KeepsAFrameAliveUntilItIsWritten) {
  media::FrameRef frame = frame_of(pool_, 5);
  const std::string payload{reinterpret_cast<const char*>(frame->payload().data()), 5};
  outbox_.add_chunk(MessageFraming::kRaw, header_of(frame), frame, frame->payload());
  frame.reset();
  ASSERT_TRUE(outbox_.write(*transport_, {}));
  ASSERT_TRUE(wait_readable(sockets_.client.get()));
  const std::string written = drain();
  EXPECT_EQ(written.size(), 4U + 30 + 5);
  EXPECT_TRUE(written.ends_with(payload));
}

TEST_F(OutboxTest, GoesOnWithWhatASocketDidNotTakeOfAMessageThatWentPastIt) {
  const media::FrameRef frame = frame_of(pool_, 5000);
  outbox_.add_chunk(MessageFraming::kRaw, header_of(frame), frame, frame->payload());
  ASSERT_TRUE(outbox_.write(*transport_, {}));
  ASSERT_TRUE(wait_readable(sockets_.client.get()));
  const std::string whole = drain();
  std::array<std::byte, kMediaHeadBytesMax> head{};
  const std::size_t head_bytes =
      write_media_head(MessageFraming::kRaw, header_of(frame), 5000, head);
  for (const std::size_t taken :
       {std::size_t{1}, head_bytes - 1, head_bytes, head_bytes + 1, whole.size() - 1}) {
    outbox_.add_rest(std::span{head}.first(head_bytes), frame, taken);
    EXPECT_EQ(outbox_.bytes(), whole.size() - taken);
    ASSERT_TRUE(outbox_.write(*transport_, {}));
    EXPECT_TRUE(outbox_.empty());
    ASSERT_TRUE(wait_readable(sockets_.client.get()));
    EXPECT_EQ(drain(), whole.substr(taken)) << taken;
  }
}

TEST_F(OutboxTest, GoesOnWhereAFullSocketStopped) {
  const media::FrameRef frame = frame_of(pool_, 60'000);
  const std::string payload{reinterpret_cast<const char*>(frame->payload().data()), 60'000};
  for (int i = 0; i < 200; ++i) {
    outbox_.add_chunk(MessageFraming::kWebSocket, header_of(frame), frame, frame->payload());
  }
  const std::size_t total = outbox_.bytes();
  std::string received;
  bool was_full = false;
  while (!outbox_.empty()) {
    const auto written = outbox_.write(*transport_, {});
    ASSERT_TRUE(written || written.error() == IoStatus::kWouldBlockWrite);
    was_full = was_full || !outbox_.empty();
    received += drain();
  }
  while (received.size() < total && wait_readable(sockets_.client.get())) received += drain();
  EXPECT_TRUE(was_full);
  ASSERT_EQ(received.size(), total);
  const std::size_t message = total / 200;
  EXPECT_TRUE(std::string_view{received}.substr(0, message).ends_with(payload));
  for (std::size_t i = 0; i < 200; ++i) {
    ASSERT_EQ(received.compare(i * message, message, received, 0, message), 0) << i;
  }
}

TEST_F(OutboxTest, KeepsLentMemoryOnlyWhileSomethingIsLeftInIt) {
  Outbox::Memory memory;
  outbox_.borrow(memory);
  outbox_.add_bytes(std::string{"first"});
  outbox_.give_back(memory);
  EXPECT_EQ(outbox_.bytes(), 5U) << "what is left stays";
  Outbox other;
  other.borrow(memory);
  other.add_bytes(std::string{"second"});
  ASSERT_TRUE(other.write(*transport_, {}));
  other.give_back(memory);
  outbox_.borrow(memory);
  EXPECT_EQ(outbox_.bytes(), 5U);
  ASSERT_TRUE(outbox_.write(*transport_, {}));
  outbox_.give_back(memory);
  ASSERT_TRUE(wait_readable(sockets_.client.get()));
  EXPECT_EQ(drain(), "secondfirst");
}

}  // namespace
}  // namespace sluice::sfu
