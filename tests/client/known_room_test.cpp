#include "client/known_room.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace sluice::client {
namespace {

using signaling::ParticipantInfo;
using signaling::TrackInfo;

TrackInfo track(const std::string& id, std::uint16_t handle) {
  return {.track = signaling::TrackId{id},
          .handle = static_cast<signaling::TrackHandle>(handle),
          .description = {}};
}

ParticipantInfo participant(const std::string& id, std::vector<TrackInfo> tracks = {}) {
  return {.participant = signaling::ParticipantId{id},
          .identity = id,
          .name = {},
          .metadata = {},
          .tracks = std::move(tracks)};
}

class KnownRoomTest : public testing::Test {
 protected:
  KnownRoom::TrackChanges hear(signaling::ServerBody body) {
    return room_.learn({.id = {}, .reply_to = {}, .body = std::move(body)});
  }
  /// We are in a room with Bo, who has a camera.
  void join() {
    hear(signaling::Joined{.room = "demo",
                           .participant = participant("me"),
                           .participants = {participant("bo", {camera_})},
                           .permissions = {}});
  }
  [[nodiscard]] const std::vector<ParticipantInfo>& others() const {
    return room_.room()->participants;
  }

  using Tracks = std::vector<TrackInfo>;
  const TrackInfo camera_ = track("bo-camera", 1);
  const TrackInfo microphone_ = track("bo-microphone", 2);
  KnownRoom room_;
};

TEST_F(KnownRoomTest, IsNothingBeforeJoined) {
  EXPECT_FALSE(room_.room().has_value());
  EXPECT_EQ(hear(signaling::ParticipantLeft{.participant = signaling::ParticipantId{"bo"}}).ended,
            Tracks{});
  EXPECT_FALSE(room_.room().has_value());
}

TEST_F(KnownRoomTest, JoinedBringsTheTracksOfAllOthers) {
  const auto changes = hear(signaling::Joined{
      .room = "demo",
      .participant = participant("me"),
      .participants = {participant("bo", {camera_}), participant("cy", {microphone_})},
      .permissions = {}});
  EXPECT_EQ(changes.published, (Tracks{camera_, microphone_}));
  EXPECT_EQ(others().size(), 2U);
}

TEST_F(KnownRoomTest, WhoComesBringsTracksAndWhoLeavesTakesThemAlong) {
  join();
  const auto came = hear(signaling::ParticipantJoined{participant("cy", {microphone_})});
  EXPECT_EQ(came.published, Tracks{microphone_});
  EXPECT_EQ(others().size(), 2U);
  const auto left = hear(signaling::ParticipantLeft{.participant = signaling::ParticipantId{"bo"}});
  EXPECT_EQ(left.ended, Tracks{camera_});
  ASSERT_EQ(others().size(), 1U);
  EXPECT_EQ(others().front().identity, "cy");
}

TEST_F(KnownRoomTest, ATrackOfAnotherComesAndEnds) {
  join();
  const signaling::ParticipantId bo{"bo"};
  EXPECT_EQ(hear(signaling::TrackPublished{bo, microphone_}).published, Tracks{microphone_});
  EXPECT_EQ(others().front().tracks, (Tracks{camera_, microphone_}));
  EXPECT_EQ(hear(signaling::TrackUnpublished{bo, camera_.track}).ended, Tracks{camera_});
  EXPECT_EQ(others().front().tracks, Tracks{microphone_});
  EXPECT_EQ(hear(signaling::TrackUnpublished{bo, camera_.track}).ended, Tracks{}) << "only once";
}

TEST_F(KnownRoomTest, OurOwnTracksAreKeptApart) {
  join();
  const TrackInfo own = track("my-camera", 7);
  const auto started = hear(signaling::Published{own});
  EXPECT_EQ(started.own_started, Tracks{own});
  EXPECT_EQ(started.published, Tracks{});
  EXPECT_EQ(room_.room()->participant.tracks, Tracks{own});
  const auto ended = hear(signaling::Unpublished{own.track});
  EXPECT_EQ(ended.own_ended, Tracks{own});
  EXPECT_EQ(room_.room()->participant.tracks, Tracks{});
  EXPECT_EQ(others().front().tracks, Tracks{camera_});
}

}  // namespace
}  // namespace sluice::client
