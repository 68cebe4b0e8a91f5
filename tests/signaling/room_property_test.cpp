// Random commands of random sessions against the room layer: whatever happens, what every client
// was told and what the media side was told equal the state of the rooms.

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "media_side.h"
#include "room_view.h"
#include "signaling/room_directory.h"

namespace sluice::signaling {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t kSeeds = 60;
constexpr int kSteps = 400;

using EffectCounts = std::array<std::uint64_t, std::variant_size_v<RoomEffect>>;

class RoomWorld {
 public:
  explicit RoomWorld(std::uint64_t seed)
      : random_(seed), directory_(limits(), [this] { return ids_(); }) {
    ids_.seed(seed + 1);
  }

  /// How often each kind of effect came out.
  [[nodiscard]] const EffectCounts& seen() const { return seen_; }

  void step() {
    now_ += std::chrono::milliseconds{pick(3000)};
    if (directory_.next_deadline() <= now_) apply(directory_.on_time(now_));
    EXPECT_GT(directory_.next_deadline(), now_);
    const SessionId session = pick_session();
    const RoomCommand command = random_command(session);
    request_ = command.request;
    apply(directory_.handle(session, command, now_));
    check();
  }

 private:
  static RoomLimits limits() {
    return {.rooms_max = 3,
            .participants_max = 5,
            .tracks_max = 3,
            .subscriptions_max = 6,
            .empty_room_delay = 5s,
            .lanes = true,
            .lane_key_life = 20s};
  }

  unsigned pick(unsigned count) {
    return std::uniform_int_distribution<unsigned>{0, count - 1}(random_);
  }
  bool coin() { return pick(2) == 0; }

  /// A session that is there, or a new one: ids are never used again.
  SessionId pick_session() {
    if (views_.empty() || (views_.size() < 14 && pick(4) == 0)) {
      const SessionId session{next_session_++};
      views_.emplace(session, RoomView{});
      return session;
    }
    auto it = views_.begin();
    std::advance(it, pick(static_cast<unsigned>(views_.size())));
    return it->first;
  }

  TrackId pick_track(SessionId session) {
    std::vector<TrackId> tracks{{"TR_unknown"}};
    const auto view = views_.find(session);
    if (view != views_.end() && view->second.joined()) {
      for (const TrackInfo& track : view->second.self().tracks) tracks.push_back(track.track);
      for (const auto& [id, other] : view->second.others()) {
        for (const TrackInfo& track : other.tracks) tracks.push_back(track.track);
      }
    }
    return tracks[pick(static_cast<unsigned>(tracks.size()))];
  }

  TrackId pick_own_track(SessionId session) {
    const RoomView& view = views_.at(session);
    if (!view.joined() || view.self().tracks.empty()) return {"TR_unknown"};
    const std::vector<TrackInfo>& tracks = view.self().tracks;
    return tracks[pick(static_cast<unsigned>(tracks.size()))].track;
  }

  RoomCommand random_command(SessionId session) {
    RoomCommand command{.id = coin() ? std::optional<std::uint64_t>{pick(100)} : std::nullopt,
                        .request = Leave{GoodbyeReason::kLeft}};
    switch (pick(14)) {
      case 0:
      case 1:
      case 2:
        command.request = random_join();
        break;
      case 3:
        break;
      case 4:
      case 5:
      case 6:
        command.request = random_publish();
        break;
      case 7:
        command.request = Unpublish{pick_track(session)};
        break;
      case 8:
        command.request =
            Subscribe{.track = pick_track(session), .settings = {.max_width = pick(2000)}};
        break;
      case 9:
        command.request = Unsubscribe{pick_track(session)};
        break;
      case 10:
        command.request = KeyframeRequest{pick_track(session)};
        break;
      case 11:
      case 12:
        // Who is in a room already is refused before the room layer.
        if (views_.at(session).joined() || lanes_.contains(session)) {
          command.request = Unpublish{pick_own_track(session)};
        } else {
          command.request = random_attach();
        }
        break;
      default:
        command.request = Mute{.track = pick_track(session), .muted = coin()};
    }
    return command;
  }

