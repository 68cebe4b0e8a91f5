// Calls whose participants live on different shards, that is on different threads of the server.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <random>

#include "tests/integration/call.h"
#include "tests/integration/placement.h"
#include "tests/integration/server_process.h"

namespace sluice::integration {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::IsEmpty;

/// Budgets that no busy machine exceeds: frames that are missing were lost.
std::vector<std::string> patient(std::size_t shards, std::vector<std::string> more = {}) {
  more.insert(more.end(), {"--shards", std::to_string(shards), "--audio-latency-budget=5s",
                           "--video-latency-budget=5s"});
  return more;
}

/// The parameter is the number of shards.
class OnShards : public testing::TestWithParam<std::size_t> {
 protected:
  /// However a test went, the server ends well; under a sanitizer also when it had nothing to
  /// report.
  void TearDown() override {
    if (stopped_) return;
    call_.drop_all();
    server_.signal(SIGTERM);
    EXPECT_EQ(server_.wait(10s), 0) << server_.output();
  }
  [[nodiscard]] std::size_t shards() const { return GetParam(); }
  Participant& add_on(std::size_t shard, const Json& join_members = {},
                      const Participant::Options& options = {}) {
    return call_.admit(connect_to_shard(server_, shard % shards(), options), join_members);
  }
  static std::size_t missing_at(Participant& receiver, Call::Publisher& sender) {
    return sender.microphone.sent() - receiver.track(sender.microphone_track).frames().size() +
           sender.camera->sent() - receiver.track(sender.camera_track).frames().size();
  }
  static bool has_all(Participant& receiver, Call::Publisher& sender) {
    return missing_at(receiver, sender) == 0;
  }

