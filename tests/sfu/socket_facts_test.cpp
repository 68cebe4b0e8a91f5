#include "sfu/socket_facts.h"

#include <gtest/gtest.h>
#include <netinet/tcp.h>

#include <array>
#include <string>

#include "tests/sfu/socket_pair.h"

namespace sluice::sfu {
namespace {

int option_of(int descriptor, int level, int option) {
  int value = 0;
  socklen_t bytes = sizeof value;
  EXPECT_EQ(::getsockopt(descriptor, level, option, &value, &bytes), 0);
  return value;
}

TEST(SendQueueFacts, CountWhatThePeerHasNotTaken) {
  const SocketPair sockets = connect_socket_pair();
  const auto empty = read_send_queue_facts(sockets.server.get());
  ASSERT_TRUE(empty);
  EXPECT_EQ(empty->unacknowledged_bytes, 0U);
  EXPECT_EQ(empty->unsent_bytes, 0U);

  // Far more than both kernel buffers hold: the rest stays unsent.
  const std::string block(1 << 20, 'x');
  while (::send(sockets.server.get(), block.data(), block.size(), MSG_NOSIGNAL) > 0) {
  }
  const auto full = read_send_queue_facts(sockets.server.get());
  ASSERT_TRUE(full);
  EXPECT_GT(full->unsent_bytes, 0U);
  EXPECT_GE(full->unacknowledged_bytes, full->unsent_bytes);
}

TEST(TcpFacts, TellOfALivingConnection) {
  const SocketPair sockets = connect_socket_pair();
  std::array<char, 1000> bytes{};
  ASSERT_EQ(::send(sockets.server.get(), bytes.data(), bytes.size(), 0), 1000);
  ASSERT_TRUE(wait_for_bytes(sockets.client.get(), 1000));
  ASSERT_EQ(::recv(sockets.client.get(), bytes.data(), bytes.size(), 0), 1000);
  ASSERT_EQ(::send(sockets.client.get(), bytes.data(), 10, 0), 10);
  // What comes back acknowledges what went before.
  ASSERT_TRUE(wait_for_bytes(sockets.server.get(), 10));
  const auto facts = read_tcp_facts(sockets.server.get());
  ASSERT_TRUE(facts);
  EXPECT_GT(facts->rtt.count(), 0);
  EXPECT_GT(facts->mss_bytes, 500U);
  EXPECT_GT(facts->congestion_window_segments, 0U);
  // Kernels since 4.10 fill all of these in.
  EXPECT_TRUE(facts->min_rtt);
  EXPECT_EQ(facts->bytes_received, 10U);
  EXPECT_EQ(facts->bytes_acked, 1000U);
  EXPECT_TRUE(facts->delivery_rate_bytes_per_second);
  EXPECT_TRUE(facts->busy_time);
  EXPECT_EQ(facts->unsent_bytes, 0U);
}

TEST(SocketFacts, GiveTheSystemsErrorForWhatIsNoTcpSocket) {
  EXPECT_EQ(read_send_queue_facts(-1).error(), std::errc::bad_file_descriptor);
  EXPECT_EQ(read_tcp_facts(-1).error(), std::errc::bad_file_descriptor);
}

TEST(TcpSettings, AreAllSet) {
  const SocketPair sockets = connect_socket_pair();
  const int server = sockets.server.get();
  const auto refused = apply_tcp_settings(server, {.unsent_low_water_bytes = 5000,
                                                   .user_timeout = std::chrono::milliseconds{7000},
                                                   .congestion = {.usual = "reno", .lossy = {}}});
  EXPECT_TRUE(refused.empty()) << refused.front().option;
  EXPECT_EQ(option_of(server, IPPROTO_TCP, TCP_NODELAY), 1);
  EXPECT_EQ(option_of(server, IPPROTO_TCP, TCP_NOTSENT_LOWAT), 5000);
  EXPECT_EQ(option_of(server, IPPROTO_TCP, TCP_USER_TIMEOUT), 7000);
  EXPECT_EQ(option_of(server, SOL_SOCKET, SO_KEEPALIVE), 1);
  EXPECT_EQ(option_of(server, IPPROTO_TCP, TCP_KEEPIDLE), 15);
  int retransmission_most_ms = 0;
  socklen_t size = sizeof retransmission_most_ms;
  constexpr int kTcpRtoMaxMs = 44;
  if (::getsockopt(server, IPPROTO_TCP, kTcpRtoMaxMs, &retransmission_most_ms, &size) == 0) {
    EXPECT_EQ(retransmission_most_ms, 1000);
  }
  std::array<char, 16> name{};
  socklen_t bytes = name.size();
  ASSERT_EQ(::getsockopt(server, IPPROTO_TCP, TCP_CONGESTION, name.data(), &bytes), 0);
  EXPECT_STREQ(name.data(), "reno");
}

TEST(SocketFacts, AStallIsLimitedBelowTheTimeOfTheSettings) {
  const SocketPair sockets = connect_socket_pair();
  ASSERT_TRUE(apply_tcp_settings(sockets.server.get(), {}).empty());
  EXPECT_GT(option_of(sockets.server.get(), IPPROTO_TCP, TCP_USER_TIMEOUT), 1000);
  limit_stall(sockets.server.get(), std::chrono::seconds{1});
  EXPECT_EQ(option_of(sockets.server.get(), IPPROTO_TCP, TCP_USER_TIMEOUT), 1000);
}

TEST(TcpSettings, GoOnPastARefusalAndTellIt) {
  const SocketPair sockets = connect_socket_pair();
  const auto refused = apply_tcp_settings(
      sockets.server.get(), {.congestion = {.usual = "no_such_control", .lossy = {}}});
  ASSERT_EQ(refused.size(), 1U);
  EXPECT_EQ(refused[0].option, "TCP_CONGESTION");
  EXPECT_EQ(refused[0].error, std::errc::no_such_file_or_directory);
  EXPECT_EQ(option_of(sockets.server.get(), IPPROTO_TCP, TCP_NODELAY), 1);
}

}  // namespace
}  // namespace sluice::sfu
