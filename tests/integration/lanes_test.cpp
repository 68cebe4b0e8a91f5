// Participants with a second connection for sound (docs/protocol.md section 4.13), their
// connections on different shards and over every transport.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "tests/integration/placement.h"
#include "tests/integration/server_process.h"
#include "tests/integration/synthetic_media.h"

namespace sluice::integration {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;
using std::chrono::steady_clock;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

/// Around a switch to another connection: what was on its way, and a server that is busy.
constexpr std::size_t kInFlightMost = 10;

struct Way {
  std::size_t shards;
  Route route;
};

std::vector<std::string> server_arguments(const Way& way) {
  std::vector<std::string> arguments{"--lanes",
                                     "--shards",
                                     std::to_string(way.shards),
                                     "--log-level",
                                     "debug",
                                     "--audio-latency-budget=5s",
                                     "--video-latency-budget=5s"};
  if (way.route == Route::kTlsRaw || way.route == Route::kTlsWebSocket) {
    arguments.emplace_back("--tls-self-signed");
  }
  return arguments;
}

/// A speaker with camera and microphone, and a listener.
class Lanes : public testing::TestWithParam<Way> {
 protected:
  void SetUp() override {
    speaker_ = connect(0);
    speaker_joined_ = speaker_->join("demo", {{"lanes", true}});
    listener_ = connect(1);
    listener_joined_ = listener_->join("demo", {{"lanes", true}});
    const media::TrackHandle sound = speaker_->publish(microphone_track());
    const media::TrackHandle picture = speaker_->publish(camera_track());
    microphone_.emplace(sound, steady_clock::now());
    camera_.emplace(picture, steady_clock::now(), 300'000, 600s);
    sound_ = sound;
    picture_ = picture;
    sound_goes_by_ = speaker_.get();
  }

  std::unique_ptr<Participant> connect(std::size_t shard) {
    // Those that were refused or dropped may still be closing.
    const auto all = {&speaker_, &listener_, &lane_, &speaker_lane_};
    await_connections(server_, static_cast<std::size_t>(std::ranges::count_if(
                                   all, [](const auto* each) { return *each != nullptr; })));
    return connect_to_shard(server_, shard % GetParam().shards,
                            {.wire = {.route = GetParam().route}});
  }
  /// A new connection that tries to be a lane of who was told `joined`; the reply.
  std::pair<std::unique_ptr<Participant>, Json> attach(const Json& joined, const Json& key,
                                                       std::size_t shard) {
    auto lane = connect(shard);
    Json reply = lane->attach("demo", joined["participant"]["participant"], key);
    return {std::move(lane), std::move(reply)};
  }
  void open_lane_of_listener(const Json& key) {
    Json reply;
    std::tie(lane_, reply) = attach(listener_joined_, key, 2);
    ASSERT_EQ(reply["type"], "attached") << reply;
    ASSERT_EQ(reply["participant"], listener_joined_["participant"]["participant"]);
  }
  void open_lane_of_speaker(const Json& key) {
    Json reply;
    std::tie(speaker_lane_, reply) = attach(speaker_joined_, key, 1);
    ASSERT_EQ(reply["type"], "attached") << reply;
    sound_goes_by_ = speaker_lane_.get();
  }

  bool run_until(const std::function<bool()>& holds, milliseconds timeout) {
    const SteadyTime deadline = steady_clock::now() + timeout;
    for (;;) {
      const SteadyTime now = steady_clock::now();
      while (sending_ && microphone_->next() <= now) {
        for (const std::string& chunk : microphone_->packet()) sound_goes_by_->send_media(chunk);
      }
      while (sending_ && camera_->next() <= now) {
        for (const std::string& chunk : camera_->frame()) speaker_->send_media(chunk);
      }
      for (const auto* each : {&speaker_, &listener_, &lane_, &speaker_lane_}) {
        if (*each) (*each)->turn();
      }
      if (holds()) return true;
      if (now >= deadline) return false;
      poll(nullptr, 0, 2);
    }
  }
  void run_for(milliseconds time) {
    run_until([] { return false; }, time);
  }
  static std::size_t frames(const std::unique_ptr<Participant>& at, media::TrackHandle track) {
    return at->track(track).frames().size();
  }
  bool more_frames(const std::unique_ptr<Participant>& at, media::TrackHandle track) {
    const std::size_t before = frames(at, track);
    return run_until([&] { return frames(at, track) >= before + 10; }, 5s);
  }
  void note_heard(const std::unique_ptr<Participant>& at) {
    for (const ReceivedFrame& frame : at->track(sound_).frames()) {
      heard_.insert(frame.description.number);
    }
    at->track(sound_).forget();
  }
  /// Everything that was sent and not noted as heard, once nothing is on its way any more.
  std::size_t unheard() {
    sending_ = false;
    run_for(100ms);
    note_heard(listener_);
    if (lane_) note_heard(lane_);
    return microphone_->sent() - heard_.size();
  }
  void expect_no_faults() {
    for (const auto* each : {&speaker_, &listener_, &lane_, &speaker_lane_}) {
      if (*each) {
        EXPECT_THAT((*each)->faults(), IsEmpty());
      }
    }
  }

  ServerProcess server_{server_arguments(GetParam())};
  std::unique_ptr<Participant> speaker_;
  std::unique_ptr<Participant> listener_;
  std::unique_ptr<Participant> lane_;  ///< the listener's
  std::unique_ptr<Participant> speaker_lane_;
  Json speaker_joined_;
  Json listener_joined_;
  media::TrackHandle sound_{};
  media::TrackHandle picture_{};
  std::optional<Microphone> microphone_;
  std::optional<Camera> camera_;
  Participant* sound_goes_by_ = nullptr;
  bool sending_ = true;
  std::set<media::FrameNumber> heard_;
};

TEST_P(Lanes, SoundComesOverTheLaneAndPicturesDoNot) {
  ASSERT_TRUE(more_frames(listener_, sound_));
  open_lane_of_listener(listener_joined_["lane"]);
  ASSERT_TRUE(more_frames(lane_, sound_));
  note_heard(listener_);
  ASSERT_TRUE(more_frames(lane_, sound_));
  ASSERT_TRUE(more_frames(listener_, picture_));
  EXPECT_EQ(frames(listener_, sound_), 0U);
  EXPECT_EQ(frames(lane_, picture_), 0U);
  // Between two shards one may be left out while each does its part.
  EXPECT_LE(unheard(), GetParam().shards == 1 ? 0U : 2U);
  EXPECT_EQ(server_.metric("sluice_participants"), 2);
  expect_no_faults();
}

TEST_P(Lanes, WhenTheLaneBreaksSoundComesOverTheFirstConnectionAgain) {
  open_lane_of_listener(listener_joined_["lane"]);
  ASSERT_TRUE(more_frames(lane_, sound_));
  note_heard(lane_);
  lane_.reset();
  ASSERT_TRUE(more_frames(listener_, sound_));
  const Json closed = listener_->wait_for("lane_closed");
  ASSERT_TRUE(closed.is_object());
  EXPECT_NE(closed["lane"], listener_joined_["lane"]);
  open_lane_of_listener(closed["lane"]);
  ASSERT_TRUE(more_frames(lane_, sound_));
  ASSERT_TRUE(more_frames(listener_, picture_));
  EXPECT_LE(unheard(), kInFlightMost);
  expect_no_faults();
}

TEST_P(Lanes, SoundMayGoUpOverALaneAndBack) {
  ASSERT_TRUE(more_frames(listener_, sound_));
  open_lane_of_speaker(speaker_joined_["lane"]);
  ASSERT_TRUE(more_frames(listener_, sound_));
  // A picture has no business there; nobody is told, as the room may have changed meanwhile.
  const std::size_t pictures = camera_->sent();
  for (const std::string& chunk : camera_->frame()) speaker_lane_->send_media(chunk);
  sending_ = false;
  run_for(100ms);
  EXPECT_EQ(frames(listener_, picture_), pictures);
  sending_ = true;
  ASSERT_TRUE(more_frames(listener_, sound_));
  EXPECT_FALSE(speaker_lane_->wire().closed());
  sound_goes_by_ = speaker_.get();
  speaker_lane_.reset();
  ASSERT_TRUE(more_frames(listener_, sound_));
  EXPECT_TRUE(speaker_->wait_for("lane_closed").is_object());
  EXPECT_LE(unheard(), kInFlightMost);
  // Subscribers rely on the order, whichever way each frame came.
  EXPECT_THAT(listener_->faults(), IsEmpty());
}

TEST_P(Lanes, AForgedOrUsedKeyIsRefusedAndNoKeyIsLogged) {
  const std::string key = listener_joined_["lane"];
  for (const std::string& forged : {"LK_" + std::string(24, 'a'), key + "a", std::string{}}) {
    const auto [lane, reply] = attach(listener_joined_, forged, 2);
    EXPECT_EQ(reply["type"], "error");
    EXPECT_EQ(reply["code"], "unauthorized");
    EXPECT_EQ(reply["fatal"], true);
    EXPECT_TRUE(lane->wire().read_until_closed(3s));
  }
  const auto [foreign, refused] = attach(speaker_joined_, key, 2);
  EXPECT_EQ(refused["code"], "unauthorized");
  open_lane_of_listener(key);
  const auto [second, replayed] = attach(listener_joined_, key, 0);
  EXPECT_EQ(replayed["code"], "unauthorized");
  ASSERT_TRUE(more_frames(lane_, sound_));
  Json publish = microphone_track();
  publish["type"] = "publish";
  EXPECT_EQ(lane_->request(publish)["code"], "not_permitted");
  lane_.reset();
  ASSERT_TRUE(run_until([&] { return server_.output().contains("session_left"); }, 5s))
      << "the server logs what it does";
  EXPECT_THAT(server_.output(), Not(HasSubstr("LK_")));
}

TEST_P(Lanes, TheLaneEndsWithTheFirstConnection) {
  open_lane_of_listener(listener_joined_["lane"]);
  listener_->send({{"type", "goodbye"}, {"reason", "left"}});
  EXPECT_EQ(lane_->wait_for("goodbye")["reason"], "left");
  EXPECT_TRUE(lane_->wire().read_until_closed(3s));

  open_lane_of_speaker(speaker_joined_["lane"]);
  speaker_.reset();
  EXPECT_EQ(speaker_lane_->wait_for("goodbye")["reason"], "connection_lost");
  EXPECT_TRUE(speaker_lane_->wire().read_until_closed(3s));
}

INSTANTIATE_TEST_SUITE_P(Over, Lanes,
                         testing::Values(Way{1, Route::kRaw}, Way{2, Route::kWebSocket},
                                         Way{3, Route::kTlsRaw}, Way{3, Route::kTlsWebSocket}),
                         [](const auto& way) {
                           return std::string{name_of(way.param.route)} + "On" +
                                  std::to_string(way.param.shards);
                         });

TEST(NoLanes, AServerWithoutThemGivesNoKeyAndNothingElseChanges) {
  const ServerProcess server;
  Participant somebody{server.port()};
  const Json joined = somebody.join("demo", {{"lanes", true}});
  EXPECT_EQ(joined["type"], "joined");
  EXPECT_FALSE(joined.contains("lane"));
  Participant lane{server.port()};
  EXPECT_EQ(lane.attach("demo", joined["participant"]["participant"], "LK_a")["code"],
            "unauthorized");
  EXPECT_TRUE(lane.wire().read_until_closed(3s));
}

TEST(NoLanes, WhoDoesNotAskIsGivenNoKey) {
  const ServerProcess server{{"--lanes"}};
  Participant somebody{server.port()};
  EXPECT_FALSE(somebody.join("demo").contains("lane"));
}

}  // namespace
}  // namespace sluice::integration
