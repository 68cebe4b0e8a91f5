#include "signaling/room.h"

#include <gtest/gtest.h>

#include <map>

#include "room_view.h"

namespace sluice::signaling {
namespace {

constexpr Room::Time kStart{std::chrono::seconds{1000}};
constexpr SessionId kAda{1};
constexpr SessionId kBo{2};
constexpr SessionId kCy{3};

class RoomTest : public testing::Test {
 protected:
  static AuthorizedJoin as(const std::string& identity) {
    AuthorizedJoin join;
    join.room = "demo";
    join.identity = identity;
    join.name = identity;
    return join;
  }
  static TrackDescription camera() {
    return {.kind = TrackKind::kVideo,
            .source = TrackSource::kCamera,
            .codec = "vp8",
            .muted = false,
            .video = {.width = 640, .height = 360, .temporal_layers = 3, .encodings = {}},
            .audio = {}};
  }
  static TrackDescription microphone() {
    return {.kind = TrackKind::kAudio,
            .source = TrackSource::kMicrophone,
            .codec = "opus",
            .muted = false,
            .video = {},
            .audio = {}};
  }

  void join(SessionId session, const AuthorizedJoin& request) {
    Room::Effects effects;
    ASSERT_TRUE(room_.join(session, 1, request, kStart, effects));
    apply(effects);
  }
  void publish(SessionId session, const TrackDescription& track) {
    Room::Effects effects;
    room_.publish(session, 2, Publish{track}, effects);
    apply(effects);
  }
  /// Calls a member function of the room and applies what comes out.
  template <typename Function, typename Request>
  void ask(SessionId session, Function function, const Request& request) {
    last_.clear();
    (room_.*function)(session, 3, request, last_);
    apply(last_);
  }
  void apply(const Room::Effects& effects) {
    for (const RoomEffect& effect : effects) {
      if (const auto* send = std::get_if<SendTo>(&effect)) {
        views_[send->session].receive(*send->text);
      }
    }
  }
  void expect_refused(SessionId session, ErrorCode code) {
    const ServerMessage& last = views_[session].last();
    const auto* error = std::get_if<ErrorReport>(&last.body);
    ASSERT_NE(error, nullptr);
    EXPECT_EQ(error->code, code) << error->message;
    EXPECT_FALSE(error->fatal);
    EXPECT_TRUE(last.reply_to);
  }
  [[nodiscard]] TrackId track_of(SessionId session, std::size_t index = 0) {
    return views_[session].self().tracks.at(index).track;
  }
  template <typename Effect>
  [[nodiscard]] static const Effect* find(const Room::Effects& effects) {
    for (const RoomEffect& effect : effects) {
      if (const auto* found = std::get_if<Effect>(&effect)) return found;
    }
    return nullptr;
  }

