#include "client/known_room.h"

#include <algorithm>
#include <iterator>
#include <utility>
#include <variant>

namespace sluice::client {
namespace {

using signaling::ParticipantInfo;
using signaling::TrackInfo;

/// Takes the track out of `tracks` and gives it back, if it is there.
std::vector<TrackInfo> take(std::vector<TrackInfo>& tracks, const signaling::TrackId& id) {
  const auto found = std::ranges::find(tracks, id, &TrackInfo::track);
  if (found == tracks.end()) return {};
  std::vector<TrackInfo> taken{std::move(*found)};
  tracks.erase(found);
  return taken;
}

}  // namespace

ParticipantInfo* KnownRoom::find(const signaling::ParticipantId& id) {
  if (!room_) return nullptr;
  const auto found = std::ranges::find(room_->participants, id, &ParticipantInfo::participant);
  return found == room_->participants.end() ? nullptr : &*found;
}

KnownRoom::TrackChanges KnownRoom::learn(const signaling::ServerMessage& message) {
  TrackChanges changes;
  const auto& body = message.body;
  if (const auto* joined = std::get_if<signaling::Joined>(&body)) {
    room_ = *joined;
    for (const ParticipantInfo& participant : joined->participants) {
      std::ranges::copy(participant.tracks, std::back_inserter(changes.published));
    }
  } else if (const auto* arrival = std::get_if<signaling::ParticipantJoined>(&body)) {
    if (room_) room_->participants.push_back(arrival->participant);
    changes.published = arrival->participant.tracks;
  } else if (const auto* left = std::get_if<signaling::ParticipantLeft>(&body)) {
    if (ParticipantInfo* participant = find(left->participant)) {
      changes.ended = std::move(participant->tracks);
      std::erase_if(room_->participants, [&](const ParticipantInfo& other) {
        return other.participant == left->participant;
      });
    }
  } else if (const auto* published = std::get_if<signaling::TrackPublished>(&body)) {
    changes.published = {published->track};
    if (ParticipantInfo* participant = find(published->participant)) {
      participant->tracks.push_back(published->track);
    }
  } else if (const auto* ended = std::get_if<signaling::TrackUnpublished>(&body)) {
    if (ParticipantInfo* participant = find(ended->participant)) {
      changes.ended = take(participant->tracks, ended->track);
    }
  } else if (const auto* own = std::get_if<signaling::Published>(&body)) {
    if (room_) room_->participant.tracks.push_back(own->track);
    changes.own_started = {own->track};
  } else if (const auto* own_end = std::get_if<signaling::Unpublished>(&body)) {
    if (room_) changes.own_ended = take(room_->participant.tracks, own_end->track);
  }
  return changes;
}

}  // namespace sluice::client