  ServerProcess server_{patient(GetParam())};
  Call call_{server_.port(), "demo"};
  bool stopped_ = false;  ///< by the test itself
};

TEST_P(OnShards, EveryFrameReachesEverybodyOnce) {
  std::vector<Participant*> people;
  people.reserve(4);
  for (std::size_t shard = 0; shard < 3; ++shard) people.push_back(&add_on(shard));
  people.push_back(&add_on(1, {}, {.wire = {.route = Route::kWebSocket}}));
  for (std::size_t index = 0; index < 3; ++index) call_.publish(*people[index], {});
  call_.run_for(1s);
  call_.stop_sending();
  const auto missing = [&] {
    std::size_t frames = 0;
    for (std::size_t sender = 0; sender < 3; ++sender) {
      for (Participant* receiver : people) {
        if (receiver != people[sender]) frames += missing_at(*receiver, call_.publisher(sender));
      }
    }
    return frames;
  };
  if (!call_.run_until([&] { return missing() == 0; }, 2s)) {
    // On a busy machine a frame and the keyframe after it may come in one turn: then the keyframe
    // alone goes out, and that is counted.
    const double superseded =
        server_.metric(R"(sluice_frames_left_out_total{kind="video",reason="superseded"})");
    EXPECT_EQ(static_cast<double>(missing()), superseded);
  }
  EXPECT_GE(call_.publisher(0).camera->sent(), 25U);
  EXPECT_THAT(call_.faults(), IsEmpty());
  const double crossed = server_.metric(R"(sluice_shard_frames_total{kind="video"})");
  EXPECT_EQ(crossed > 0, shards() > 1) << crossed;
  // Once to each other shard, however many watch there.
  std::size_t sent = 0;
  for (std::size_t sender = 0; sender < 3; ++sender) sent += call_.publisher(sender).camera->sent();
  EXPECT_LE(crossed, static_cast<double>(sent * (shards() - 1)));
  EXPECT_EQ(server_.metric(R"(sluice_shard_frames_dropped_total{kind="video"})"), 0);
  EXPECT_EQ(server_.metric("sluice_rooms"), 1);
  EXPECT_EQ(server_.metric("sluice_participants"), 4);
}

TEST_P(OnShards, ALateJoinerElsewhereBeginsWithThePastKeyframe) {
  Participant& speaker = add_on(0);
  // One keyframe in ten minutes: what the joiner starts with comes from the server.
  call_.publish(speaker, {.keyframe_interval = 600s});
  call_.run_for(700ms);
  const std::size_t requests_before = call_.publisher(0).keyframe_requests;
  for (std::size_t shard = 0; shard < shards(); ++shard) {
    ReceivedTrack& camera = add_on(shard).track(call_.publisher(0).camera_track);
    ASSERT_TRUE(call_.run_until([&] { return camera.frames().size() >= 15; }, 5s));
    EXPECT_TRUE(camera.frames().front().description.keyframe);
    EXPECT_EQ(camera.frames().front().description.number, 0U);
  }
  EXPECT_EQ(call_.publisher(0).keyframe_requests, requests_before);
  EXPECT_THAT(call_.faults(), IsEmpty());
}

TEST_P(OnShards, KeyframeRequestsOfAllShardsAreMerged) {
  Participant& speaker = add_on(0);
  std::vector<Participant*> viewers;
  viewers.reserve(2 * shards());
  for (std::size_t shard = 0; shard < 2 * shards(); ++shard) viewers.push_back(&add_on(shard));
  call_.publish(speaker, {.keyframe_interval = 600s});
  Json published;
  do {
    published = viewers[0]->wait_for("track_published");
  } while (published["track"]["source"] != "camera");
  call_.run_for(800ms);
  const std::size_t before = call_.publisher(0).keyframe_requests;
  for (Participant* viewer : viewers) {
    viewer->send({{"type", "keyframe"}, {"track", published["track"]["track"]}});
  }
  call_.run_for(450ms);
  EXPECT_EQ(call_.publisher(0).keyframe_requests, before + 1);
}

TEST_P(OnShards, MuteUnsubscribeAndUnpublishReachOtherShards) {
  Participant& speaker = add_on(0);
  Participant& listener = add_on(1);
  call_.publish(speaker, {.camera_bits_per_second = 0});
  const media::TrackHandle microphone = call_.publisher(0).microphone_track;
  const Json track = listener.wait_for("track_published")["track"]["track"];
  ReceivedTrack& heard = listener.track(microphone);
  ASSERT_TRUE(call_.run_until([&] { return heard.frames().size() > 5; }, 5s));

  speaker.send({{"type", "mute"}, {"track", track}, {"muted", true}});
  EXPECT_EQ(listener.wait_for("muted")["muted"], true);
  EXPECT_EQ(listener.wait_for("track_state")["state"], "paused");
  speaker.send({{"type", "mute"}, {"track", track}, {"muted", false}});
  EXPECT_EQ(listener.wait_for("track_state")["state"], "live");

  listener.request({{"type", "unsubscribe"}, {"track", track}});
  const std::size_t frames = heard.frames().size();
  call_.run_for(200ms);
  EXPECT_EQ(heard.frames().size(), frames);

  EXPECT_EQ(listener.request({{"type", "subscribe"}, {"track", track}})["type"], "subscribed");
  EXPECT_TRUE(call_.run_until([&] { return heard.frames().size() > frames + 5; }, 5s));

  call_.stop_sending();
  EXPECT_EQ(speaker.request({{"type", "unpublish"}, {"track", track}})["type"], "unpublished");
  EXPECT_EQ(listener.wait_for("track_unpublished")["track"], track);
  EXPECT_THAT(call_.faults(), IsEmpty());
}

TEST_P(OnShards, ALostConnectionElsewhereIsToldAndReplacedByItsIdentity) {
  Participant& stays = add_on(0);
  Participant& lost = add_on(1);
  call_.publish(lost, {});
  call_.run_for(200ms);
  call_.drop(lost);
  EXPECT_EQ(stays.wait_for("participant_left")["reason"], "connection_lost");

  Participant& first = add_on(1, {{"identity", "ada"}});
  call_.publish(first, {});
  Participant& second = add_on(2, {{"identity", "ada"}});
  EXPECT_EQ(first.wait_for("goodbye")["reason"], "duplicate_identity");
  EXPECT_TRUE(first.wire().read_until_closed(3s));
  call_.drop(first);
  EXPECT_EQ(stays.wait_for("participant_left")["reason"], "duplicate_identity");
  call_.publish(second, {});
  ReceivedTrack& seen = stays.track(call_.publisher(0).camera_track);
  EXPECT_TRUE(call_.run_until([&] { return seen.frames().size() > 5; }, 5s));
}

TEST_P(OnShards, PeopleMayComeGoAndPublishAgainInAnyOrder) {
  const unsigned seed = static_cast<unsigned>(testing::UnitTest::GetInstance()->random_seed()) + 1;
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  std::mt19937 random{seed};
  Participant& witness = add_on(0);
  call_.publish(witness, {});
  std::vector<Participant*> others;
  for (int step = 0; step < 25; ++step) {
    if (others.size() < 4 && random() % 3 != 0) {
      // Wherever the kernel puts it.
      Participant& added = call_.add({.wire = {.route = static_cast<Route>(random() % 2)}});
      others.push_back(&added);
      if (random() % 4 != 0) call_.publish(added, {.keyframe_interval = 600s});
    } else if (!others.empty()) {
      const std::size_t index = random() % others.size();
      // Half of them without a word.
      if (random() % 2 == 0) others[index]->send({{"type", "goodbye"}, {"reason", "left"}});
      call_.drop(*others[index]);
      others.erase(others.begin() + static_cast<std::ptrdiff_t>(index));
    }
    call_.run_for(std::chrono::milliseconds{random() % 60});
  }
  // Those who stayed see the one who was there all the time.
  for (Participant* other : others) {
    ReceivedTrack& camera = other->track(call_.publisher(0).camera_track);
    const std::size_t frames = camera.frames().size();
    EXPECT_TRUE(call_.run_until([&] { return camera.frames().size() > frames + 10; }, 5s));
  }
  EXPECT_TRUE(call_.run_until(
      [&] {
        return server_.metric("sluice_participants") == static_cast<double>(others.size() + 1);
      },
      5s));
  for (Participant* other : others) call_.drop(*other);
  EXPECT_TRUE(call_.run_until([&] { return server_.metric("sluice_participants") == 1; }, 5s));
  EXPECT_THAT(call_.faults(), IsEmpty());
}

TEST_P(OnShards, ASlowSubscriberDisturbsNobodyOnItsShardOrAnother) {
  Participant& speaker = add_on(0);
  std::vector<Participant*> quick;
  quick.reserve(2);
  for (std::size_t shard = 0; shard < 2; ++shard) quick.push_back(&add_on(shard));
  Participant& slow = add_on(1, {},
                             {.wire = {.receive_buffer_bytes = 4096, .segment_bytes_max = 1460},
                              .read_bytes_per_second = 100'000 / 8});
  call_.publish(speaker, {.camera_bits_per_second = 800'000});
  call_.run_for(3s);
  call_.stop_sending();
  for (Participant* each : quick) {
    EXPECT_TRUE(call_.run_until([&] { return has_all(*each, call_.publisher(0)); }, 5s));
  }
  // What the slow one got decodes, and is less than all: `faults` would tell of a gap.
  EXPECT_LT(slow.track(call_.publisher(0).camera_track).frames().size(),
            call_.publisher(0).camera->sent());
  EXPECT_GT(slow.track(call_.publisher(0).microphone_track).frames().size(), 0U);
  EXPECT_THAT(call_.faults(), IsEmpty());
}

TEST_P(OnShards, TheServerStopsUnderLoadAndSaysGoodbyeToEverybody) {
  std::vector<Participant*> people;
  for (std::size_t shard = 0; shard < 4; ++shard) {
    people.push_back(&add_on(shard));
    call_.publish(*people.back(), {.camera_bits_per_second = 1'000'000});
  }
  call_.run_for(300ms);
  server_.signal(SIGTERM);
  // Still sending: what is on its way between shards must not hold the end up.
  call_.run_for(100ms);
  for (Participant* each : people) {
    EXPECT_EQ(each->wait_for("goodbye")["reason"], "server_shutdown");
  }
  EXPECT_EQ(server_.wait(5s), 0) << server_.output();
  stopped_ = true;
}

INSTANTIATE_TEST_SUITE_P(Count, OnShards, testing::Values(1, 2, 3),
                         [](const auto& shards) { return std::to_string(shards.param); });

TEST(Shards, ShareTheLimitsOfRoomsAndConnections) {
  const ServerProcess server{{"--shards", "3", "--rooms-max", "2", "--connections-max", "6"}};
  Participant first{server.port()};
  EXPECT_EQ(first.join("one")["type"], "joined");
  Participant second{server.port()};
  EXPECT_EQ(second.join("two")["type"], "joined");
  // Whichever shard is home to them.
  for (const char* room : {"three", "four", "five"}) {
    Participant refused{server.port()};
    EXPECT_EQ(refused.join(room)["code"], "server_full") << room;
    EXPECT_TRUE(refused.wire().read_until_closed(3s));
  }
  std::vector<std::unique_ptr<Participant>> more;
  const auto connected = [&] {
    double sum = 0;
    for (const char* shard : {"0", "1", "2"}) {
      sum += server.metric(std::string{"sluice_shard_connections{shard=\""} + shard + "\"}");
    }
    return sum;
  };
  EXPECT_TRUE(first.wait_until([&] { return connected() == 2; }, 5s));
  for (int i = 0; i < 4; ++i) {
    more.push_back(std::make_unique<Participant>(server.port()));
    EXPECT_EQ(more.back()->join("one")["type"], "joined");
  }
  Participant over{server.port()};
  EXPECT_EQ(over.wait_for("error")["code"], "server_full");
}

TEST(Shards, KeepToOneProcessorEachWhenTheyArePinned) {
  const ServerProcess server{{"--shards", "3", "--pin-shards"}};
  Call call{server.port(), "demo"};
  call.publish(call.add(), {});
  Participant& listener = call.add();
  ReceivedTrack& heard = listener.track(call.publisher(0).microphone_track);
  EXPECT_TRUE(call.run_until([&] { return heard.frames().size() > 5; }, 5s));
  std::size_t pinned = 0;
  const std::string tasks = "/proc/" + std::to_string(server.pid()) + "/task";
  for (const auto& task : std::filesystem::directory_iterator{tasks}) {
    std::ifstream status{task.path() / "status"};
    for (std::string line; std::getline(status, line);) {
      if (!line.starts_with("Cpus_allowed_list:")) continue;
      if (line.find_first_of(",-") == std::string::npos) ++pinned;
    }
  }
  EXPECT_GE(pinned, 3U);
}

TEST(Shards, DoNotShareTheirPortWithAnotherServer) {
  const ServerProcess server{{"--shards", "2"}};
  const std::string port = std::to_string(server.port());
  const FinishedRun second = run_server({"--port", port, "--admin-port", "0", "--shards", "2"});
  EXPECT_EQ(second.status, 1);
  EXPECT_THAT(second.output, HasSubstr("port " + port + " is taken"));
  const FinishedRun third = run_server({"--port", port, "--admin-port", "0", "--shards", "1"});
  EXPECT_EQ(third.status, 1);
}

}  // namespace
}  // namespace sluice::integration
