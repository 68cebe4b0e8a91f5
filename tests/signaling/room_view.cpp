#include "room_view.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace sluice::signaling {

namespace {

bool publishes(const ParticipantInfo& participant, const TrackId& track) {
  return std::ranges::find(participant.tracks, track, &TrackInfo::track) !=
         participant.tracks.end();
}

}  // namespace

void RoomView::receive(const std::string& text) {
  const auto message = parse_server_message(text, std::size_t{1} << 24U);
  ASSERT_TRUE(message) << text << "\n" << message.error().message;
  last_ = *message;
  std::visit([this](const auto& body) { apply(body); }, message->body);
}

template <typename Other>
void RoomView::apply(const Other&) {
  FAIL() << "the room layer does not send this message";
}

void RoomView::apply(const Joined& joined) {
  ASSERT_FALSE(self_) << "joined twice";
  self_ = joined.participant;
  lane_key_ = joined.lane;
  for (const ParticipantInfo& participant : joined.participants) {
    ASSERT_TRUE(others_.emplace(participant.participant, participant).second);
  }
}

void RoomView::apply(const ParticipantJoined& joined) {
  const ParticipantInfo& participant = joined.participant;
  ASSERT_NE(participant.participant, self_->participant);
  ASSERT_TRUE(others_.emplace(participant.participant, participant).second);
}

void RoomView::apply(const ParticipantLeft& left) {
  ParticipantInfo* participant = other(left.participant);
  ASSERT_NE(participant, nullptr);
  for (const TrackInfo& track : participant->tracks) subscriptions_.erase(track.track);
  others_.erase(left.participant);
}

void RoomView::apply(const Published& published) { self_->tracks.push_back(published.track); }

void RoomView::apply(const Unpublished& unpublished) {
  ASSERT_EQ(std::erase_if(self_->tracks,
                          [&](const TrackInfo& track) { return track.track == unpublished.track; }),
            1U);
}

void RoomView::apply(const TrackPublished& published) {
  ParticipantInfo* participant = other(published.participant);
  ASSERT_NE(participant, nullptr);
  participant->tracks.push_back(published.track);
}

void RoomView::apply(const TrackUnpublished& unpublished) {
  ParticipantInfo* participant = other(unpublished.participant);
  ASSERT_NE(participant, nullptr);
  ASSERT_TRUE(publishes(*participant, unpublished.track));
  std::erase_if(participant->tracks,
                [&](const TrackInfo& track) { return track.track == unpublished.track; });
  subscriptions_.erase(unpublished.track);
}

void RoomView::apply(const Subscribed& subscribed) {
  ASSERT_TRUE(others_publish(subscribed.track)) << "subscribed before the track was announced";
  subscriptions_[subscribed.track] = subscribed.handle;
}

void RoomView::apply(const Unsubscribed& unsubscribed) {
  ASSERT_EQ(subscriptions_.erase(unsubscribed.track), 1U);
}

void RoomView::apply(const Muted& muted) {
  ParticipantInfo* participant = other(muted.participant);
  ASSERT_NE(participant, nullptr);
  const auto track = std::ranges::find(participant->tracks, muted.track, &TrackInfo::track);
  ASSERT_NE(track, participant->tracks.end());
  track->description.muted = muted.muted;
}

ParticipantInfo* RoomView::other(const ParticipantId& id) {
  const auto found = others_.find(id);
  return found == others_.end() ? nullptr : &found->second;
}

bool RoomView::others_publish(const TrackId& track) const {
  return std::ranges::any_of(others_,
                             [&](const auto& entry) { return publishes(entry.second, track); });
}

}  // namespace sluice::signaling
