#include "sfu/track_route.h"

#include <gtest/gtest.h>

#include <vector>

#include "sfu/pump_queue.h"

namespace sluice::sfu {
namespace {

using namespace std::chrono_literals;

constexpr ShardIndex kPublisher{0};
constexpr ShardIndex kOther{1};
constexpr ShardIndex kThird{2};
constexpr signaling::RoomId kRoom{3};
constexpr media::Time kNow{100s};

signaling::TrackInfo track(signaling::TrackKind kind) {
  signaling::TrackInfo info;
  info.handle = signaling::TrackHandle{5};
  info.description.kind = kind;
  info.description.source = kind == signaling::TrackKind::kAudio
                                ? signaling::TrackSource::kMicrophone
                                : signaling::TrackSource::kCamera;
  return info;
}

signaling::TrackInfo simulcast_track() {
  signaling::TrackInfo info = track(signaling::TrackKind::kVideo);
  info.description.video.encodings = {{.encoding = 0, .width = 320, .height = 180},
                                      {.encoding = 2, .width = 640, .height = 360},
                                      {.encoding = 5, .width = 1280, .height = 720}};
  return info;
}

/// The routes of one track on the shard that has its publisher and on another.
class TrackRouteBetweenShards : public testing::Test {
 protected:
  /// One shard, as far as a route knows it.
  struct Shard {
    Shard(ShardBus& bus, ShardIndex index) : port{bus, index, metrics} {}
    metrics::ShardMetrics metrics{0};
    media::TimerWheel wheel{kNow};
    ShardPort port;
    PumpQueue pump_queue{wheel};
    media::FlightRecording flight;
    TrackRoute::Surroundings surroundings{.wheel = wheel,
                                          .metrics = metrics,
                                          .port = port,
                                          .pump_queue = pump_queue,
                                          .flight = flight,
                                          .now = kNow};
  };

  media::FrameRef frame(media::FrameNumber number, bool keyframe = false) {
    media::FrameDescription description{
        .track = media::TrackHandle{5}, .number = number, .length = 100, .keyframe = keyframe};
    if (!keyframe) {
      description.dependency_count = 1;
      description.dependency_deltas[0] = 1;
    }
    return pool_.allocate(description, media::MediaKind::kVideo).finish();
  }
  static void add_numbers(const Crossing& crossing, std::vector<int>& numbers) {
    if (crossing.frame) {
      numbers.push_back(static_cast<int>(crossing.frame->description.number));
      return;
    }
    if (crossing.group->empty()) numbers.push_back(-1);
    for (const media::FrameRef& each : *crossing.group) {
      numbers.push_back(1000 + static_cast<int>(each->description.number));
    }
  }
  /// What came through the ring to the other shard: frame numbers; of a group, those in it with
  /// 1000 added, and an empty group is -1.
  std::vector<int> arrivals() {
    std::vector<int> numbers;
    other_.port.receive([](const ShardMessage&) {},
                        [&](ShardIndex, const Crossing& crossing) {
                          EXPECT_EQ(crossing.room, kRoom);
                          EXPECT_EQ(crossing.track, signaling::TrackHandle{5});
                          add_numbers(crossing, numbers);
                        });
    return numbers;
  }
  /// The keyframe requests that arrived at the publisher's shard.
  std::vector<KeyframeAsked> requests() {
    std::vector<KeyframeAsked> asked;
    other_.port.flush();
    publisher_.port.receive(
        [&](const ShardMessage& message) { asked.push_back(std::get<KeyframeAsked>(message)); },
        [](ShardIndex, const Crossing&) {});
    return asked;
  }
  /// Lets the publisher's shard read what it was sent of what is wanted, and says what that was.
  std::vector<std::size_t> hear_wanted(media::Time now) {
    std::vector<std::size_t> heard;
    for (Shard* shard : {&other_, &third_}) shard->port.flush();
    publisher_.port.receive(
        [&](const ShardMessage& message) {
          const auto& wanted = std::get<EncodingsWanted>(message);
          EXPECT_EQ(wanted.room, kRoom);
          EXPECT_EQ(wanted.track, signaling::TrackHandle{5});
          simulcast_.set_wanted_on(wanted.from, wanted.wanted, now);
          heard.push_back(wanted.wanted);
        },
        [](ShardIndex, const Crossing&) {});
    return heard;
  }
  static void let_pass(Shard& shard, media::Time now) {
    shard.wheel.advance(now);
    while (media::Timer* const timer = shard.wheel.pop_expired()) {
      static_cast<ShardTimer*>(timer)->expired(now);
    }
  }
  void fill_ring() {
    while (publisher_.port.offer(
        kOther, {.room = kRoom, .track = signaling::TrackHandle{5}, .frame = frame(7777)})) {
    }
  }

