// The emulator on a real kernel: what it promises of rate, delay, loss and queue, measured with
// UDP; and how a run begins and ends. Needs root; skipped, and said so, elsewhere.

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <fstream>
#include <numeric>
#include <thread>

#include "tests/client/shell.h"
#include "tests/link/held_link.h"

namespace sluice::link {
namespace {

using SteadyClock = std::chrono::steady_clock;
using std::chrono::milliseconds;
using std::chrono::seconds;
using Side = HeldLink::Side;

constexpr std::size_t kPayload = 972;
constexpr std::size_t kOnWire = kPayload + 28;  // IPv4 and UDP

#define SKIP_WITHOUT_NAMESPACES(link)                                                      \
  if (!(link).stands()) {                                                                  \
    GTEST_SKIP() << "NOT TESTED: this machine allows no network namespaces (root needed)"; \
  }

struct Arrival {
  double age_ms = 0;
  SteadyClock::time_point at;
};

/// Sends `packets` of `kOnWire` bytes from one side to the other, one each `interval`, and tells
/// when each came.
std::vector<Arrival> send_through(const HeldLink& link, Side from, int packets,
                                  SteadyClock::duration interval) {
  const Side to = from == Side::kServer ? Side::kClient : Side::kServer;
  const Descriptor sender = link.udp_socket(from);
  const Descriptor receiver = link.udp_socket(to);
  sockaddr_in address{};
  socklen_t length = sizeof address;
  getsockname(receiver.get(), reinterpret_cast<sockaddr*>(&address), &length);
  const timeval patience{.tv_usec = 600'000};
  setsockopt(receiver.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);

  std::vector<Arrival> arrivals;
  std::jthread reader{[&] {
    std::array<char, 2048> bytes;
    while (recv(receiver.get(), bytes.data(), bytes.size(), 0) > 0) {
      const auto now = SteadyClock::now();
      SteadyClock::time_point sent;
      std::memcpy(&sent, bytes.data(), sizeof sent);
      arrivals.push_back(
          {.age_ms = std::chrono::duration<double, std::milli>(now - sent).count(), .at = now});
    }
  }};
  auto next = SteadyClock::now();
  for (int count = 0; count < packets; ++count) {
    std::this_thread::sleep_until(next);
    next += interval;
    std::array<char, kPayload> bytes{};
    const auto now = SteadyClock::now();
    std::memcpy(bytes.data(), &now, sizeof now);
    sendto(sender.get(), bytes.data(), bytes.size(), 0, reinterpret_cast<const sockaddr*>(&address),
           sizeof address);
  }
  reader.join();
  return arrivals;
}

double median_age(std::vector<Arrival> arrivals) {
  std::ranges::sort(arrivals, {}, &Arrival::age_ms);
  return arrivals[arrivals.size() / 2].age_ms;
}

double rate_of(const std::vector<Arrival>& arrivals) {
  const double time =
      std::chrono::duration<double>(arrivals.back().at - arrivals.front().at).count();
  return static_cast<double>((arrivals.size() - 1) * kOnWire * 8) / time;
}

TEST(LinkRun, CarriesTheRateWithinThreePercentBothWays) {
  const HeldLink link{{"--down", "4mbit", "--up", "1mbit", "--queue", "100ms"}};
  SKIP_WITHOUT_NAMESPACES(link);
  // 8 Mbit/s offered.
  const auto down = send_through(link, Side::kServer, 2000, milliseconds{1});
  EXPECT_NEAR(rate_of(down), 4e6, 4e6 * 0.03);
  const auto up = send_through(link, Side::kClient, 2000, milliseconds{1});
  EXPECT_NEAR(rate_of(up), 1e6, 1e6 * 0.03);
}

TEST(LinkRun, DelaysByTwoMillisecondsAtMostMoreThanAskedFor) {
  const HeldLink link{{"--down", "8mbit", "--delay", "40ms", "--delay-up", "15ms"}};
  SKIP_WITHOUT_NAMESPACES(link);
  // A packet takes 1 ms at 8 Mbit/s.
  EXPECT_NEAR(median_age(send_through(link, Side::kServer, 200, milliseconds{5})), 41, 2);
  EXPECT_NEAR(median_age(send_through(link, Side::kClient, 200, milliseconds{5})), 16, 2);
}

TEST(LinkRun, LosesTheShareThatIsAskedFor) {
  const HeldLink link{{"--down", "100mbit", "--loss-down", "10%", "--seed", "3"}};
  SKIP_WITHOUT_NAMESPACES(link);
  const auto down = send_through(link, Side::kServer, 4000, std::chrono::microseconds{500});
  EXPECT_NEAR(1 - static_cast<double>(down.size()) / 4000, 0.10, 0.02);
  EXPECT_EQ(send_through(link, Side::kClient, 500, std::chrono::microseconds{500}).size(), 500U);
}

TEST(LinkRun, QueuesNoLongerThanItsBound) {
  HeldLink link{{"--down", "1mbit", "--queue", "200ms"}};
  SKIP_WITHOUT_NAMESPACES(link);
  const auto arrivals = send_through(link, Side::kServer, 1000, milliseconds{2});
  const auto oldest = std::ranges::max_element(arrivals, {}, &Arrival::age_ms);
  EXPECT_NEAR(oldest->age_ms, 200, 10);
  const auto statistics = link.finish();
  EXPECT_EQ(statistics.at("down").at("queue_bytes_most"), 25'000);
  EXPECT_EQ(statistics.at("down").at("overflowed_packets").get<std::size_t>(),
            1000 - arrivals.size());
  EXPECT_EQ(statistics.at("down").at("delivered_packets").get<std::size_t>(), arrivals.size());
}

TEST(LinkRun, BeginsTheScheduleWithTheFirstPacketAndAnewWhenToldTo) {
  const HeldLink link{{"--outage", "100ms+400ms"}};
  SKIP_WITHOUT_NAMESPACES(link);
  std::this_thread::sleep_for(milliseconds{700});
  for (int round = 0; round < 2; ++round) {
    const auto arrivals = send_through(link, Side::kServer, 100, milliseconds{10});
    ASSERT_EQ(arrivals.size(), 100U);
    EXPECT_LT(arrivals[5].age_ms, 20);
    EXPECT_NEAR(arrivals[15].age_ms, 350, 40);
    EXPECT_LT(arrivals[60].age_ms, 20);
    kill(link.process(), SIGUSR1);
    std::this_thread::sleep_for(milliseconds{20});
  }
}

client::tests::ShellResult run_link(const std::string& arguments) {
  return client::tests::run(SLUICE_BIN_DIR "/sluice-link " + arguments + " 2>&1");
}

TEST(LinkRun, TakesTheExitStatusOfTheClientsCommand) {
  const HeldLink link{{}};
  SKIP_WITHOUT_NAMESPACES(link);
  EXPECT_EQ(run_link("-- sleep 60 -- sh -c 'exit 7'").status, 7);
  EXPECT_EQ(run_link("-- sh -c 'exit 3' -- sleep 60").status, 1);
  EXPECT_EQ(run_link("-- sleep 60 -- /nonexistent").status, 127);
}

TEST(LinkRun, StartsTheClientsCommandWhenTheServersListens) {
  const HeldLink link{{}};
  SKIP_WITHOUT_NAMESPACES(link);
  const client::tests::TemporaryFolder folder;
  std::ofstream{folder.path() / "word"} << "sluice";
  const auto result =
      run_link("--wait-port 8000 --delay 10ms -- sh -c 'cd " + folder.path().string() +
               " && sleep 0.3 && exec python3 -m http.server 8000' -- "
               "sh -c 'curl -sS http://$SLUICE_LINK_SERVER:8000/word'");
  EXPECT_EQ(result.status, 0) << result.output;
  EXPECT_NE(result.output.find("sluice"), std::string::npos) << result.output;
}

TEST(LinkRun, LeavesNoCommandBehindHoweverItEnds) {
  const HeldLink link{{}};
  SKIP_WITHOUT_NAMESPACES(link);
  for (const std::string signal : {"TERM", "KILL"}) {
    // A length of sleep that only this run has, to find it by.
    const std::string mine = "sleep 9" + std::to_string(getpid()) + (signal == "TERM" ? "1" : "2");
    std::string script = "mine='";
    script.append(mine).append("'; signal=").append(signal).append("; " SLUICE_BIN_DIR);
    script.append(
        "/sluice-link -- $mine -- $mine 2>/dev/null & link=$!; "
        "sleep 0.5; pgrep -c -x -f \"$mine\"; kill -$signal $link; "
        "wait $link; echo $?; sleep 0.2; pgrep -c -x -f \"$mine\"; true");
    const auto result = client::tests::run(script);
    EXPECT_EQ(result.output, signal == "TERM" ? "2\n143\n0\n" : "2\n137\n0\n");
  }
}

}  // namespace
}  // namespace sluice::link
