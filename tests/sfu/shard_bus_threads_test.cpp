// Where shards meet: run under the thread sanitizer. `--gtest_random_seed` gives other seeds.

#include <gtest/gtest.h>
#include <poll.h>
#include <unistd.h>

#include <atomic>
#include <random>
#include <thread>
#include <vector>

#include "sfu/shard_bus.h"

namespace sluice::sfu {
namespace {

constexpr std::size_t kShards = 3;
constexpr std::uint32_t kTurns = 3000;

/// A shard without connections: sends to all others at random, takes what they send, and sleeps
/// until it is woken, so that a wake-up that was lost would end the test by its timeout.
class BusyShard {
 public:
  BusyShard(ShardBus& bus, std::size_t index, unsigned seed)
      : port_{bus, ShardIndex{static_cast<std::uint8_t>(index)}, metrics_},
        random_{seed + static_cast<unsigned>(index)} {}

  /// Until everything of all others has come, but for what they say was refused.
  void run(std::atomic<std::size_t>& running) {
    for (std::uint32_t turn = 1; turn <= kTurns; ++turn) {
      send(turn);
      if (random_() % 4 == 0) take();
    }
    finish();
    // Those who still send need room in this inbox.
    running.fetch_sub(1);
    while (!complete() || running.load() > 0 || port_.backlogged()) {
      pollfd waiting{.fd = port_.event(), .events = POLLIN, .revents = 0};
      const bool woken = ::poll(&waiting, 1, port_.backlogged() ? 1 : 20) > 0;
      if (woken) {
        std::uint64_t count = 0;
        ASSERT_EQ(::read(port_.event(), &count, sizeof count), 8);
        take();
      } else if (complete()) {
        port_.flush();
      } else {
        port_.flush();
        ASSERT_LT(++idle_, 1000U) << "something was sent, and nobody was woken";
      }
    }
  }

  [[nodiscard]] const std::string& fault() const { return fault_; }
  [[nodiscard]] std::uint64_t frames() const { return frames_; }

 private:
  struct FromOther {
    std::uint64_t next_message = 1;
    std::uint32_t last_frame = 0;
  };

  void send(std::uint32_t turn) {
    for (std::size_t to = 0; to < kShards; ++to) {
      const ShardIndex shard{static_cast<std::uint8_t>(to)};
      if (shard == port_.self()) continue;
      const auto frames = static_cast<std::uint32_t>(random_() % 3);
      for (std::uint32_t i = 0; i < frames; ++i) {
        auto frame =
            pool_.allocate({.number = ++offered_[to], .length = 64}, media::MediaKind::kAudio);
        if (!frame) continue;
        frame->payload_to_fill()[0] = std::byte{static_cast<std::uint8_t>(offered_[to])};
        (void)port_.offer(shard, {.frame = std::move(frame).finish()});
      }
      if (random_() % 2 == 0) {
        port_.send(
            shard,
            KeyframeAsked{.room = signaling::RoomId{++messages_[to]},
                          .track = signaling::TrackHandle{static_cast<std::uint16_t>(port_.self())},
                          .encoding = media::EncodingId{}});
      }
    }
    if (turn % 8 == 0) port_.flush();
  }

  void finish() {
    for (std::size_t to = 0; to < kShards; ++to) {
      const ShardIndex shard{static_cast<std::uint8_t>(to)};
      if (shard != port_.self()) {
        port_.send(shard, InterestEnded{.room = signaling::RoomId{messages_[to]},
                                        .track = {},
                                        .from = port_.self()});
      }
    }
    port_.flush();
  }

  void take() {
    port_.receive(
        [&](const ShardMessage& message) {
          if (const auto* asked = std::get_if<KeyframeAsked>(&message)) {
            FromOther& other = others_[static_cast<std::size_t>(asked->track)];
            if (static_cast<std::uint64_t>(asked->room) != other.next_message++) {
              fault_ = "a message was lost or out of order";
            }
          } else if (const auto* ended = std::get_if<InterestEnded>(&message)) {
            FromOther& other = others_[static_cast<std::size_t>(ended->from)];
            if (static_cast<std::uint64_t>(ended->room) + 1 != other.next_message) {
              fault_ = "the last message came before others";
            }
            ++finished_;
          }
        },
        [&](ShardIndex from, const Crossing& crossing) {
          FromOther& other = others_[static_cast<std::size_t>(from)];
          const std::uint32_t number = crossing.frame->description.number;
          if (number <= other.last_frame) fault_ = "frames came out of order";
          if (crossing.frame->payload()[0] != std::byte{static_cast<std::uint8_t>(number)}) {
            fault_ = "a frame was not whole";
          }
          other.last_frame = number;
          ++frames_;
        });
    port_.flush();
  }

  [[nodiscard]] bool complete() const { return finished_ == kShards - 1; }

  metrics::ShardMetrics metrics_{0};
  media::FramePool pool_{4 << 20};
  ShardPort port_;
  std::mt19937 random_;
  std::array<std::uint32_t, kShards> offered_{};
  std::array<std::uint64_t, kShards> messages_{};
  std::array<FromOther, kShards> others_{};
  std::size_t finished_ = 0;
  std::uint64_t frames_ = 0;
  std::size_t idle_ = 0;
  std::string fault_;
};

TEST(ShardBusThreads, KeepsOrderLosesNoMessageAndNoWakeUp) {
  const auto first = static_cast<unsigned>(testing::UnitTest::GetInstance()->random_seed());
  for (unsigned seed = first + 1; seed < first + 4; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    std::vector<std::unique_ptr<BusyShard>> shards;
    std::atomic<std::size_t> running{kShards};
    {
      // The pools, which the shards hold here, outlive the bus.
      auto bus = std::make_unique<ShardBus>(kShards);
      for (std::size_t i = 0; i < kShards; ++i) {
        shards.push_back(std::make_unique<BusyShard>(*bus, i, seed));
      }
      std::vector<std::jthread> threads;
      threads.reserve(kShards);
      for (const auto& shard : shards) {
        threads.emplace_back([&shard, &running] { shard->run(running); });
      }
      threads.clear();
    }
    std::uint64_t frames = 0;
    for (const auto& shard : shards) {
      EXPECT_EQ(shard->fault(), "");
      frames += shard->frames();
    }
    EXPECT_GT(frames, kTurns);
  }
}

}  // namespace
}  // namespace sluice::sfu
