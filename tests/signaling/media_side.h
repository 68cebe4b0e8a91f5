#pragma once

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <utility>

#include "signaling/room_effect.h"

namespace sluice::signaling {

/// What the media side knows, built only from the facts that the room layer told it.
///
/// A fact that does not fit what was told before is a test failure: media code relies on the order.
class MediaSide {
 public:
  using Track = std::pair<RoomId, TrackHandle>;

  void apply(const TrackAdded& added) {
    ASSERT_TRUE(
        tracks_.emplace(Track{added.room, added.track.handle}, added.track.description.muted)
            .second)
        << "a handle in use was given out";
  }
  void apply(const TrackRemoved& removed) {
    const Track track{removed.room, removed.handle};
    for (const auto& [session, handles] : subscriptions_) {
      ASSERT_FALSE(handles.contains(track)) << "a subscription outlived its track";
    }
    ASSERT_EQ(tracks_.erase(track), 1U);
  }
  void apply(const SubscriptionChanged& changed) {
    const Track track{changed.room, changed.handle};
    ASSERT_TRUE(tracks_.contains(track));
    subscriptions_[changed.subscriber].insert(track);
  }
  void apply(const SubscriptionRemoved& removed) {
    ASSERT_EQ(subscriptions_[removed.subscriber].erase(Track{removed.room, removed.handle}), 1U);
  }
  void apply(const KeyframeWanted& wanted) const {
    const auto found = subscriptions_.find(wanted.subscriber);
    ASSERT_NE(found, subscriptions_.end());
    ASSERT_TRUE(found->second.contains(Track{wanted.room, wanted.handle}));
  }
  void apply(const MuteChanged& changed) {
    const auto found = tracks_.find(Track{changed.room, changed.handle});
    ASSERT_NE(found, tracks_.end());
    ASSERT_NE(found->second, changed.muted) << "nothing changed";
    found->second = changed.muted;
  }
  void apply(const SessionLeft& left) {
    ASSERT_TRUE(subscriptions_[left.session].empty());
    subscriptions_.erase(left.session);
  }
  void apply(const LaneTrackAdded& added) {
    const Track track{added.room, added.handle};
    ASSERT_TRUE(tracks_.contains(track));
    ASSERT_TRUE(lane_tracks_[added.lane].insert(track).second);
  }
  void apply(const LaneTrackRemoved& removed) {
    ASSERT_EQ(lane_tracks_[removed.lane].erase(Track{removed.room, removed.handle}), 1U);
  }
  void apply(const RoomRemoved& removed) const {
    for (const auto& [track, muted] : tracks_) ASSERT_NE(track.first, removed.room);
  }

  /// Whether each track is muted.
  [[nodiscard]] const std::map<Track, bool>& tracks() const { return tracks_; }
  [[nodiscard]] std::set<TrackHandle> handles_of(SessionId session) const {
    return handles_in(subscriptions_, session);
  }
  /// What a lane may carry of its participant's.
  [[nodiscard]] std::set<TrackHandle> lane_handles_of(SessionId lane) const {
    return handles_in(lane_tracks_, lane);
  }

 private:
  using TracksOfSessions = std::map<SessionId, std::set<Track>>;

  static std::set<TrackHandle> handles_in(const TracksOfSessions& tracks, SessionId session) {
    std::set<TrackHandle> handles;
    const auto found = tracks.find(session);
    if (found == tracks.end()) return handles;
    for (const Track& track : found->second) handles.insert(track.second);
    return handles;
  }

  std::map<Track, bool> tracks_;
  TracksOfSessions subscriptions_;
  TracksOfSessions lane_tracks_;
};

}  // namespace sluice::signaling