  media::FramePool pool_{16 << 20};
  ShardBus bus_{3};
  Shard publisher_{bus_, kPublisher};
  Shard other_{bus_, kOther};
  Shard third_{bus_, kThird};
  // The publisher itself is not needed: frames are handed to the route.
  TrackRoute video_{kRoom, track(signaling::TrackKind::kVideo), kPublisher,
                    publisher_.surroundings};
  TrackRoute remote_{kRoom, track(signaling::TrackKind::kVideo), kPublisher, other_.surroundings};
  // The same of a track with the encodings 0, 2 and 5.
  TrackRoute simulcast_{kRoom, simulcast_track(), kPublisher, publisher_.surroundings};
  TrackRoute on_other_{kRoom, simulcast_track(), kPublisher, other_.surroundings};
  TrackRoute on_third_{kRoom, simulcast_track(), kPublisher, third_.surroundings};
};

TEST_F(TrackRouteBetweenShards, SendsNothingToAShardWithoutSubscribers) {
  video_.receive(frame(0, true));
  EXPECT_EQ(arrivals(), std::vector<int>{});
  EXPECT_FALSE(video_.remote());
  EXPECT_TRUE(remote_.remote());
}

TEST_F(TrackRouteBetweenShards, SendsTheGroupFirstAndThenEachFrameOnce) {
  video_.receive(frame(0, true));
  video_.receive(frame(1));
  video_.add_shard(kOther);
  video_.receive(frame(2));
  video_.receive(frame(3));
  EXPECT_EQ(arrivals(), (std::vector<int>{1000, 1001, 2, 3}));
  EXPECT_EQ(publisher_.metrics.shard_frames[metrics::FrameKind::kVideo].value(), 2U);
  video_.remove_shard(kOther, kNow);
  video_.receive(frame(4));
  EXPECT_EQ(arrivals(), std::vector<int>{});
}

TEST_F(TrackRouteBetweenShards, TellsThatThereIsNoGroupToo) {
  video_.add_shard(kOther);
  video_.settle_groups();
  EXPECT_EQ(arrivals(), std::vector<int>{-1});
}

TEST_F(TrackRouteBetweenShards, DropsForAShardThatLagsBehindAndMendsItWithTheNextFrame) {
  video_.receive(frame(0, true));
  video_.add_shard(kOther);
  video_.settle_groups();
  (void)arrivals();
  fill_ring();
  video_.receive(frame(1));
  video_.receive(frame(2));
  EXPECT_EQ(publisher_.metrics.shard_frames_dropped[metrics::FrameKind::kVideo].value(), 2U);
  EXPECT_EQ(arrivals().size(), ShardBus::kRingFrames);
  video_.receive(frame(3));
  EXPECT_EQ(arrivals(), (std::vector<int>{1000, 1001, 1002, 3})) << "the way over the gap";
  EXPECT_EQ(publisher_.metrics.shard_frames_dropped[metrics::FrameKind::kVideo].value(), 2U);
}

TEST_F(TrackRouteBetweenShards, MendsAShardAlsoWhenNoFrameFollows) {
  video_.receive(frame(0, true));
  video_.add_shard(kOther);
  fill_ring();
  video_.settle_groups();
  (void)arrivals();
  video_.settle_groups();
  EXPECT_EQ(arrivals(), std::vector<int>{1000});
  video_.settle_groups();
  EXPECT_EQ(arrivals(), std::vector<int>{}) << "owed once, sent once";
}

TEST_F(TrackRouteBetweenShards, LeavesOutWhatComesBehindANewerFrameOfTheOtherConnection) {
  TrackRoute audio{kRoom, track(signaling::TrackKind::kAudio), kPublisher, publisher_.surroundings};
  audio.add_shard(kOther);
  audio.receive(frame(1));
  audio.receive_from_lane(frame(4));
  audio.receive(frame(2));
  audio.receive(frame(4));
  audio.receive_from_lane(frame(5));
  audio.receive(frame(6));
  audio.receive_from_lane(frame(6));
  EXPECT_EQ(arrivals(), (std::vector<int>{1, 4, 5, 6}));
}

TEST_F(TrackRouteBetweenShards, OwesNoGroupForSound) {
  TrackRoute audio{kRoom, track(signaling::TrackKind::kAudio), kPublisher, publisher_.surroundings};
  audio.add_shard(kOther);
  audio.receive(frame(1));
  EXPECT_EQ(arrivals(), std::vector<int>{1});
  TrackRoute there{kRoom, track(signaling::TrackKind::kAudio), kPublisher, other_.surroundings};
  EXPECT_FALSE(there.awaits_group());
}

TEST_F(TrackRouteBetweenShards, KnowsTheWayToThePresentWhereItsSubscribersAre) {
  EXPECT_TRUE(remote_.awaits_group());
  const std::vector<media::FrameRef> group{frame(0, true), frame(1)};
  remote_.receive_group(group);
  EXPECT_FALSE(remote_.awaits_group());
  remote_.receive(frame(2));
  EXPECT_EQ(remote_.group(media::EncodingId{0}).size(), 3U);
  // In place of what was known, not in addition.
  remote_.receive_group(group);
  EXPECT_EQ(remote_.group(media::EncodingId{0}).size(), 2U);
  remote_.set_muted(true);
  EXPECT_EQ(remote_.group(media::EncodingId{0}).size(), 0U);
}

TEST_F(TrackRouteBetweenShards, AsksThePublishersShardOnceForAllWhoAsk) {
  remote_.request_keyframe(media::EncodingId{0}, metrics::KeyframeCause::kLeftOut, kNow);
  remote_.request_keyframe(media::EncodingId{0}, metrics::KeyframeCause::kRequested, kNow + 1ms);
  const auto asked = requests();
  ASSERT_EQ(asked.size(), 1U);
  EXPECT_EQ(asked[0].room, kRoom);
  EXPECT_EQ(asked[0].cause, metrics::KeyframeCause::kLeftOut);
  // Only the publisher's shard counts what the publisher is asked.
  EXPECT_EQ(other_.metrics.keyframe_requests[metrics::KeyframeCause::kLeftOut].value(), 0U);
  // An old group answers no request: the publisher is asked once more when none comes.
  remote_.receive_group(std::vector<media::FrameRef>{frame(0, true)});
  remote_.request_keyframe(media::EncodingId{0}, metrics::KeyframeCause::kRequested, kNow + 3s);
  EXPECT_EQ(requests().size(), 1U);
}

TEST_F(TrackRouteBetweenShards, CountsTheEncodingsUpToTheLargestOfUse) {
  EXPECT_EQ(simulcast_.encodings_up_to(media::EncodingId{0}), 1U);
  EXPECT_EQ(simulcast_.encodings_up_to(media::EncodingId{2}), 2U);
  EXPECT_EQ(simulcast_.encodings_up_to(media::EncodingId{5}), 3U);
  EXPECT_EQ(video_.encodings_up_to(media::EncodingId{0}), 1U);
}

TEST_F(TrackRouteBetweenShards, DemandsWhatSubscribersHereAndElsewhereWant) {
  simulcast_.add_shard(kOther);
  simulcast_.add_shard(kThird);
  simulcast_.change_wanted(0, 1, kNow);
  on_other_.change_wanted(0, 2, kNow);
  EXPECT_EQ(hear_wanted(kNow), std::vector<std::size_t>{2});
  EXPECT_EQ(simulcast_.in_demand(), 3U) << "fewer are told when that stood";
  let_pass(publisher_, kNow + 2005ms);
  EXPECT_EQ(simulcast_.in_demand(), 2U);

  on_third_.change_wanted(0, 3, kNow + 3s);
  EXPECT_EQ(hear_wanted(kNow + 3s), std::vector<std::size_t>{3});
  EXPECT_EQ(simulcast_.in_demand(), 3U) << "more are told at once";

  // Who wants it most leaves, and then the whole other shard.
  on_third_.change_wanted(3, 0, kNow + 4s);
  EXPECT_EQ(hear_wanted(kNow + 4s), std::vector<std::size_t>{0});
  let_pass(publisher_, kNow + 6005ms);
  EXPECT_EQ(simulcast_.in_demand(), 2U);
  simulcast_.remove_shard(kOther, kNow + 7s);
  let_pass(publisher_, kNow + 9005ms);
  EXPECT_EQ(simulcast_.in_demand(), 1U);
}

TEST_F(TrackRouteBetweenShards, TellsThePublishersShardOneNumberAndOnlyWhenItChanges) {
  simulcast_.add_shard(kOther);
  on_other_.change_wanted(0, 2, kNow);
  on_other_.change_wanted(0, 2, kNow);
  on_other_.change_wanted(0, 1, kNow);
  on_other_.change_wanted(2, 1, kNow);
  EXPECT_EQ(hear_wanted(kNow), std::vector<std::size_t>{2});
  on_other_.change_wanted(2, 0, kNow);
  EXPECT_EQ(hear_wanted(kNow), std::vector<std::size_t>{1});
}

TEST_F(TrackRouteBetweenShards, DemandsTheSmallestOfATrackThatNobodyIsShown) {
  simulcast_.settle_demand(kNow);
  let_pass(publisher_, kNow + 1990ms);
  EXPECT_EQ(simulcast_.in_demand(), 3U);
  let_pass(publisher_, kNow + 2005ms);
  EXPECT_EQ(simulcast_.in_demand(), 1U);
}

TEST_F(TrackRouteBetweenShards, AShardThatIsAddedTwiceKeepsWhatItWants) {
  simulcast_.add_shard(kOther);
  simulcast_.set_wanted_on(kOther, 2, kNow);
  simulcast_.add_shard(kOther);
  let_pass(publisher_, kNow + 2005ms);
  EXPECT_EQ(simulcast_.in_demand(), 2U);
  // Gone and back: nothing of before is left.
  simulcast_.remove_shard(kOther, kNow + 3s);
  simulcast_.add_shard(kOther);
  let_pass(publisher_, kNow + 5005ms);
  EXPECT_EQ(simulcast_.in_demand(), 1U);
  simulcast_.set_wanted_on(kThird, 3, kNow + 6s);
  EXPECT_EQ(simulcast_.in_demand(), 1U) << "a shard without interest wants nothing";
}

TEST_F(TrackRouteBetweenShards, HasNothingToDemandOfOneEncoding) {
  video_.add_shard(kOther);
  video_.settle_demand(kNow);
  remote_.change_wanted(0, 1, kNow);
  EXPECT_TRUE(hear_wanted(kNow).empty());
  EXPECT_TRUE(publisher_.wheel.empty());
}

}  // namespace
}  // namespace sluice::sfu
