// What the publisher of a simulcast track is told to make, and what becomes of it.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>

#include <functional>
#include <memory>
#include <vector>

#include "tests/integration/placement.h"
#include "tests/integration/server_process.h"
#include "tests/integration/simulcast_publisher.h"

namespace sluice::integration {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;
using std::chrono::steady_clock;
using testing::IsEmpty;

constexpr media::EncodingId kSmall{0};
constexpr media::EncodingId kMiddle{1};
constexpr media::EncodingId kLarge{2};
/// docs/protocol.md 4.6: fewer are demanded when they have sufficed for so long.
constexpr milliseconds kFewerAfter{2000};
/// What is at once takes no longer than this on a busy machine.
constexpr milliseconds kAtOnce{1000};
/// What was decided before this test looked may have been decided so much earlier.
constexpr milliseconds kTurn{300};
/// A larger encoding was measured to arrive within 0.7 s, and within 2.6 s for a joiner whose first
/// ascent fails; the rest is for a busy machine.
constexpr milliseconds kShown{5000};

/// The parameter is the number of shards. The publisher is on the first, others where they are put.
class DemandOnShards : public testing::TestWithParam<std::size_t> {
 protected:
  using Encodings = std::vector<int>;

  std::unique_ptr<Participant> join_on(std::size_t shard, const Json& members = Json::object()) {
    auto participant = connect_to_shard(server_, shard % GetParam());
    EXPECT_EQ(participant->join("demo", members)["type"], "joined");
    return participant;
  }
  /// Somebody who is subscribed to nothing.
  Participant& add_viewer(std::size_t shard) {
    return *viewers_.emplace_back(join_on(shard, {{"auto_subscribe", false}}));
  }
  void leave(const Participant& viewer) {
    std::erase_if(viewers_, [&](const auto& each) { return each.get() == &viewer; });
  }
  void show(Participant& viewer, int width, int height) {
    viewer.send({{"type", "subscribe"},
                 {"track", camera_.track()},
                 {"max_width", width},
                 {"max_height", height}});
  }
  bool run_until(const std::function<bool()>& holds, milliseconds timeout) {
    const SteadyTime deadline = steady_clock::now() + timeout;
    while (!holds()) {
      if (steady_clock::now() >= deadline) return false;
      publisher_->turn();
      camera_.turn(steady_clock::now());
      for (const auto& viewer : viewers_) viewer->turn();
      poll(nullptr, 0, 2);
    }
    return true;
  }
  void run_for(milliseconds time) {
    run_until([] { return false; }, time);
  }
  /// The next demand comes `after` that moment, to within `kAtOnce` of now, and is this.
  void expect_demand(const Encodings& encodings, milliseconds after,
                     SteadyTime from = steady_clock::now()) {
    ASSERT_TRUE(
        run_until([&] { return camera_.demands().size() > demands_seen_; }, after + kAtOnce))
        << "no demand came";
    const SimulcastPublisher::Demand& demand = camera_.demands()[demands_seen_++];
    EXPECT_EQ(demand.encodings, encodings);
    EXPECT_GE(demand.at - from, after - kTurn);
  }
  bool is_shown(Participant& viewer, media::EncodingId encoding, milliseconds timeout) {
    return run_until([&] { return viewer.track(camera_.handle()).shown() == encoding; }, timeout);
  }
  void TearDown() override {
    EXPECT_EQ(camera_.demands().size(), demands_seen_) << "it was told more than was expected";
    EXPECT_THAT(publisher_->faults(), IsEmpty());
    for (const auto& viewer : viewers_) EXPECT_THAT(viewer->faults(), IsEmpty());
  }

  ServerProcess server_{{"--shards", std::to_string(GetParam())}};
  std::unique_ptr<Participant> publisher_ = join_on(0);
  SteadyTime published_ = steady_clock::now();
  SimulcastPublisher camera_{*publisher_,
                             {{.width = 320, .height = 180, .bits_per_second = 150'000},
                              {.width = 640, .height = 360, .bits_per_second = 500'000},
                              {.width = 1280, .height = 720, .bits_per_second = 1'200'000}}};
  std::vector<std::unique_ptr<Participant>> viewers_;
  std::size_t demands_seen_ = 0;
};

TEST_P(DemandOnShards, FollowsWhoComesAndGoes) {
  expect_demand({0}, kFewerAfter);
  // The smallest goes on, so whoever comes has a picture at once.
  Participant& first = add_viewer(1);
  show(first, 1280, 720);
  expect_demand({0, 1, 2}, 0ms);
  EXPECT_TRUE(is_shown(first, kSmall, kAtOnce));
  EXPECT_TRUE(is_shown(first, kLarge, kShown));
  Participant& second = add_viewer(0);
  show(second, 640, 360);
  EXPECT_TRUE(is_shown(second, kMiddle, kShown));
  leave(first);
  expect_demand({0, 1}, kFewerAfter);
  second.send({{"type", "unsubscribe"}, {"track", camera_.track()}});
  expect_demand({0}, kFewerAfter);
}

TEST_P(DemandOnShards, FollowsTheSizesThatAreShown) {
  Participant& near = add_viewer(0);
  Participant& far = add_viewer(1);
  show(near, 300, 170);
  show(far, 640, 360);
  // Nobody has wanted the largest since it was published, and whoever comes may take a while.
  expect_demand({0, 1}, kFewerAfter, published_);
  EXPECT_TRUE(is_shown(near, kSmall, kShown));
  EXPECT_TRUE(is_shown(far, kMiddle, kShown));

  // A tile is enlarged: its encoding is made again, and arrives.
  show(near, 1280, 720);
  expect_demand({0, 1, 2}, 0ms);
  EXPECT_TRUE(is_shown(near, kLarge, kShown));
  show(near, 0, 0);
  expect_demand({0, 1}, kFewerAfter);
  show(far, 320, 180);
  expect_demand({0}, kFewerAfter);
  EXPECT_TRUE(is_shown(far, kSmall, kShown));

  // The other way round between the shards, from hidden.
  show(far, 1000, 600);
  expect_demand({0, 1, 2}, 0ms);
  EXPECT_TRUE(is_shown(far, kLarge, kShown));
}

TEST_P(DemandOnShards, IsNotToldWhileAllAreWantedNorOfSizesThatFlicker) {
  Participant& viewer = add_viewer(1);
  for (int turn = 0; turn < 5; ++turn) {
    show(viewer, 320, 180);
    run_for(350ms);
    show(viewer, 1280, 720);
    run_for(350ms);
  }
  EXPECT_THAT(camera_.demands(), IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(Count, DemandOnShards, testing::Values(1, 2),
                         [](const testing::TestParamInfo<std::size_t>& count) {
                           return std::to_string(count.param);
                         });

}  // namespace
}  // namespace sluice::integration
