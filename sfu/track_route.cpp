#include "sfu/track_route.h"

#include <algorithm>
#include <utility>

#include "media/frame_order.h"
#include "sfu/metric_kinds.h"
#include "sfu/outgoing_frame.h"
#include "sfu/pump_queue.h"
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
      offered_{shard.flight, track_.kind(),
               std::max<std::size_t>(info_.description.video.encodings.size(), 1)},
      // Sound has no groups: whoever comes begins with the next frame.
      awaits_group_{remote() && kind() == media::MediaKind::kVideo},
      keyframe_timer_{[this](media::Time now) { ask_publisher(now); }},
      demand_{std::max<std::size_t>(info_.description.video.encodings.size(), 1)},
      demand_timer_{[this](media::Time now) { settle_demand(now); }} {
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

void TrackRoute::receive_from_lane(const media::FrameRef& frame) {
  over_lanes_ = true;
  receive(frame);
}

void TrackRoute::receive(const media::FrameRef& frame) {
  if (over_lanes_) {
    const media::FrameNumber number = frame->description.number;
    if (newest_over_lanes_ && !media::is_newer(number, *newest_over_lanes_)) return;
    newest_over_lanes_ = number;
  }
  // Before the frame is part of the group: it follows on its own.
  if (!outlets_.empty()) settle_groups();
  track_.on_frame(frame);
  offered_.note(*frame);
  if (large()) {
    deliver_to_many(frame);
  } else {
    for (Session* subscriber : subscribers_) subscriber->deliver(frame);
  }
  for (Outlet& outlet : outlets_) cross(outlet, frame);
}

bool TrackRoute::large() const { return subscribers_.size() > PumpQueue::kLargeRoom; }

void TrackRoute::deliver_to_many(const media::FrameRef& frame) {
  using Answer = media::InStep::Answer;
  const OutgoingFrame outgoing{frame, shard_.now};
  note(outgoing.record());
  std::size_t sent = 0;
  // Whom a pump finds gone is still in the list: sessions leave their routes at the end of a turn.
  for (std::size_t begin = 0; begin < subscribers_.size(); begin += PumpQueue::kBatch) {
    const std::size_t end = std::min(subscribers_.size(), begin + PumpQueue::kBatch);
    for (std::size_t index = begin; index < end; ++index) {
      if (index + 2 < subscribers_.size()) subscribers_[index + 2]->expect_frame();
      if (index + 1 < subscribers_.size()) subscribers_[index + 1]->expect_frame_next();
      Session& subscriber = *subscribers_[index];
      const Answer answer = subscriber.send_in_step(outgoing);
      if (answer == Answer::kAsk) subscriber.deliver(frame);
      if (answer == Answer::kSend) ++sent;
    }
    shard_.pump_queue.pump_all();
  }
  count_sent(outgoing, sent);
}

void TrackRoute::count_sent(const OutgoingFrame& frame, std::size_t times) {
  if (times == 0) return;
  const media::FrameDescription& description = frame.frame()->description;
  shard_.metrics.bytes_sent[byte_kind(kind())].add(
      times * (media::chunk_header_size(description) + description.length));
  const auto age = frame.now() - frame.frame()->arrival;
  shard_.metrics.queue_age(frame_kind(kind()))
      .observe(std::chrono::duration<double>(age).count(), times);
}

void TrackRoute::note(const media::FrameLog::Record& frame) {
  const auto found = std::ranges::find(logs_, frame.description.encoding, &EncodingLog::encoding);
  EncodingLog& log = found != logs_.end()
                         ? *found
                         : logs_.emplace_back(EncodingLog{.encoding = frame.description.encoding});
  if (!log.frames.follows(frame.description.number)) {
    // The log begins anew, so nobody may need it any more.
    for (Session* subscriber : subscribers_) subscriber->step_out();
  }
  log.frames.add(frame);
}

const media::FrameLog& TrackRoute::log(media::EncodingId encoding) const {
  return std::ranges::find(logs_, encoding, &EncodingLog::encoding)->frames;
}

media::FrameNumber TrackRoute::next_in_step() const {
  return logs_.empty() ? media::FrameNumber{} : logs_.front().frames.next();
}

void TrackRoute::cross(Outlet& outlet, const media::FrameRef& frame) {
  if (!outlet.owed_group &&
      shard_.port.offer(outlet.shard, {.room = room_, .track = info_.handle, .frame = frame})) {
    shard_.metrics.shard_frames[frame_kind(kind())].add();
    return;
  }
  // The shard is behind by a whole ring. Nothing waits for it; its subscribers go on from the group
  // that precedes the next frame, or ask for a keyframe where that does not help.
  shard_.metrics.shard_frames_dropped[frame_kind(kind())].add();
  outlet.owed_group = kind() == media::MediaKind::kVideo;
}

void TrackRoute::add_shard(ShardIndex shard) {
  if (std::ranges::find(outlets_, shard, &Outlet::shard) != outlets_.end()) return;
  outlets_.push_back({.shard = shard, .owed_group = kind() == media::MediaKind::kVideo});
}

void TrackRoute::remove_shard(ShardIndex shard, media::Time now) {
  set_wanted_on(shard, 0, now);
  std::erase_if(outlets_, [&](const Outlet& outlet) { return outlet.shard == shard; });
}

void TrackRoute::set_wanted_on(ShardIndex shard, std::size_t wanted, media::Time now) {
  const auto outlet = std::ranges::find(outlets_, shard, &Outlet::shard);
  if (outlet != outlets_.end()) change_wanted(std::exchange(outlet->wanted, wanted), wanted, now);
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

std::size_t TrackRoute::encodings_up_to(media::EncodingId largest) const {
  const auto& encodings = info_.description.video.encodings;
  const auto larger = std::ranges::find_if(encodings, [&](const signaling::EncodingInfo& each) {
    return media::EncodingId{each.encoding} > largest;
  });
  return std::max<std::size_t>(static_cast<std::size_t>(larger - encodings.begin()), 1);
}

void TrackRoute::change_wanted(std::size_t before, std::size_t after, media::Time now) {
  if (before == after) return;
  wanted_.change(before, after);
  settle_demand(now);
}

void TrackRoute::settle_demand(media::Time now) {
  // There is nothing to leave out of one encoding.
  if (info_.description.video.encodings.size() < 2) return;
  const std::size_t wanted = wanted_.most();
  if (remote()) {
    if (std::exchange(wanted_told_, wanted) == wanted) return;
    shard_.port.send(
        publisher_shard_,
        EncodingsWanted{
            .room = room_, .track = info_.handle, .from = shard_.port.self(), .wanted = wanted});
    return;
  }
  demand_.want(wanted, now);
  if (demand_.poll(now)) tell_publisher_demand();
  shard_.wheel.schedule(demand_timer_, demand_.deadline());
}

void TrackRoute::tell_publisher_demand() {
  if (publisher_ == nullptr) return;
  signaling::Demand demand{.track = info_.track, .encodings = {}};
  for (std::size_t index = 0; index < demand_.encodings(); ++index) {
    demand.encodings.push_back(info_.description.video.encodings[index].encoding);
  }
  publisher_->send_control({.body = std::move(demand)});
}

}  // namespace sluice::sfu
