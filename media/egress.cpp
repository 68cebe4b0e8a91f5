#include "media/egress.h"

#include <algorithm>

namespace sluice::media {
namespace {

double weight_of(const SubscriptionSettings& settings) {
  return std::max<double>(settings.priority, 1);
}

}  // namespace

bool Egress::push_control(std::shared_ptr<const std::string> message) {
  if (control_bytes_ + message->size() > bounds_.control_bytes_max) return false;
  control_bytes_ += message->size();
  control_.push_back(std::move(message));
  return true;
}

Egress::Subscription* Egress::find(TrackHandle track) {
  const auto found = std::ranges::find_if(
      subscriptions_, [&](const auto& subscription) { return subscription->track == track; });
  return found == subscriptions_.end() ? nullptr : found->get();
}

const Egress::Subscription* Egress::find(TrackHandle track) const {
  return const_cast<Egress*>(this)->find(track);
}

bool Egress::subscribe(TrackHandle track, const SubscriptionSettings& settings) {
  Subscription* subscription = find(track);
  if (subscription == nullptr) {
    if (subscriptions_.size() == bounds_.tracks_max) return false;
    subscriptions_.push_back(std::make_unique<Subscription>(Subscription{
        .track = track,
        .settings = settings,
        .audio = AudioQueue{settings.latency_budget},
        .video = VideoQueue{bounds_.video, settings.latency_budget},
        .virtual_time = virtual_now_,
    }));
    subscription = subscriptions_.back().get();
  }
  subscription->settings = settings;
  subscription->audio.set_latency_budget(settings.latency_budget);
  subscription->video.set_latency_budget(settings.latency_budget);
  subscription->video.set_max_temporal_layer(settings.max_temporal_layer);
  subscription->video.set_encoding(settings.encoding);
  if (settings.hidden) flush(track);
  return true;
}

void Egress::unsubscribe(TrackHandle track) {
  flush(track);
  std::erase_if(subscriptions_,
                [&](const auto& subscription) { return subscription->track == track; });
}

void Egress::flush(TrackHandle track) {
  Subscription* const subscription = find(track);
  if (subscription == nullptr) return;
  subscription->audio.clear(LeftOut::kThinned, counters_);
  subscription->video.clear(LeftOut::kThinned, counters_);
}

void Egress::push(const FrameRef& frame) {
  Subscription* const subscription = find(frame->description.track);
  if (subscription == nullptr || subscription->settings.hidden) return;
  if (subscription->settings.kind == MediaKind::kAudio) {
    subscription->audio.push(frame, counters_);
    return;
  }
  catch_up_share(*subscription);
  subscription->video.push(frame, counters_);
}

void Egress::catch_up_share(Subscription& subscription) const {
  if (!subscription.video.empty()) return;
  subscription.virtual_time = std::max(subscription.virtual_time, virtual_now_);
}

bool Egress::push_group(TrackHandle track, std::span<const FrameRef> group,
                        const LinkEstimate& link) {
  Subscription* const subscription = find(track);
  if (subscription == nullptr || subscription->settings.hidden || group.empty()) return false;
  catch_up_share(*subscription);
  return subscription->video.push_group(group, share_of(*subscription, link), counters_);
}

bool Egress::urgent_waiting() const {
  return !control_.empty() || std::ranges::any_of(subscriptions_, [](const auto& subscription) {
    return !subscription->audio.empty();
  });
}

bool Egress::video_waiting() const {
  return std::ranges::any_of(subscriptions_, [](const auto& subscription) {
    return !subscription->video.empty() || subscription->video.owes_abandon_mark();
  });
}

std::size_t Egress::video_bytes_waiting() const {
  std::size_t bytes = 0;
  for (const auto& subscription : subscriptions_) bytes += subscription->video.bytes();
  return bytes;
}

void Egress::sync_wanted(Time now, std::vector<SyncWanted>& out) const {
  for (const auto& subscription : subscriptions_) {
    if (subscription->settings.hidden || subscription->settings.kind != MediaKind::kVideo) continue;
    if (const auto encoding = subscription->video.wants_keyframe(now)) {
      out.push_back({.track = subscription->track, .encoding = *encoding});
    }
  }
}

bool Egress::starved(TrackHandle track) const {
  const Subscription* const subscription = find(track);
  return subscription != nullptr && subscription->video.starved();
}

std::optional<Departure> Egress::next(Time now, const LinkEstimate& link, bool may_send_video) {
  if (!control_.empty()) {
    Departure departure{.control = std::move(control_.front())};
    control_.pop_front();
    control_bytes_ -= departure.control->size();
    return departure;
  }
  if (auto departure = next_audio(now, link)) return departure;
  if (!may_send_video) return std::nullopt;
  return next_video(now, link);
}

std::optional<Departure> Egress::next_audio(Time now, const LinkEstimate& link) {
  Subscription* earliest = nullptr;
  for (const auto& subscription : subscriptions_) {
    subscription->audio.expire(now, link.one_way_delay, counters_);
    if (subscription->audio.empty()) continue;
    if (earliest == nullptr ||
        subscription->audio.head_deadline() < earliest->audio.head_deadline()) {
      earliest = subscription.get();
    }
  }
  if (earliest == nullptr) return std::nullopt;
  const FrameRef frame = earliest->audio.take(counters_);
  return departure_of({.frame = frame, .offset = 0, .bytes = frame->description.length});
}

LinkEstimate Egress::share_of(const Subscription& subscription, const LinkEstimate& link) const {
  LinkEstimate share = link;
  if (!share.bytes_per_second) return share;
  double weights = 0;
  for (const auto& other : subscriptions_) {
    if (!other->video.empty()) weights += weight_of(other->settings);
  }
  if (weights > 0) *share.bytes_per_second *= weight_of(subscription.settings) / weights;
  return share;
}

bool Egress::goes_before(const Subscription& left, const Subscription& right) {
  const auto layer = [](const Subscription& subscription) {
    const FrameDescription& head = subscription.video.head().description;
    return head.keyframe ? 0 : head.temporal_layer;
  };
  if (layer(left) != layer(right)) return layer(left) < layer(right);
  if (left.video.head_started() != right.video.head_started()) return left.video.head_started();
  return left.virtual_time < right.virtual_time;
}

std::optional<Departure> Egress::next_video(Time now, const LinkEstimate& link) {
  Subscription* first = nullptr;
  for (const auto& subscription : subscriptions_) {
    VideoQueue& video = subscription->video;
    if (!video.empty()) video.thin(now, share_of(*subscription, link), counters_);
    if (const auto abandoned = video.take_abandoned()) return departure_of(*abandoned);
    if (video.empty()) continue;
    if (first == nullptr || goes_before(*subscription, *first)) first = subscription.get();
  }
  if (first == nullptr) return std::nullopt;
  const VideoQueue::Piece piece = first->video.take(link.chunk_bytes, counters_);
  virtual_now_ = first->virtual_time;
  first->virtual_time += static_cast<double>(piece.bytes) / weight_of(first->settings);
  return departure_of(piece);
}

Departure Egress::departure_of(const VideoQueue::Piece& piece) {
  const FrameDescription& description = piece.frame->description;
  const bool abandoned = piece.bytes == 0;
  Departure departure{
      .header = {.track = description.track,
                 .encoding = description.encoding,
                 .temporal_layer = description.temporal_layer,
                 .frame = description.number,
                 .offset = piece.offset,
                 .last = !abandoned && piece.last(),
                 .abandon = abandoned,
                 .keyframe = description.keyframe,
                 .discardable = description.discardable},
      .frame = piece.frame,
      .payload = piece.frame->payload().subspan(piece.offset, piece.bytes),
  };
  if (piece.offset == 0 && !abandoned) departure.header.description = description;
  return departure;
}

}  // namespace sluice::media
