#include "client/client_connection.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "client/clock.h"

namespace sluice::client {
namespace {

// A client has fewer frames of others than a server.
constexpr std::size_t kReceivePoolBytes = 128 * 1024 * 1024;

media::MediaKind media_kind(const signaling::TrackInfo& track) {
  return track.description.kind == signaling::TrackKind::kAudio ? media::MediaKind::kAudio
                                                                : media::MediaKind::kVideo;
}

media::TrackHandle media_handle(const signaling::TrackInfo& track) {
  return static_cast<media::TrackHandle>(track.handle);
}

void add(LinkFigures& sum, const LinkFigures& link) {
  sum.media_bytes_sent += link.media_bytes_sent;
  sum.media_bytes_received += link.media_bytes_received;
  sum.frames_received += link.frames_received;
  sum.frames_abandoned_by_server += link.frames_abandoned_by_server;
}

}  // namespace

ClientConnection::ClientConnection(const boost::asio::any_io_executor& executor,
                                   const TransportOptions& options, ConnectionObserver& observer)
    : pool_{std::make_shared<media::FramePool>(kReceivePoolBytes)},
      observer_{&observer},
      order_timer_{executor} {
  LinkObserver& links = *this;
  first_ = std::make_shared<ServerLink>(executor, options, pool_, links);
  lane_ = std::make_shared<SoundLane>(executor, options, pool_, links);
}

ClientConnection::~ClientConnection() { abort(); }

void ClientConnection::start(signaling::Join join) {
  wants_lane_ = join.lanes;
  first_->start(std::move(join));
}

std::uint64_t ClientConnection::publish(signaling::TrackDescription track) {
  return first_->request(signaling::Publish{.track = std::move(track)});
}

std::uint64_t ClientConnection::subscribe(signaling::TrackId track,
                                          signaling::SubscriptionSettings settings) {
  return first_->request(signaling::Subscribe{.track = std::move(track), .settings = settings});
}

std::uint64_t ClientConnection::unsubscribe(signaling::TrackId track) {
  return first_->request(signaling::Unsubscribe{.track = std::move(track)});
}

void ClientConnection::request_keyframe(signaling::TrackId track) {
  first_->send(signaling::KeyframeRequest{.track = std::move(track)});
}

void ClientConnection::mute(signaling::TrackId track, bool muted) {
  first_->request(signaling::Mute{.track = std::move(track), .muted = muted});
}

void ClientConnection::send_frame(const media::FrameDescription& description, media::MediaKind kind,
                                  std::span<const std::byte> payload) {
  const bool over_lane = kind == media::MediaKind::kAudio && lane_->open();
  (over_lane ? *lane_->link() : *first_).send_frame(description, kind, payload);
}

void ClientConnection::set_track_report(const signaling::TrackReport& report) {
  first_->set_track_report(report);
}

void ClientConnection::leave() { first_->leave(); }

void ClientConnection::abort() {
  ended_ = true;
  order_timer_.cancel();
  settle_lane();
  lane_->close();
  first_->abort();
}

media::EgressCounters ClientConnection::sent() const {
  media::EgressCounters sum = first_->uplink().counters();
  sum.add(sent_by_past_lanes_);
  if (const ServerLink* const lane = lane_->link()) sum.add(lane->uplink().counters());
  return sum;
}

ConnectionFigures ClientConnection::figures() const {
  LinkFigures lanes = past_lanes_;
  if (const ServerLink* const lane = lane_->link()) add(lanes, lane->figures());
  LinkFigures both = first_->figures();
  add(both, lanes);
  return {.media_bytes_sent = both.media_bytes_sent,
          .media_bytes_received = both.media_bytes_received,
          .frames_received = both.frames_received,
          .frames_abandoned_by_server = both.frames_abandoned_by_server,
          .round_trip = both.round_trip,
          .lanes_opened = lane_->times_opened(),
          .lane_frames_received = lanes.frames_received};
}

void ClientConnection::on_link_message(ServerLink& link, const signaling::ServerMessage& message) {
  if (is_lane(link)) return on_lane_message(message);
  learn_room(message);
  if (const auto* joined = std::get_if<signaling::Joined>(&message.body)) {
    if (joined->lane) open_lane(*joined->lane);
  } else if (const auto* closed = std::get_if<signaling::LaneClosed>(&message.body)) {
    open_lane(closed->lane);
  }
  observer_->on_message(message);
}

void ClientConnection::on_lane_message(const signaling::ServerMessage& message) {
  if (std::holds_alternative<signaling::Attached>(message.body)) return use_lane();
  // The room speaks over the first link; here it is only said of sounds whether they come.
  if (std::holds_alternative<signaling::TrackStateChanged>(message.body)) {
    observer_->on_message(message);
  }
}

void ClientConnection::learn_room(const signaling::ServerMessage& message) {
  ServerLink* const lane = lane_->link();
  const KnownRoom::TrackChanges changes = room_.learn(message);
  for (const signaling::TrackInfo& track : changes.ended) {
    first_->forget_track(media_handle(track));
    if (lane != nullptr) lane->forget_track(media_handle(track));
    order_.forget(media_handle(track));
  }
  for (const signaling::TrackInfo& track : changes.published) {
    first_->receive_track(media_handle(track), media_kind(track));
    if (lane != nullptr) lane->receive_track(media_handle(track), media_kind(track));
  }
  for (const signaling::TrackInfo& track : changes.own_started) {
    const auto& encodings = track.description.video.encodings;
    const int count = std::max(1, static_cast<int>(encodings.size()));
    (void)first_->uplink().add_track(media_handle(track), media_kind(track), count);
    if (lane_->open() && media_kind(track) == media::MediaKind::kAudio) {
      (void)lane->uplink().add_track(media_handle(track), media::MediaKind::kAudio);
    }
  }
  for (const signaling::TrackInfo& track : changes.own_ended) {
    first_->uplink().remove_track(media_handle(track));
    if (lane != nullptr) lane->uplink().remove_track(media_handle(track));
  }
  if (const auto* ended = std::get_if<signaling::Unsubscribed>(&message.body)) {
    if (!room_.room()) return;
    // A later subscription begins with a frame of its own.
    for (const auto& participant : room_.room()->participants) {
      for (const signaling::TrackInfo& track : participant.tracks) {
        if (track.track != ended->track) continue;
        first_->restart_track(media_handle(track));
        if (lane != nullptr) lane->restart_track(media_handle(track));
        order_.forget(media_handle(track));
      }
    }
  }
}

void ClientConnection::open_lane(const std::string& key) {
  if (!wants_lane_ || !room_.room()) return;
  settle_lane();
  lane_->admit(room_.room()->room, room_.room()->participant.participant, key);
  deliver_sounds();
}

void ClientConnection::use_lane() {
  if (lane_->open() || !room_.room()) return;  // said twice
  lane_->attached();
  ServerLink& lane = *lane_->link();
  for (const auto& participant : room_.room()->participants) {
    for (const signaling::TrackInfo& track : participant.tracks) {
      lane.receive_track(media_handle(track), media_kind(track));
    }
  }
  for (const signaling::TrackInfo& track : room_.room()->participant.tracks) {
    if (media_kind(track) != media::MediaKind::kAudio) continue;
    (void)lane.uplink().add_track(media_handle(track), media::MediaKind::kAudio);
  }
}

void ClientConnection::settle_lane() {
  if (const ServerLink* const lane = lane_->link()) {
    add(past_lanes_, lane->figures());
    sent_by_past_lanes_.add(lane->uplink().counters());
  }
  order_.lane_closed();
}

void ClientConnection::on_link_frame(ServerLink& link, const media::FrameRef& frame) {
  if (!wants_lane_ || frame->kind != media::MediaKind::kAudio) return observer_->on_frame(frame);
  order_.push(frame, is_lane(link) ? SoundOrder::Way::kLane : SoundOrder::Way::kFirst);
  deliver_sounds();
}

void ClientConnection::deliver_sounds() {
  while (const media::FrameRef frame = order_.pop(now())) {
    observer_->on_frame(frame);
    if (ended_) return;
  }
  const media::Time next = order_.deadline();
  if (next == media::Time::max()) return;
  order_timer_.expires_at(steady(next));
  order_timer_.async_wait([weak = weak_from_this()](const boost::system::error_code& error) {
    const auto self = weak.lock();
    if (!error && self && !self->ended_) self->deliver_sounds();
  });
}

void ClientConnection::on_link_tick(ServerLink& link) {
  // Of sound nothing ever depends on anything.
  if (is_lane(link)) return;
  for (const auto& [track, encoding] : link.uplink().keyframes_wanted(now())) {
    observer_->on_keyframe_wanted(track, encoding);
    if (ended_) return;
  }
}

void ClientConnection::on_link_closed(ServerLink& link, const CloseReason& reason) {
  const auto self = shared_from_this();
  if (is_lane(link)) {
    settle_lane();
    lane_->ended(reason);
    return deliver_sounds();
  }
  abort();
  observer_->on_closed(reason);
}

}  // namespace sluice::client
