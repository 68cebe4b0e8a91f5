#include "sfu/egress_pump.h"

#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include "media/chunk_header.h"
#include "sfu/clock.h"
#include "tests/sfu/socket_pair.h"

namespace sluice::sfu {
namespace {

using namespace std::chrono_literals;

class EgressPumpTest : public testing::Test {
 protected:
  enum class WhoIsLate : std::uint8_t { kReader, kServer };

  /// Writes a frame, whose reader answers after 150 ms, or at once to a server that reads the
  /// answer after 150 ms.
  void write_and_hear(WhoIsLate late) {
    constexpr auto kLate = 150ms;
    write();
    if (late == WhoIsLate::kReader) std::this_thread::sleep_for(kLate);
    answer();
    if (late == WhoIsLate::kServer) std::this_thread::sleep_for(kLate);
    hear();
  }

  void write() {
    const media::FrameDescription frame{.number = number_++, .length = 1000};
    written_ += media::chunk_header_size(frame) + frame.length;
    pump_.sent_in_step(frame, now());
  }
  void answer() {
    ASSERT_EQ(::send(sockets_.client.get(), "x", 1, MSG_NOSIGNAL), 1);
    ASSERT_TRUE(wait_readable(sockets_.server.get()));
  }
  void hear() {
    char byte = 0;
    ASSERT_EQ(::recv(sockets_.server.get(), &byte, 1, 0), 1);
    ASSERT_TRUE(pump_.reported(written_, now()));
  }

  SocketPair sockets_ = connect_socket_pair();
  CongestionControls controls_;
  metrics::ShardMetrics metrics_{1};
  media::FlightRecording recording_;
  media::FlightRecorder recorder_{recording_};
  EgressPump pump_{MessageFraming::kRaw, sockets_.server.get(), controls_, metrics_, recorder_};
  media::FrameNumber number_ = 0;
  std::uint64_t written_ = 0;
};

TEST_F(EgressPumpTest, TakesItsOwnLatenessForNoQueue) {
  for (int i = 0; i < 3; ++i) {
    write();
    answer();
    hear();
  }
  for (int i = 0; i < 3; ++i) write_and_hear(WhoIsLate::kServer);
  EXPECT_FALSE(pump_.congested());
  for (int i = 0; i < 2; ++i) write_and_hear(WhoIsLate::kReader);
  EXPECT_TRUE(pump_.congested());
}

}  // namespace
}  // namespace sluice::sfu