  AuthorizedJoin random_join() {
    AuthorizedJoin join;
    join.room = "room " + std::to_string(pick(5));
    if (coin()) join.identity = "identity " + std::to_string(pick(8));
    join.auto_subscribe = pick(4) != 0;
    join.lanes = coin();
    join.hidden = pick(6) == 0;
    join.permissions.can_subscribe = pick(6) != 0;
    join.permissions.can_publish = !join.hidden && pick(6) != 0;
    if (pick(4) == 0) join.permissions.can_publish_sources = {TrackSource::kCamera};
    return join;
  }

  /// Mostly with the newest key that somebody was given, which may be used or void.
  Attach random_attach() {
    Attach attach{.room = "room " + std::to_string(pick(5)), .participant = {}, .key = "LK_forged"};
    std::vector<SessionId> members;
    for (const auto& [session, view] : views_) {
      if (view.joined() && view.lane_key()) members.push_back(session);
    }
    if (members.empty()) return attach;
    const SessionId member = members[pick(static_cast<unsigned>(members.size()))];
    attach.participant = views_.at(member).self().participant;
    if (pick(8) == 0) return attach;
    attach.room = directory_.room_of(member)->name();
    attach.key = *views_.at(member).lane_key();
    return attach;
  }

  Publish random_publish() {
    Publish publish;
    publish.track.source = kTrackSources[pick(kTrackSources.size())];
    publish.track.kind = kind_of(publish.track.source);
    publish.track.codec = publish.track.kind == TrackKind::kVideo ? "vp8" : "opus";
    publish.track.muted = coin();
    if (publish.track.kind == TrackKind::kVideo) {
      publish.track.video = {.width = 640, .height = 360, .temporal_layers = 3, .encodings = {}};
    }
    return publish;
  }

  void apply(const std::vector<RoomEffect>& effects) {
    for (const RoomEffect& effect : effects) {
      ++seen_[effect.index()];
      std::visit([this](const auto& each) { on(each); }, effect);
    }
  }

  void on(const SendTo& send) {
    const auto view = views_.find(send.session);
    ASSERT_NE(view, views_.end()) << "sent to a session that was closed: " << *send.text;
    view->second.receive(*send.text);
  }
  void on(const SessionJoined& joined) {
    ASSERT_FALSE(views_.at(joined.session).joined());
    if (const auto* attach = std::get_if<Attach>(&request_)) {
      lanes_.emplace(joined.session, attach->participant);
    } else {
      ASSERT_NE(directory_.room_of(joined.session), nullptr);
    }
  }
  void on(const CloseSession& close) {
    if (lanes_.erase(close.session) == 0) {
      ASSERT_EQ(close.reason, GoodbyeReason::kDuplicateIdentity);
    }
    ASSERT_EQ(views_.erase(close.session), 1U);
  }
  void on(const FailSession& fail) {
    ASSERT_TRUE(fail.error.fatal);
    views_.erase(fail.session);
  }
  void on(const SessionLeft& left) {
    media_.apply(left);
    lanes_.erase(left.session);
    // A replaced session hears more (its goodbye); one that left is gone.
    if (left.reason == GoodbyeReason::kLeft) views_.erase(left.session);
  }
  template <typename Fact>
  void on(const Fact& fact) {
    media_.apply(fact);
  }

  void check() const {
    RoomCounts expected;
    std::map<const Room*, int> members;
    for (const auto& [session, view] : views_) {
      const Room* room = directory_.room_of(session);
      ASSERT_EQ(view.joined(), room != nullptr);
      if (room == nullptr) continue;
      ++members[room];
      check_view(session, view, *room);
      expected.subscriptions += view.subscriptions().size();
      for (const TrackInfo& track : view.self().tracks) {
        ++expected.tracks_by_source[static_cast<std::size_t>(track.description.source)];
      }
      ++expected.participants;
    }
    for (const auto& [room, count] : members) ASSERT_LE(count, limits().participants_max);
    const RoomCounts counts = directory_.counts();
    ASSERT_LE(counts.rooms, limits().rooms_max);
    expected.rooms = counts.rooms;
    ASSERT_EQ(counts, expected);
    ASSERT_EQ(media_.tracks().size(),
              counts.tracks(TrackKind::kAudio) + counts.tracks(TrackKind::kVideo));
  }

