// A participant's second connection for sound: who may open one, and what goes over it.

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>
#include <vector>

#include "room_view.h"
#include "signaling/room_directory.h"

namespace sluice::signaling {
namespace {

using namespace std::chrono_literals;

constexpr SessionId kAda{1};
constexpr SessionId kBo{2};
constexpr SessionId kLane{3};
constexpr SessionId kOther{4};

class RoomLanesTest : public testing::Test {
 protected:
  void SetUp() override {
    join(kAda, "ada", true);
    join(kBo, "bo", false);
    publish(kBo, TrackKind::kVideo);
    publish(kBo, TrackKind::kAudio);
  }

  void join(SessionId session, const std::string& identity, bool lanes) {
    AuthorizedJoin join;
    join.room = "demo";
    join.identity = identity;
    join.lanes = lanes;
    ask(session, join);
  }
  void publish(SessionId session, TrackKind kind) {
    const bool audio = kind == TrackKind::kAudio;
    Publish publish;
    publish.track.kind = kind;
    publish.track.source = audio ? TrackSource::kMicrophone : TrackSource::kCamera;
    publish.track.codec = audio ? "opus" : "vp8";
    if (!audio) publish.track.video = {.width = 640, .height = 360, .temporal_layers = 3};
    ask(session, publish);
  }
  void ask(SessionId session, const decltype(RoomCommand::request)& request) {
    last_ = directory_.handle(session, {.id = 1, .request = request}, now_);
    for (const RoomEffect& effect : last_) note(effect);
  }
  void leave(SessionId session) { ask(session, Leave{GoodbyeReason::kConnectionLost}); }
  void attach(const std::string& key, SessionId lane = kLane) {
    ask(lane, Attach{.room = "demo", .participant = views_[kAda].self().participant, .key = key});
  }
  void expect_refused(SessionId lane) {
    ASSERT_EQ(last_.size(), 1U) << "a refusal changes nothing";
    const auto* fail = std::get_if<FailSession>(last_.data());
    ASSERT_NE(fail, nullptr);
    EXPECT_EQ(fail->session, lane);
    EXPECT_EQ(fail->error.code, ErrorCode::kUnauthorized);
    EXPECT_TRUE(fail->error.fatal);
    EXPECT_EQ(fail->error.reply_to, 1U);
    refusals_.insert(fail->error.message);
  }
  /// The key that `session` was given last; empty when it was given none.
  std::string key_of(SessionId session) { return views_[session].lane_key().value_or(""); }
  template <typename Effect>
  [[nodiscard]] std::vector<Effect> all() const {
    std::vector<Effect> found;
    for (const RoomEffect& effect : last_) {
      if (const auto* each = std::get_if<Effect>(&effect)) found.push_back(*each);
    }
    return found;
  }
  /// The one track of this kind that `session` publishes.
  TrackInfo track_of(SessionId session, TrackKind kind) {
    for (const TrackInfo& track : views_[session].self().tracks) {
      if (track.description.kind == kind) return track;
    }
    ADD_FAILURE() << "it publishes none";
    return {};
  }
  using Receivers = std::map<TrackHandle, std::set<SessionId>>;
  /// Who is sent each of Bo's tracks: the picture and the sound.
  [[nodiscard]] Receivers sent_to(const std::set<SessionId>& picture,
                                  const std::set<SessionId>& sound) {
    return {{track_of(kBo, TrackKind::kVideo).handle, picture},
            {track_of(kBo, TrackKind::kAudio).handle, sound}};
  }

  RoomDirectory::Time now_{1000s};
  Receivers receivers_;
  std::map<SessionId, RoomView> views_;
  std::vector<RoomEffect> last_;
  std::set<std::string> refusals_;

 private:
  void note(const RoomEffect& effect) {
    if (const auto* send = std::get_if<SendTo>(&effect)) {
      views_[send->session].receive(*send->text);
    } else if (const auto* changed = std::get_if<SubscriptionChanged>(&effect)) {
      receivers_[changed->handle].insert(changed->subscriber);
    } else if (const auto* removed = std::get_if<SubscriptionRemoved>(&effect)) {
      EXPECT_EQ(receivers_[removed->handle].erase(removed->subscriber), 1U);
    }
  }