  RoomLimits limits_{.participants_max = 3, .tracks_max = 2, .subscriptions_max = 2};
  IdGenerator ids_{[next = std::uint64_t{0}]() mutable { return ++next; }};
  Room room_{RoomId{1}, "demo", limits_, ids_};
  std::map<SessionId, RoomView> views_;
  Room::Effects last_;
};

TEST_F(RoomTest, ALateJoinerGetsTheWholeStateAndItsSubscriptions) {
  join(kAda, as("ada"));
  publish(kAda, camera());
  publish(kAda, microphone());
  ask(kAda, &Room::mute, Mute{.track = track_of(kAda), .muted = true});
  join(kBo, as("bo"));
  const auto& others = views_[kBo].others();
  ASSERT_EQ(others.size(), 1U);
  const ParticipantInfo& ada = others.begin()->second;
  EXPECT_EQ(ada.identity, "ada");
  ASSERT_EQ(ada.tracks.size(), 2U);
  EXPECT_TRUE(ada.tracks[0].description.muted);
  EXPECT_EQ(views_[kBo].subscriptions().size(), 2U);
}

TEST_F(RoomTest, OthersAreSubscribedToANewTrackUnlessTheyAskedNotToBe) {
  join(kAda, as("ada"));
  join(kBo, as("bo"));
  AuthorizedJoin manual = as("cy");
  manual.auto_subscribe = false;
  join(kCy, manual);
  publish(kAda, camera());
  EXPECT_TRUE(views_[kAda].subscriptions().empty());
  EXPECT_EQ(views_[kBo].subscriptions().size(), 1U);
  EXPECT_TRUE(views_[kCy].subscriptions().empty());
  ask(kCy, &Room::subscribe, Subscribe{.track = track_of(kAda), .settings = {.priority = 9}});
  EXPECT_EQ(views_[kCy].subscriptions().size(), 1U);
  EXPECT_EQ(find<SubscriptionChanged>(last_)->settings.priority, 9);
  // All that a shard must know which has not heard of the track.
  EXPECT_EQ(find<SubscriptionChanged>(last_)->track.handle,
            find<SubscriptionChanged>(last_)->handle);
  EXPECT_EQ(find<SubscriptionChanged>(last_)->track.track, track_of(kAda));
  EXPECT_EQ(find<SubscriptionChanged>(last_)->publisher, kAda);
}

TEST_F(RoomTest, ASecondSubscribeChangesTheSettingsAndKeepsTheRest) {
  join(kAda, as("ada"));
  join(kBo, as("bo"));
  publish(kAda, camera());
  ask(kBo, &Room::subscribe,
      Subscribe{.track = track_of(kAda), .settings = {.max_width = 320, .max_height = 180}});
  ask(kBo, &Room::subscribe, Subscribe{.track = track_of(kAda), .settings = {.max_width = 0}});
  const auto* changed = find<SubscriptionChanged>(last_);
  ASSERT_NE(changed, nullptr);
  EXPECT_TRUE(changed->settings.hidden());
  EXPECT_EQ(changed->settings.max_height, 180U);
}

TEST_F(RoomTest, ASecondParticipantWithOneIdentityReplacesTheFirst) {
  join(kAda, as("ada"));
  join(kBo, as("bo"));
  publish(kAda, camera());
  Room::Effects effects;
  ASSERT_TRUE(room_.join(kCy, 1, as("ada"), kStart, effects));
  apply(effects);
  const auto* close = find<CloseSession>(effects);
  ASSERT_NE(close, nullptr);
  EXPECT_EQ(close->session, kAda);
  EXPECT_EQ(close->reason, GoodbyeReason::kDuplicateIdentity);
  ASSERT_EQ(views_[kBo].others().size(), 1U);
  EXPECT_EQ(views_[kBo].others().begin()->first, views_[kCy].self().participant);
  EXPECT_TRUE(views_[kBo].subscriptions().empty());
}

TEST_F(RoomTest, AReplacementFitsIntoAFullRoom) {
  join(kAda, as("ada"));
  join(kBo, as("bo"));
  join(kCy, as("cy"));
  Room::Effects effects;
  EXPECT_FALSE(room_.join(SessionId{4}, 1, as("di"), kStart, effects));
  EXPECT_EQ(find<FailSession>(effects)->error.code, ErrorCode::kRoomFull);
  effects.clear();
  EXPECT_TRUE(room_.join(SessionId{4}, 1, as("bo"), kStart, effects));
}

TEST_F(RoomTest, MakesAnIdentityForWhoBringsNone) {
  AuthorizedJoin join_request = as("x");
  join_request.identity.reset();
  join(kAda, join_request);
  join(kBo, join_request);
  EXPECT_TRUE(views_[kAda].self().identity.starts_with("guest-"));
  EXPECT_NE(views_[kAda].self().identity, views_[kBo].self().identity);
}

TEST_F(RoomTest, RefusesASecondTrackOfOneSourceAndATrackTooMany) {
  join(kAda, as("ada"));
  publish(kAda, camera());
  publish(kAda, camera());
  expect_refused(kAda, ErrorCode::kLimitReached);
  publish(kAda, microphone());
  TrackDescription screen = camera();
  screen.source = TrackSource::kScreen;
  publish(kAda, screen);
  expect_refused(kAda, ErrorCode::kLimitReached);
  ask(kAda, &Room::unpublish, Unpublish{track_of(kAda)});
  publish(kAda, screen);
  EXPECT_EQ(views_[kAda].self().tracks.size(), 2U);
}

TEST_F(RoomTest, HoldsEveryoneToTheirPermissions) {
  AuthorizedJoin quiet = as("ada");
  quiet.permissions.can_publish_sources = {TrackSource::kMicrophone};
  quiet.permissions.can_subscribe = false;
  join(kAda, quiet);
  publish(kAda, camera());
  expect_refused(kAda, ErrorCode::kNotPermitted);
  publish(kAda, microphone());
  EXPECT_EQ(views_[kAda].self().tracks.size(), 1U);
  join(kBo, as("bo"));
  publish(kBo, camera());
  EXPECT_TRUE(views_[kAda].subscriptions().empty());
  ask(kAda, &Room::subscribe, Subscribe{.track = track_of(kBo), .settings = {}});
  expect_refused(kAda, ErrorCode::kNotPermitted);
}

TEST_F(RoomTest, RefusesTracksThatAreUnknownForeignOrOnesOwn) {
  join(kAda, as("ada"));
  join(kBo, as("bo"));
  publish(kAda, camera());
  const TrackId track = track_of(kAda);
  const TrackId unknown{"TR_nope"};
  ask(kAda, &Room::subscribe, Subscribe{.track = track, .settings = {}});
  expect_refused(kAda, ErrorCode::kUnknownTrack);
  ask(kBo, &Room::subscribe, Subscribe{.track = unknown, .settings = {}});
  expect_refused(kBo, ErrorCode::kUnknownTrack);
  ask(kBo, &Room::unsubscribe, Unsubscribe{unknown});
  expect_refused(kBo, ErrorCode::kUnknownTrack);
  ask(kBo, &Room::unpublish, Unpublish{track});
  expect_refused(kBo, ErrorCode::kUnknownTrack);
  ask(kBo, &Room::mute, Mute{.track = track, .muted = true});
  expect_refused(kBo, ErrorCode::kUnknownTrack);
  ask(kAda, &Room::request_keyframe, KeyframeRequest{track});
  expect_refused(kAda, ErrorCode::kUnknownTrack);
}

TEST_F(RoomTest, PassesKeyframeRequestsOfSubscribersForVideoOnly) {
  join(kAda, as("ada"));
  join(kBo, as("bo"));
  publish(kAda, camera());
  publish(kAda, microphone());
  ask(kBo, &Room::request_keyframe, KeyframeRequest{track_of(kAda)});
  const auto* wanted = find<KeyframeWanted>(last_);
  ASSERT_NE(wanted, nullptr);
  EXPECT_EQ(wanted->subscriber, kBo);
  EXPECT_EQ(wanted->handle, TrackHandle{1});
  ask(kBo, &Room::request_keyframe, KeyframeRequest{track_of(kAda, 1)});
  expect_refused(kBo, ErrorCode::kInvalidField);
}

TEST_F(RoomTest, HoldsSubscriptionsToTheirLimit) {
  join(kAda, as("ada"));
  publish(kAda, camera());
  publish(kAda, microphone());
  join(kBo, as("bo"));
  publish(kBo, camera());
  AuthorizedJoin manual = as("cy");
  join(kCy, manual);
  EXPECT_EQ(views_[kCy].subscriptions().size(), 2U);
  TrackId missing;
  for (const auto& [id, other] : views_[kCy].others()) {
    for (const TrackInfo& track : other.tracks) {
      if (!views_[kCy].subscriptions().contains(track.track)) missing = track.track;
    }
  }
  ask(kCy, &Room::subscribe, Subscribe{.track = missing, .settings = {}});
  expect_refused(kCy, ErrorCode::kLimitReached);
}

TEST_F(RoomTest, TellsOfAMuteOnlyWhenItChanges) {
  join(kAda, as("ada"));
  join(kBo, as("bo"));
  publish(kAda, microphone());
  ask(kAda, &Room::mute, Mute{.track = track_of(kAda), .muted = false});
  EXPECT_TRUE(last_.empty());
  ask(kAda, &Room::mute, Mute{.track = track_of(kAda), .muted = true});
  EXPECT_TRUE(find<MuteChanged>(last_)->muted);
  EXPECT_TRUE(views_[kBo].others().begin()->second.tracks[0].description.muted);
}

TEST_F(RoomTest, NobodySeesAHiddenParticipant) {
  join(kAda, as("ada"));
  AuthorizedJoin hidden = as("bo");
  hidden.hidden = true;
  join(kBo, hidden);
  EXPECT_TRUE(views_[kAda].others().empty());
  join(kCy, as("cy"));
  EXPECT_EQ(views_[kCy].others().size(), 1U);
  EXPECT_EQ(views_[kBo].others().size(), 2U);
  Room::Effects effects;
  room_.leave(kBo, GoodbyeReason::kLeft, effects);
  EXPECT_EQ(find<SendTo>(effects), nullptr);
}

TEST_F(RoomTest, AJoinerSeesWhatChangedSinceTheOneBefore) {
  join(kAda, as("ada"));
  const auto ada_as_seen_by_bo = [&]() -> const ParticipantInfo& {
    views_.erase(kBo);
    join(kBo, as("bo"));  // again and again, in place of himself
    return views_[kBo].others().begin()->second;
  };
  EXPECT_TRUE(ada_as_seen_by_bo().tracks.empty());
  publish(kAda, camera());
  EXPECT_EQ(ada_as_seen_by_bo().tracks.size(), 1U);
  ask(kAda, &Room::mute, Mute{.track = track_of(kAda), .muted = true});
  EXPECT_TRUE(ada_as_seen_by_bo().tracks.at(0).description.muted);
  ask(kAda, &Room::unpublish, Unpublish{track_of(kAda)});
  EXPECT_TRUE(ada_as_seen_by_bo().tracks.empty());
}

TEST_F(RoomTest, OnlyInACrowdWhoComesAndLeavesMayBeToldLater) {
  limits_.participants_max = 100;
  const auto told_of_it = [](const Room::Effects& effects) {
    const SendTo* told = nullptr;
    for (const RoomEffect& effect : effects) {
      const auto* send = std::get_if<SendTo>(&effect);
      if (send != nullptr && send->session == kAda) told = send;
    }
    return told;
  };
  join(kAda, as("ada"));
  std::size_t hurried = 0;
  for (std::uint64_t other = 10; other < 80; ++other) {
    Room::Effects effects;
    ASSERT_TRUE(
        room_.join(SessionId{other}, 1, as("other" + std::to_string(other)), kStart, effects));
    const SendTo* const told = told_of_it(effects);
    ASSERT_NE(told, nullptr);
    if (!told->unhurried) ++hurried;
  }
  EXPECT_EQ(hurried, 64U);
  Room::Effects effects;
  room_.leave(SessionId{10}, GoodbyeReason::kLeft, effects);
  EXPECT_TRUE(told_of_it(effects)->unhurried);
  effects.clear();
  room_.publish(SessionId{11}, 2, Publish{camera()}, effects);
  EXPECT_FALSE(told_of_it(effects)->unhurried) << "there is something to see";
}

TEST_F(RoomTest, ABroadcastIsSerialisedOnce) {
  join(kAda, as("ada"));
  join(kBo, as("bo"));
  Room::Effects effects;
  ASSERT_TRUE(room_.join(kCy, 1, as("cy"), kStart, effects));
  std::vector<ControlText> texts;
  for (const RoomEffect& effect : effects) {
    const auto* send = std::get_if<SendTo>(&effect);
    if (send != nullptr && send->session != kCy) texts.push_back(send->text);
  }
  ASSERT_EQ(texts.size(), 2U);
  EXPECT_EQ(texts[0], texts[1]);
}

TEST_F(RoomTest, SubscriptionsEndBeforeTheirTrackAndBeginAfterTheirMessage) {
  join(kAda, as("ada"));
  join(kBo, as("bo"));
  Room::Effects effects;
  room_.publish(kAda, 2, Publish{camera()}, effects);
  // TrackAdded, published to Ada, track_published and subscribed to Bo, then the subscription.
  ASSERT_EQ(effects.size(), 5U);
  EXPECT_TRUE(std::holds_alternative<TrackAdded>(effects.front()));
  EXPECT_TRUE(std::holds_alternative<SubscriptionChanged>(effects.back()));
  apply(effects);
  effects.clear();
  room_.unpublish(kAda, 3, Unpublish{track_of(kAda)}, effects);
  ASSERT_GE(effects.size(), 2U);
  EXPECT_TRUE(std::holds_alternative<SubscriptionRemoved>(effects[0]));
  EXPECT_TRUE(std::holds_alternative<TrackRemoved>(effects[1]));
}

}  // namespace
}  // namespace sluice::signaling
