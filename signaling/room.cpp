#include "signaling/room.h"

#include <algorithm>
#include <memory>
#include <utility>

namespace sluice::signaling {

namespace {

ControlText text_of(ServerBody body, std::optional<std::uint64_t> reply_to = std::nullopt) {
  return std::make_shared<const std::string>(
      serialise(ServerMessage{.id = std::nullopt, .reply_to = reply_to, .body = std::move(body)}));
}

}  // namespace

Room::Room(RoomId id, std::string name, const RoomLimits& limits, IdGenerator& ids)
    : id_(id), name_(std::move(name)), limits_(limits), ids_(ids) {}

bool Room::join(SessionId session, RequestId request, const AuthorizedJoin& join, Time now,
                Effects& effects) {
  const auto replaced = join.identity ? session_of(*join.identity) : std::nullopt;
  if (!replaced && members_.size() >= limits_.participants_max) {
    effects.emplace_back(
        FailSession{.session = session,
                    .error = protocol_error(ErrorCode::kRoomFull, "the room is full", request)});
    return false;
  }
  if (replaced) {
    leave(*replaced, GoodbyeReason::kDuplicateIdentity, effects);
    effects.emplace_back(
        CloseSession{.session = *replaced, .reason = GoodbyeReason::kDuplicateIdentity});
  }
  Member member{.info = {.participant = ids_.participant(),
                         .identity = join.identity.value_or(""),
                         .name = join.name,
                         .metadata = join.metadata,
                         .tracks = {}},
                .text = {},
                .permissions = join.permissions,
                .auto_subscribe = join.auto_subscribe && join.permissions.can_subscribe,
                .hidden = join.hidden,
                .subscriptions = {},
                .lane_key = {},
                .lane = {}};
  if (join.lanes && limits_.lanes) member.lane_key = make_lane_key(now);
  if (!join.identity) member.info.identity = ids_.identity();

  effects.emplace_back(SessionJoined{.session = session, .room = id_});
  const Joined state{.room = name_,
                     .participant = member.info,
                     .participants = {},
                     .permissions = member.permissions,
                     .lane = member.lane_key ? std::optional{member.lane_key->text} : std::nullopt};
  effects.emplace_back(SendTo{
      .session = session,
      .text = std::make_shared<const std::string>(serialise_joined(state, roster(), request))});
  if (!member.hidden) {
    send_to_others(session, ParticipantJoined{member.info}, effects, crowded());
  }
  Member& joined = members_.emplace(session, std::move(member)).first->second;
  if (joined.auto_subscribe) {
    for (const auto& [track, place] : tracks_) {
      auto_subscribe(session, joined, track, place, effects);
    }
  }
  return true;
}

void Room::leave(SessionId session, GoodbyeReason reason, Effects& effects) {
  const auto found = members_.find(session);
  if (found == members_.end()) return;
  Member member = std::move(found->second);
  members_.erase(found);
  for (const auto& [track, settings] : member.subscriptions) {
    const TrackPlace& place = tracks_.at(track);
    effects.emplace_back(SubscriptionRemoved{
        .room = id_, .subscriber = receiver(session, member, place.kind), .handle = place.handle});
  }
  for (const TrackInfo& track : member.info.tracks) remove_track(session, track, effects);
  if (member.lane) {
    lanes_.erase(*member.lane);
    effects.emplace_back(CloseSession{.session = *member.lane, .reason = reason});
  }
  if (!member.hidden) {
    send_to_others(session,
                   ParticipantLeft{.participant = member.info.participant, .reason = reason},
                   effects, crowded());
  }
  effects.emplace_back(SessionLeft{.room = id_, .session = session, .reason = reason});
}

void Room::publish(SessionId session, RequestId request, const Publish& publish, Effects& effects) {
  Member& member = members_.at(session);
  const TrackDescription& description = publish.track;
  const std::string source{to_string(description.source)};
  if (!member.permissions.may_publish(description.source)) {
    refuse(session, request, ErrorCode::kNotPermitted, "you may not publish " + source, effects);
    return;
  }
  const auto same_source = [&](const TrackInfo& track) {
    return track.description.source == description.source;
  };
  if (std::ranges::any_of(member.info.tracks, same_source)) {
    refuse(session, request, ErrorCode::kLimitReached, "you publish " + source + " already",
           effects);
    return;
  }
  if (member.info.tracks.size() >= limits_.tracks_max) {
    refuse(session, request, ErrorCode::kLimitReached,
           "you publish " + std::to_string(limits_.tracks_max) + " tracks, the most allowed",
           effects);
    return;
  }
  const auto handle = handles_.allocate();
  if (!handle) {
    refuse(session, request, ErrorCode::kLimitReached, "the room has no free handle", effects);
    return;
  }
  const TrackInfo track{.track = ids_.track(), .handle = *handle, .description = description};
  const TrackPlace place{.publisher = session, .handle = *handle, .kind = description.kind};
  member.info.tracks.push_back(track);
  member.text.clear();
  tracks_.emplace(track.track, place);

  effects.emplace_back(TrackAdded{.room = id_, .publisher = session, .track = track});
  if (member.lane && description.kind == TrackKind::kAudio) {
    effects.emplace_back(
        LaneTrackAdded{.room = id_, .lane = *member.lane, .publisher = session, .handle = *handle});
  }
  send(session, request, Published{track}, effects);
  send_to_others(session, TrackPublished{.participant = member.info.participant, .track = track},
                 effects);
  for (auto& [subscriber, other] : members_) {
    if (subscriber != session && other.auto_subscribe) {
      auto_subscribe(subscriber, other, track.track, place, effects);
    }
  }
}

void Room::unpublish(SessionId session, RequestId request, const Unpublish& unpublish,
                     Effects& effects) {
  const TrackInfo* own = own_track(session, unpublish.track);
  if (own == nullptr) {
    refuse_unknown(session, request, "you publish no track ", unpublish.track, effects);
    return;
  }
  Member& member = members_.at(session);
  const TrackInfo track = *own;
  std::erase_if(member.info.tracks,
                [&](const TrackInfo& each) { return each.track == track.track; });
  member.text.clear();
  if (member.lane && track.description.kind == TrackKind::kAudio) {
    effects.emplace_back(
        LaneTrackRemoved{.room = id_, .lane = *member.lane, .handle = track.handle});
  }
  remove_track(session, track, effects);
  send(session, request, Unpublished{track.track}, effects);
  send_to_others(session,
                 TrackUnpublished{.participant = member.info.participant, .track = track.track},
                 effects);
}

void Room::subscribe(SessionId session, RequestId request, const Subscribe& subscribe,
                     Effects& effects) {
  Member& member = members_.at(session);
  if (!member.permissions.can_subscribe) {
    refuse(session, request, ErrorCode::kNotPermitted, "you may not subscribe", effects);
    return;
  }
  const auto place = tracks_.find(subscribe.track);
  if (place == tracks_.end() || place->second.publisher == session) {
    refuse_unknown(session, request, "nobody else publishes a track ", subscribe.track, effects);
    return;
  }
  auto subscription = member.subscriptions.find(subscribe.track);
  if (subscription == member.subscriptions.end()) {
    if (member.subscriptions.size() >= limits_.subscriptions_max) {
      refuse(session, request, ErrorCode::kLimitReached,
             "you have " + std::to_string(limits_.subscriptions_max) +
                 " subscriptions, the most allowed",
             effects);
      return;
    }
    subscription = member.subscriptions.emplace(subscribe.track, SubscriptionSettings{}).first;
  }
  subscription->second = subscription->second.updated_by(subscribe.settings);
  announce_subscription(session, request, subscription->second, subscribe.track, place->second,
                        effects);
}

void Room::unsubscribe(SessionId session, RequestId request, const Unsubscribe& unsubscribe,
                       Effects& effects) {
  Member& member = members_.at(session);
  if (member.subscriptions.erase(unsubscribe.track) == 0) {
    refuse_unknown(session, request, "you are not subscribed to a track ", unsubscribe.track,
                   effects);
    return;
  }
  const TrackPlace& place = tracks_.at(unsubscribe.track);
  effects.emplace_back(SubscriptionRemoved{
      .room = id_, .subscriber = receiver(session, member, place.kind), .handle = place.handle});
  send(session, request, Unsubscribed{unsubscribe.track}, effects);
}

void Room::request_keyframe(SessionId session, RequestId request, const KeyframeRequest& keyframe,
                            Effects& effects) {
  if (!members_.at(session).subscriptions.contains(keyframe.track)) {
    refuse_unknown(session, request, "you are not subscribed to a track ", keyframe.track, effects);
    return;
  }
  const TrackPlace& place = tracks_.at(keyframe.track);
  if (place.kind != TrackKind::kVideo) {
    refuse(session, request, ErrorCode::kInvalidField, "track names audio, which has no keyframes",
           effects);
    return;
  }
  effects.emplace_back(KeyframeWanted{.room = id_, .subscriber = session, .handle = place.handle});
}

void Room::mute(SessionId session, RequestId request, const Mute& mute, Effects& effects) {
  TrackInfo* track = own_track(session, mute.track);
  if (track == nullptr) {
    refuse_unknown(session, request, "you publish no track ", mute.track, effects);
    return;
  }
  if (track->description.muted == mute.muted) return;
  track->description.muted = mute.muted;
  members_.at(session).text.clear();
  effects.emplace_back(
      MuteChanged{.room = id_, .publisher = session, .handle = track->handle, .muted = mute.muted});
  send_to_others(session,
                 Muted{.participant = members_.at(session).info.participant,
                       .track = mute.track,
                       .muted = mute.muted},
                 effects);
}

RoomCounts Room::counts() const {
  RoomCounts counts{.rooms = 1, .participants = members_.size()};
  for (const auto& [session, member] : members_) {
    counts.subscriptions += member.subscriptions.size();
    for (const TrackInfo& track : member.info.tracks) {
      ++counts.tracks_by_source[static_cast<std::size_t>(track.description.source)];
    }
  }
  return counts;
}

std::optional<SessionId> Room::session_of(const std::string& identity) const {
  for (const auto& [session, member] : members_) {
    if (member.info.identity == identity) return session;
  }
  return std::nullopt;
}

std::vector<ParticipantInfo> Room::participants() const {
  std::vector<ParticipantInfo> seen;
  for (const auto& [session, member] : members_) {
    if (!member.hidden) seen.push_back(member.info);
  }
  return seen;
}

std::string Room::roster() {
  std::string text;
  for (auto& [session, member] : members_) {
    if (member.hidden) continue;
    if (member.text.empty()) member.text = serialise(member.info);
    if (!text.empty()) text += ',';
    text += member.text;
  }
  return text;
}

void Room::send(SessionId to, RequestId request, ServerBody body, Effects& effects) {
  effects.emplace_back(SendTo{.session = to, .text = text_of(std::move(body), request)});
}

void Room::send_to_others(SessionId except, const ServerBody& body, Effects& effects,
                          bool unhurried) const {
  ControlText text;
  effects.reserve(effects.size() + members_.size() + 1);
  for (const auto& [session, member] : members_) {
    if (session == except) continue;
    if (!text) text = text_of(body);
    effects.emplace_back(SendTo{.session = session, .text = text, .unhurried = unhurried});
  }
}

void Room::refuse(SessionId session, RequestId request, ErrorCode code, std::string message,
                  Effects& effects) {
  ServerMessage error = error_message(protocol_error(code, std::move(message), request));
  effects.emplace_back(SendTo{.session = session,
                              .text = std::make_shared<const std::string>(serialise(error)),
                              .error = code});
}

void Room::refuse_unknown(SessionId session, RequestId request, std::string message,
                          const TrackId& track, Effects& effects) {
  refuse(session, request, ErrorCode::kUnknownTrack, std::move(message) + track.value, effects);
}

void Room::auto_subscribe(SessionId session, Member& member, const TrackId& track,
                          const TrackPlace& place, Effects& effects) {
  if (member.subscriptions.size() >= limits_.subscriptions_max) return;
  member.subscriptions.emplace(track, SubscriptionSettings{});
  announce_subscription(session, std::nullopt, {}, track, place, effects);
}

void Room::announce_subscription(SessionId session, RequestId request,
                                 const SubscriptionSettings& settings, const TrackId& track,
                                 const TrackPlace& place, Effects& effects) const {
  send(session, request, Subscribed{.track = track, .handle = place.handle}, effects);
  effects.emplace_back(
      subscription(receiver(session, members_.at(session), place.kind), settings, track, place));
}

SubscriptionChanged Room::subscription(SessionId subscriber, const SubscriptionSettings& settings,
                                       const TrackId& track, const TrackPlace& place) const {
  const std::vector<TrackInfo>& published = members_.at(place.publisher).info.tracks;
  return {.room = id_,
          .subscriber = subscriber,
          .handle = place.handle,
          .settings = settings,
          .publisher = place.publisher,
          .track = *std::ranges::find(published, track, &TrackInfo::track)};
}

void Room::remove_track(SessionId publisher, const TrackInfo& track, Effects& effects) {
  for (auto& [subscriber, member] : members_) {
    if (member.subscriptions.erase(track.track) != 0) {
      effects.emplace_back(
          SubscriptionRemoved{.room = id_,
                              .subscriber = receiver(subscriber, member, track.description.kind),
                              .handle = track.handle});
    }
  }
  tracks_.erase(track.track);
  handles_.release(track.handle);
  effects.emplace_back(TrackRemoved{.room = id_, .publisher = publisher, .handle = track.handle});
}

TrackInfo* Room::own_track(SessionId session, const TrackId& track) {
  std::vector<TrackInfo>& tracks = members_.at(session).info.tracks;
  const auto found = std::ranges::find(tracks, track, &TrackInfo::track);
  return found == tracks.end() ? nullptr : &*found;
}

}  // namespace sluice::signaling