  RoomDirectory directory_{{.lanes = true}, [next = std::uint64_t{0}]() mutable { return ++next; }};
};

TEST_F(RoomLanesTest, OnlyWhoAsksIsGivenAKeyAndOnlyWhereThereAreLanes) {
  EXPECT_TRUE(key_of(kAda).starts_with("LK_"));
  EXPECT_EQ(key_of(kBo), "");
  RoomDirectory without{{}, [] { return std::uint64_t{7}; }};
  AuthorizedJoin join;
  join.room = "demo";
  join.lanes = true;
  RoomView view;
  for (const RoomEffect& effect : without.handle(kAda, {.id = 1, .request = join}, now_)) {
    if (const auto* send = std::get_if<SendTo>(&effect)) view.receive(*send->text);
  }
  EXPECT_TRUE(view.joined());
  EXPECT_FALSE(view.lane_key());
}

TEST_F(RoomLanesTest, SoundMovesToTheLaneAndBackWhenItEnds) {
  EXPECT_EQ(receivers_, sent_to({kAda}, {kAda}));
  attach(key_of(kAda));
  EXPECT_EQ(std::get<Attached>(views_[kLane].last().body).participant,
            views_[kAda].self().participant);
  EXPECT_EQ(receivers_, sent_to({kAda}, {kLane}));
  const std::string first = key_of(kAda);
  leave(kLane);
  EXPECT_EQ(receivers_, sent_to({kAda}, {kAda}));
  EXPECT_NE(key_of(kAda), first);
  ASSERT_EQ(all<SessionLeft>().size(), 1U);
  EXPECT_EQ(all<SessionLeft>()[0].session, kLane);
  attach(key_of(kAda), kOther);
  EXPECT_EQ(receivers_, sent_to({kAda}, {kOther}));
}

TEST_F(RoomLanesTest, WhatIsSubscribedLaterGoesTheSameWays) {
  const TrackInfo sound = track_of(kBo, TrackKind::kAudio);
  attach(key_of(kAda));
  ask(kAda, Unsubscribe{sound.track});
  EXPECT_EQ(receivers_, sent_to({kAda}, {}));
  ask(kAda, Subscribe{.track = sound.track, .settings = {}});
  EXPECT_EQ(receivers_, sent_to({kAda}, {kLane}));
  ask(kBo, Unpublish{sound.track});
  EXPECT_TRUE(receivers_[sound.handle].empty());
  publish(kBo, TrackKind::kAudio);
  EXPECT_EQ(receivers_, (Receivers{{sound.handle, {}},
                                   {track_of(kBo, TrackKind::kVideo).handle, {kAda}},
                                   {track_of(kBo, TrackKind::kAudio).handle, {kLane}}}));
}

TEST_F(RoomLanesTest, TheLaneIsToldOfTheSoundThatItMayCarryUp) {
  publish(kAda, TrackKind::kAudio);
  EXPECT_TRUE(all<LaneTrackAdded>().empty()) << "there is no lane yet";
  const TrackHandle sound = track_of(kAda, TrackKind::kAudio).handle;
  attach(key_of(kAda));
  ASSERT_EQ(all<LaneTrackAdded>().size(), 1U);
  EXPECT_EQ(all<LaneTrackAdded>()[0].lane, kLane);
  EXPECT_EQ(all<LaneTrackAdded>()[0].publisher, kAda);
  EXPECT_EQ(all<LaneTrackAdded>()[0].handle, sound);
  publish(kAda, TrackKind::kVideo);
  EXPECT_TRUE(all<LaneTrackAdded>().empty()) << "pictures never go over it";
  ask(kAda, Unpublish{track_of(kAda, TrackKind::kAudio).track});
  ASSERT_EQ(all<LaneTrackRemoved>().size(), 1U);
  EXPECT_EQ(all<LaneTrackRemoved>()[0].handle, sound);
  publish(kAda, TrackKind::kAudio);
  ASSERT_EQ(all<LaneTrackAdded>().size(), 1U);
  EXPECT_EQ(all<LaneTrackAdded>()[0].handle, track_of(kAda, TrackKind::kAudio).handle);
}

TEST_F(RoomLanesTest, AKeyOpensOneLaneOnce) {
  const std::string key = key_of(kAda);
  attach(key);
  attach(key, kOther);
  expect_refused(kOther);
  EXPECT_EQ(receivers_, sent_to({kAda}, {kLane}));
  leave(kLane);
  attach(key, kOther);
  expect_refused(kOther);
  attach(key_of(kAda), kOther);
  EXPECT_EQ(receivers_, sent_to({kAda}, {kOther}));
}

TEST_F(RoomLanesTest, AForeignKeyIsRefusedInOneSentenceWhateverIsWrongWithIt) {
  const std::string key = key_of(kAda);
  const ParticipantId ada = views_[kAda].self().participant;
  const ParticipantId bo = views_[kBo].self().participant;
  for (const Attach& attach : {Attach{.room = "demo", .participant = ada, .key = key + "a"},
                               Attach{.room = "demo", .participant = ada, .key = key.substr(1)},
                               Attach{.room = "demo", .participant = ada, .key = ""},
                               Attach{.room = "demo", .participant = bo, .key = key},
                               Attach{.room = "demo", .participant = bo, .key = ""},
                               Attach{.room = "demo", .participant = {"PA_nobody"}, .key = key},
                               Attach{.room = "elsewhere", .participant = ada, .key = key}}) {
    ask(kLane, attach);
    expect_refused(kLane);
  }
  std::string similar = key;
  similar.back() = similar.back() == 'a' ? 'b' : 'a';
  attach(similar);
  expect_refused(kLane);
  EXPECT_EQ(refusals_.size(), 1U) << "who tries keys learns nothing of who is there";
  attach(key);
  EXPECT_EQ(receivers_, sent_to({kAda}, {kLane})) << "the key is still good";
}

TEST_F(RoomLanesTest, AKeyThatNobodyUsedIsVoidAfterAMinute) {
  now_ += 59s;
  attach(key_of(kAda));
  EXPECT_EQ(receivers_, sent_to({kAda}, {kLane}));
  leave(kLane);
  now_ += 60s;
  attach(key_of(kAda));
  expect_refused(kLane);
  EXPECT_EQ(receivers_, sent_to({kAda}, {kAda}));
}

TEST_F(RoomLanesTest, WhoIsInARoomIsNoLane) {
  attach(key_of(kAda), kBo);
  expect_refused(kBo);
  attach(key_of(kAda));
  attach(key_of(kAda), kLane);
  expect_refused(kLane);
}

TEST_F(RoomLanesTest, TheLaneEndsWithItsParticipant) {
  attach(key_of(kAda));
  leave(kAda);
  ASSERT_EQ(all<CloseSession>().size(), 1U);
  EXPECT_EQ(all<CloseSession>()[0].session, kLane);
  EXPECT_EQ(all<CloseSession>()[0].reason, GoodbyeReason::kConnectionLost);
  EXPECT_EQ(receivers_, sent_to({}, {}));
  leave(kLane);
  EXPECT_TRUE(last_.empty());
}

TEST_F(RoomLanesTest, TheLaneEndsWithAParticipantWhoIsReplaced) {
  const std::string key = key_of(kAda);
  attach(key);
  join(kOther, "ada", true);
  std::set<SessionId> closed;
  for (const CloseSession& close : all<CloseSession>()) {
    closed.insert(close.session);
    EXPECT_EQ(close.reason, GoodbyeReason::kDuplicateIdentity);
  }
  EXPECT_EQ(closed, (std::set{kAda, kLane}));
  EXPECT_EQ(receivers_, sent_to({kOther}, {kOther}));
  leave(kLane);
  EXPECT_TRUE(last_.empty());
  EXPECT_NE(key_of(kOther), key);
}

}  // namespace
}  // namespace sluice::signaling
