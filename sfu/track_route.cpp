#include "sfu/track_route.h"

#include <algorithm>

#include "sfu/session.h"
#include "signaling/server_message.h"

namespace sluice::sfu {
namespace {

using namespace std::chrono_literals;

media::PublishedTrack::Settings track_settings(const signaling::TrackDescription& track) {
  const bool audio = track.kind == signaling::TrackKind::kAudio;
  // docs/protocol.md 4.6: a screen's keyframe costs more, and a screen changes less.
  const bool screen = track.source == signaling::TrackSource::kScreen;
  return {.kind = audio ? media::MediaKind::kAudio : media::MediaKind::kVideo,
          .keyframe_interval_min = screen ? 1000ms : 500ms};
}

}  // namespace

TrackRoute::TrackRoute(signaling::RoomId room, signaling::TrackInfo info,
                       ShardIndex publisher_shard, const Surroundings& shard)
    : room_{room},
      info_{std::move(info)},
      publisher_{nullptr},
      publisher_shard_{publisher_shard},
      shard_{shard},
      track_{track_settings(info_.description)},
      // Sound has no groups: whoever comes begins with the next frame.
      awaits_group_{remote() && kind() == media::MediaKind::kVideo},
      keyframe_timer_{[this](media::Time now) { ask_publisher(now); }} {
  track_.set_muted(info_.description.muted);
}

TrackRoute::TrackRoute(signaling::RoomId room, signaling::TrackInfo info, Session& publisher,
                       const Surroundings& shard)
    : TrackRoute(room, std::move(info), shard.port.self(), shard) {
  publisher_ = &publisher;
}

bool TrackRoute::has(media::EncodingId encoding) const {
  const auto& encodings = info_.description.video.encodings;
  if (kind() == media::MediaKind::kAudio || encodings.empty()) {
    return encoding == media::EncodingId{0};
  }
  return std::ranges::any_of(encodings, [&](const signaling::EncodingInfo& each) {
    return media::EncodingId{each.encoding} == encoding;
  });
}

void TrackRoute::receive(const media::FrameRef& frame) {
  // Before the frame is part of the group: it follows on its own.
  if (!outlets_.empty()) settle_groups();
  track_.on_frame(frame);
  for (Session* subscriber : subscribers_) subscriber->deliver(frame);
  for (Outlet& outlet : outlets_) cross(outlet, frame);
}

void TrackRoute::cross(Outlet& outlet, const media::FrameRef& frame) {
  const auto frame_kind =
      kind() == media::MediaKind::kAudio ? metrics::FrameKind::kAudio : metrics::FrameKind::kVideo;
  if (!outlet.owed_group &&
      shard_.port.offer(outlet.shard, {.room = room_, .track = info_.handle, .frame = frame})) {
    shard_.metrics.shard_frames[frame_kind].add();
    return;
  }
  // The shard is behind by a whole ring. Nothing waits for it; its subscribers go on from the group
  // that precedes the next frame, or ask for a keyframe where that does not help.
  shard_.metrics.shard_frames_dropped[frame_kind].add();
  outlet.owed_group = kind() == media::MediaKind::kVideo;
}

void TrackRoute::add_shard(ShardIndex shard) {
  if (std::ranges::find(outlets_, shard, &Outlet::shard) != outlets_.end()) return;
  outlets_.push_back({.shard = shard, .owed_group = kind() == media::MediaKind::kVideo});
}

void TrackRoute::remove_shard(ShardIndex shard) {
  std::erase_if(outlets_, [&](const Outlet& outlet) { return outlet.shard == shard; });
}

void TrackRoute::settle_groups() {
  for (Outlet& outlet : outlets_) {
    if (!outlet.owed_group) continue;
    auto group = std::make_unique<const std::vector<media::FrameRef>>(track_.groups());
    outlet.owed_group = !shard_.port.offer(
        outlet.shard, {.room = room_, .track = info_.handle, .group = std::move(group)});
  }
}

void TrackRoute::receive_group(std::span<const media::FrameRef> group) {
  awaits_group_ = false;
  track_.replace_groups(group);
  for (Session* subscriber : subscribers_) subscriber->catch_up(*this);
}

void TrackRoute::set_muted(bool muted) {
  info_.description.muted = muted;
  track_.set_muted(muted);
}

void TrackRoute::add(Session& subscriber) {
  if (std::ranges::find(subscribers_, &subscriber) == subscribers_.end()) {
    subscribers_.push_back(&subscriber);
  }
}

void TrackRoute::remove(Session& subscriber) { std::erase(subscribers_, &subscriber); }

void TrackRoute::rungs(media::EncodingId largest, media::Time now,
                       std::vector<media::Rung>& out) const {
  const auto& encodings = info_.description.video.encodings;
  for (const signaling::EncodingInfo& each : encodings) {
    const media::EncodingId encoding{each.encoding};
    if (track_.live(encoding)) {
      const double announced = static_cast<double>(each.bitrate_bps) / 8;
      out.push_back(
          {.encoding = encoding,
           .bytes_per_second = track_.bytes_per_second(encoding, now).value_or(announced)});
    }
    if (encoding == largest) break;
  }
  if (out.empty()) out.push_back({.encoding = media::EncodingId{encodings.front().encoding}});
}

void TrackRoute::request_keyframe(media::EncodingId encoding, metrics::KeyframeCause cause,
                                  media::Time now) {
  if (track_.deadline() == media::Time::max()) keyframe_cause_ = cause;
  track_.request_keyframe(encoding);
  ask_publisher(now);
}

void TrackRoute::ask_publisher(media::Time now) {
  std::vector<media::EncodingId> wanted;
  track_.poll_keyframe_requests(now, wanted);
  for (const media::EncodingId encoding : wanted) {
    if (remote()) {
      shard_.port.send(publisher_shard_, KeyframeAsked{.room = room_,
                                                       .track = info_.handle,
                                                       .encoding = encoding,
                                                       .cause = keyframe_cause_});
    } else if (publisher_ != nullptr) {
      shard_.metrics.keyframe_requests[keyframe_cause_].add();
      publisher_->send_control(
          {.body = signaling::KeyframeOrder{.track = info_.track,
                                            .encoding = static_cast<std::uint8_t>(encoding)}});
    }
  }
  shard_.wheel.schedule(keyframe_timer_, track_.deadline());
}

}  // namespace sluice::sfu
