// The way of a frame through a shard, from its publisher's socket to its subscribers', allocates
// nothing once the room is warm.

#include <gtest/gtest.h>
#include <poll.h>

#include <memory>
#include <thread>
#include <vector>

#include "metrics/server_metrics.h"
#include "sfu/listener.h"
#include "sfu/shard.h"
#include "tests/bench/load/load_member.h"
#include "tests/sfu/counted_allocations.h"

namespace sluice::sfu {
namespace {

using namespace std::chrono_literals;
using bench::LoadMember;
using bench::Wire;

ServerSettings quiet_settings() {
  ServerSettings settings;
  // Pings and reports are control messages, which are made anew each time.
  settings.session.ping_interval = settings.session.timeout = settings.session.report_interval = 1h;
  // What is remembered of the track grows up to its bound: here one that a second fills.
  settings.flight_recorder = 1s;
  return settings;
}

/// One shard on a thread of its own.
class RunningShard {
 public:
  RunningShard() {
    auto acceptor = open_acceptor(shard_.context(), "127.0.0.1", 0, PortUse::kAlone);
    port_ = acceptor.local_endpoint().port();
    shard_.listen(std::move(acceptor));
    thread_ = std::thread{[this] { shard_.run(); }};
  }
  ~RunningShard() {
    shard_.stop();
    thread_.join();
  }
  RunningShard(const RunningShard&) = delete;
  RunningShard& operator=(const RunningShard&) = delete;

  [[nodiscard]] std::uint16_t port() const { return port_; }

 private:
  ServerSettings settings_ = quiet_settings();
  Log log_{{.level = LogLevel::kError}};
  metrics::ServerMetrics metrics_{{.shards = 1, .version = "test"}};
  ShardBus bus_{1};
  signaling::SharedQuota connections_{100};
  media::FramePool pool_{Shard::kFramePoolBytes};
  Shard shard_{ShardIndex{0},
               {.settings = settings_,
                .log = log_,
                .bus = bus_,
                .connections = connections_,
                .rooms = std::make_shared<signaling::SharedQuota>(10)},
               metrics_.shard(0),
               pool_};
  std::uint16_t port_ = 0;
  std::thread thread_;
};

class FramePathAllocations : public testing::TestWithParam<Wire> {
 protected:
  FramePathAllocations() {
    do_not_count_this_thread();
    tally_.counts_from = media::Time{};
    for (int i = 0; i < 4; ++i) {
      members_.push_back(
          std::make_unique<LoadMember>(bench::Target{.port = shard_.port(), .wire = GetParam()},
                                       LoadMember::Role{.subscribes = i > 0}, tally_));
      members_.back()->join("demo");
      read_until([&] { return members_.back()->joined(); });
    }
    members_.front()->publish_camera(1);
    read_until([&] { return members_.front()->published() == 1; });
    for (std::size_t i = 1; i < members_.size(); ++i) {
      read_until([&] { return members_[i]->subscribed() == 1; });
    }
    members_.front()->add_source(0, media::EncodingId{0}, {.keyframe_bytes = 8000}, {});
  }

  /// Publishes `frames`, each when everybody has the one before.
  void publish(int frames) {
    for (int i = 0; i < frames; ++i) {
      members_.front()->send_due();
      sent_ += members_.size() - 1;
      read_until([&] { return tally_.delivered == sent_; });
    }
  }

  template <typename Condition>
  void read_until(Condition condition) {
    const auto end = std::chrono::steady_clock::now() + 10s;
    while (!condition()) {
      ASSERT_LT(std::chrono::steady_clock::now(), end);
      std::vector<pollfd> waiting;
      for (const auto& member : members_) {
        waiting.push_back({.fd = member->descriptor(), .events = POLLIN, .revents = 0});
      }
      ::poll(waiting.data(), waiting.size(), 100);
      for (const auto& member : members_) member->read();
    }
  }

  RunningShard shard_;
  bench::Tally tally_;
  std::vector<std::unique_ptr<LoadMember>> members_;
  std::uint64_t sent_ = 0;
};

TEST_P(FramePathAllocations, AreNoneForAFrameOfAWarmRoom) {
  publish(150);
  ASSERT_EQ(tally_.delivered, 450U);
  const std::size_t before = allocations();
  publish(300);
  ASSERT_EQ(tally_.delivered, 1350U);
  EXPECT_EQ(allocations(), before);
  // The counter counts: a new member's connection is allocated.
  LoadMember late{{.port = shard_.port(), .wire = GetParam()}, {}, tally_};
  late.join("demo");
  read_until([&] {
    late.read();
    return late.joined();
  });
  EXPECT_GT(allocations(), before);
}

INSTANTIATE_TEST_SUITE_P(Over, FramePathAllocations, testing::Values(Wire::kRaw, Wire::kWebSocket),
                         [](const testing::TestParamInfo<Wire>& wire) {
                           return wire.param == Wire::kRaw ? "Raw" : "WebSocket";
                         });

}  // namespace
}  // namespace sluice::sfu
