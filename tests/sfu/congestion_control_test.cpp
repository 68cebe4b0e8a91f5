#include "sfu/congestion_control.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <array>
#include <string>

#include "tests/sfu/socket_pair.h"

namespace sluice::sfu {
namespace {

using std::chrono::milliseconds;

std::string control_of(int descriptor) {
  std::array<char, 16> name{};
  socklen_t bytes = name.size();
  EXPECT_EQ(::getsockopt(descriptor, IPPROTO_TCP, TCP_CONGESTION, name.data(), &bytes), 0);
  return name.data();
}

// Samples with `lost` of each hundred segments, one a sample, for `length`.
void run(CongestionControlSwitch& control, media::LossWatch::Counters& counters, media::Time& now,
         media::Duration length, std::uint32_t lost) {
  const media::Time end = now + length;
  for (; now < end; now += milliseconds{250}) {
    counters.sent_segments += 25;
    counters.delivered_segments += 25;
    if (now.time_since_epoch() % std::chrono::seconds{1} == media::Duration::zero()) {
      counters.retransmitted_segments += lost;
    }
    control.sampled(counters, now);
  }
}

// Reno is in every kernel, so it stands for both here where BBR may be missing.
TEST(CongestionControl, ChangesWithThePathAndBack) {
  const SocketPair sockets = connect_socket_pair();
  const int server = sockets.server.get();
  const CongestionControls controls{.usual = "cubic", .lossy = "reno"};
  ASSERT_TRUE(set_congestion_control(server, controls.usual));
  metrics::Counter lossy_paths;
  CongestionControlSwitch control{server, controls, lossy_paths};
  media::LossWatch::Counters counters;
  media::Time now{std::chrono::seconds{1}};
  run(control, counters, now, std::chrono::seconds{8}, 0);
  EXPECT_EQ(control_of(server), "cubic");
  run(control, counters, now, std::chrono::seconds{8}, 3);
  EXPECT_EQ(control_of(server), "reno");
  EXPECT_EQ(lossy_paths.value(), 1U);
  run(control, counters, now, media::LossWatch::kCalm + std::chrono::seconds{2}, 0);
  EXPECT_EQ(control_of(server), "cubic");
  EXPECT_EQ(lossy_paths.value(), 1U);
}

TEST(CongestionControl, StaysAsItIsWhereOneIsChosenByName) {
  const CongestionControls controls = choose_congestion_controls("reno");
  EXPECT_EQ(controls.usual, "reno");
  EXPECT_EQ(controls.lossy, "");
  const SocketPair sockets = connect_socket_pair();
  const int server = sockets.server.get();
  ASSERT_TRUE(set_congestion_control(server, controls.usual));
  metrics::Counter lossy_paths;
  CongestionControlSwitch control{server, controls, lossy_paths};
  media::LossWatch::Counters counters;
  media::Time now{std::chrono::seconds{1}};
  run(control, counters, now, std::chrono::seconds{20}, 5);
  EXPECT_EQ(control_of(server), "reno");
  EXPECT_EQ(lossy_paths.value(), 0U);
}

TEST(CongestionControl, IsChosenOfWhatTheSystemHas) {
  const CongestionControls controls = choose_congestion_controls(kChooseCongestionControl);
  const SocketPair sockets = connect_socket_pair();
  for (const std::string& name : {controls.usual, controls.lossy}) {
    if (!name.empty()) {
      EXPECT_TRUE(set_congestion_control(sockets.server.get(), name)) << name;
    }
  }
  EXPECT_NE(controls.usual, "");
  EXPECT_NE(controls.usual, controls.lossy);
  EXPECT_THAT(controls.lossy, testing::AnyOf("bbr", ""));
}

}  // namespace
}  // namespace sluice::sfu