  void check_view(SessionId session, const RoomView& view, const Room& room) const {
    std::map<ParticipantId, ParticipantInfo> real;
    std::set<std::string> identities;
    for (const ParticipantInfo& participant : room.participants()) {
      ASSERT_TRUE(identities.insert(participant.identity).second) << "two with one identity";
      std::set<TrackSource> sources;
      for (const TrackInfo& track : participant.tracks) {
        ASSERT_TRUE(sources.insert(track.description.source).second) << "two of one source";
        ASSERT_EQ(media_.tracks().at({room.id(), track.handle}), track.description.muted);
      }
      ASSERT_LE(participant.tracks.size(), limits().tracks_max);
      real.emplace(participant.participant, participant);
    }
    real.erase(view.self().participant);
    ASSERT_EQ(view.others(), real);

    ASSERT_LE(view.subscriptions().size(), limits().subscriptions_max);
    check_media(session, view, room);
  }

  /// What a participant is subscribed to goes over its own connection, but sound over its lane.
  void check_media(SessionId session, const RoomView& view, const Room& room) const {
    const auto lane = std::ranges::find(lanes_, view.self().participant,
                                        [](const auto& entry) { return entry.second; });
    ASSERT_EQ(room.lane_of(session).has_value(), lane != lanes_.end());
    std::set<TrackHandle> here;
    std::set<TrackHandle> on_lane;
    for (const auto& [track, handle] : view.subscriptions()) {
      const bool moved = lane != lanes_.end() && kind_in(room, track) == TrackKind::kAudio;
      (moved ? on_lane : here).insert(handle);
    }
    ASSERT_EQ(here, media_.handles_of(session));
    if (lane == lanes_.end()) return;
    ASSERT_EQ(room.lane_of(session), lane->first);
    ASSERT_EQ(on_lane, media_.handles_of(lane->first));
    std::set<TrackHandle> own;
    for (const TrackInfo& track : view.self().tracks) {
      if (track.description.kind == TrackKind::kAudio) own.insert(track.handle);
    }
    ASSERT_EQ(own, media_.lane_handles_of(lane->first));
  }
  static TrackKind kind_in(const Room& room, const TrackId& id) {
    for (const ParticipantInfo& participant : room.participants()) {
      for (const TrackInfo& track : participant.tracks) {
        if (track.track == id) return track.description.kind;
      }
    }
    ADD_FAILURE() << "nobody publishes " << id.value;
    return {};
  }

  std::mt19937_64 random_;
  std::mt19937_64 ids_;
  RoomDirectory directory_;
  RoomDirectory::Time now_{1000s};
  std::uint64_t next_session_ = 1;
  std::map<SessionId, RoomView> views_;
  std::map<SessionId, ParticipantId> lanes_;  ///< whose lane a session is
  decltype(RoomCommand::request) request_;    ///< the command under way
  MediaSide media_;
  EffectCounts seen_{};
};

TEST(RoomProperty, EveryViewEqualsTheRoomWhateverTheCommands) {
  EffectCounts seen{};
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    RoomWorld world{seed};
    for (int step = 0; step < kSteps; ++step) {
      world.step();
      if (HasFailure()) return;
    }
    for (std::size_t i = 0; i < seen.size(); ++i) seen[i] += world.seen()[i];
  }
  // A walk that never meets a full room or a replaced participant would prove little.
  for (std::size_t i = 0; i < seen.size(); ++i) EXPECT_GT(seen[i], 20U) << "effect " << i;
}

}  // namespace
}  // namespace sluice::signaling
