// The lanes of a room's members: a second connection of a participant's, for sound.
#include <openssl/crypto.h>

#include <algorithm>
#include <utility>

#include "signaling/room.h"

namespace sluice::signaling {
namespace {

/// Takes as long wherever they differ, so that a key cannot be guessed letter by letter.
bool same_key(const std::string& a, const std::string& b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace

bool Room::attach(SessionId session, RequestId request, const Attach& attach, Time now,
                  Effects& effects) {
  const auto found = std::ranges::find_if(members_, [&](const auto& entry) {
    return entry.second.info.participant == attach.participant;
  });
  const auto opens = [&](const LaneKey& key) {
    return now < key.until && same_key(key.text, attach.key);
  };
  if (found == members_.end() || !found->second.lane_key || !opens(*found->second.lane_key)) {
    effects.emplace_back(lane_refusal(session, request));
    return false;
  }
  Member& member = found->second;
  member.lane_key.reset();
  member.lane = session;
  lanes_.emplace(session, found->first);
  effects.emplace_back(SessionJoined{.session = session, .room = id_});
  send(session, request, Attached{member.info.participant}, effects);
  for (const TrackInfo& track : member.info.tracks) {
    if (track.description.kind != TrackKind::kAudio) continue;
    effects.emplace_back(LaneTrackAdded{
        .room = id_, .lane = session, .publisher = found->first, .handle = track.handle});
  }
  move_sound(member, found->first, session, effects);
  return true;
}

void Room::detach(SessionId lane, GoodbyeReason reason, Time now, Effects& effects) {
  const auto found = lanes_.find(lane);
  if (found == lanes_.end()) return;
  const SessionId session = found->second;
  lanes_.erase(found);
  Member& member = members_.at(session);
  member.lane.reset();
  move_sound(member, lane, session, effects);
  member.lane_key = make_lane_key(now);
  send(session, std::nullopt, LaneClosed{member.lane_key->text}, effects);
  effects.emplace_back(SessionLeft{.room = id_, .session = lane, .reason = reason});
}

Room::LaneKey Room::make_lane_key(Time now) {
  return {.text = ids_.lane_key(), .until = now + limits_.lane_key_life};
}

std::optional<SessionId> Room::lane_of(SessionId session) const {
  const auto member = members_.find(session);
  return member == members_.end() ? std::nullopt : member->second.lane;
}

void Room::move_sound(const Member& member, SessionId from, SessionId to, Effects& effects) const {
  for (const auto& [track, settings] : member.subscriptions) {
    const TrackPlace& place = tracks_.at(track);
    if (place.kind != TrackKind::kAudio) continue;
    effects.emplace_back(subscription(to, settings, track, place));
    effects.emplace_back(
        SubscriptionRemoved{.room = id_, .subscriber = from, .handle = place.handle});
  }
}

FailSession lane_refusal(SessionId session, Room::RequestId request) {
  // One sentence for all: whoever tries keys learns nothing of who is there.
  return {.session = session,
          .error = protocol_error(ErrorCode::kUnauthorized,
                                  "no lane is expected there with this key", request)};
}

}  // namespace sluice::signaling
