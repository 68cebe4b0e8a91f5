#include "media/egress.h"

#include <algorithm>
#include <utility>

namespace sluice::media {
namespace {

/// After sound had to be left out, not all of it may fit for so long.
constexpr Duration kSoundShort = std::chrono::seconds{2};

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
  const auto found = std::ranges::find_if(subscriptions_, [&](const Subscription& subscription) {
    return subscription.track == track;
  });
  return found == subscriptions_.end() ? nullptr : &*found;
}

const Egress::Subscription* Egress::find(TrackHandle track) const {
  return const_cast<Egress*>(this)->find(track);
}

bool Egress::subscribe(TrackHandle track, const SubscriptionSettings& settings) {
  Subscription* subscription = find(track);
  if (subscription == nullptr) {
    if (subscriptions_.size() == bounds_.tracks_max) return false;
    subscriptions_.push_back({
        .track = track,
        .settings = settings,
        .audio = AudioQueue{settings.latency_budget},
        .video = VideoStream{bounds_.video, settings.latency_budget},
        .virtual_time = virtual_now_,
    });
    subscription = &subscriptions_.back();
    subscription->video.current().set_encoding(settings.encoding);
    if (settings.simulcast) ++simulcast_tracks_;
    if (settings.kind == MediaKind::kVideo) ++video_tracks_;
  }
  subscription->settings = settings;
  subscription->audio.set_latency_budget(settings.latency_budget);
  subscription->video.set_latency_budget(settings.latency_budget);
  subscription->video.set_max_temporal_layer(settings.max_temporal_layer);
  if (!settings.simulcast) subscription->video.current().set_encoding(settings.encoding);
  if (settings.hidden) {
    flush(track);
    subscription->video.current().resume();
  }
  return true;
}

void Egress::unsubscribe(TrackHandle track) {
  const Subscription* const gone = find(track);
  if (gone == nullptr) return;
  if (gone->settings.simulcast) --simulcast_tracks_;
  if (gone->settings.kind == MediaKind::kVideo) --video_tracks_;
  flush(track);
  std::erase_if(subscriptions_, [&](const Subscription& each) { return each.track == track; });
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
  if (simulcast_tracks_ > 0 && !subscription->settings.simulcast) {
    other_.add(frame->description.length, frame->arrival);
  }
  if (subscription->settings.kind == MediaKind::kAudio) {
    subscription->audio.push(frame, counters_);
    if (judging_) {
      const std::size_t header = chunk_header_size(frame->description);
      sound_.add(header + frame->description.length, frame->arrival);
    }
    return;
  }
  catch_up_share(*subscription);
  subscription->video.push(frame, counters_);
}

std::optional<InStep::Track> Egress::step_of(TrackHandle track, FrameNumber next_sound,
                                             const LinkEstimate& link) const {
  const Subscription* const subscription = find(track);
  if (subscription == nullptr || subscription->settings.hidden || judging_) return std::nullopt;
  const bool video = subscription->settings.kind == MediaKind::kVideo;
  auto step = video
                  ? subscription->video.step(link)
                  : InStep::track_within(subscription->audio.age_most(link), {.next = next_sound});
  if (step) step->track = track;
  return step;
}

void Egress::sent_in_step(const FrameLog::Record& frame) {
  Subscription& subscription = *find(frame.description.track);
  const std::uint32_t bytes = frame.description.length;
  if (simulcast_tracks_ > 0 && !subscription.settings.simulcast) other_.add(bytes, frame.arrival);
  if (frame.kind == MediaKind::kAudio) {
    auto& sent = counters_.of(MediaKind::kAudio);
    ++sent.frames_sent;
    sent.bytes_sent += bytes;
    return;
  }
  catch_up_share(subscription);
  subscription.video.current().sent_in_step(frame, counters_);
  charge(subscription, bytes);
}

void Egress::charge(Subscription& subscription, std::uint32_t bytes) {
  virtual_now_ = subscription.virtual_time;
  subscription.virtual_time += static_cast<double>(bytes) / weight_of(subscription.settings);
}

void Egress::catch_up_share(Subscription& subscription) const {
  if (!subscription.video.current().empty()) return;
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
  return !control_.empty() ||
         std::ranges::any_of(subscriptions_, [](const Subscription& subscription) {
           return !subscription.audio.empty();
         });
}

bool Egress::video_waiting() const {
  return std::ranges::any_of(subscriptions_, [](const Subscription& subscription) {
    const VideoStream& video = subscription.video;
    return !video.current().empty() || video.owes_abandon_mark() || video.background_waiting();
  });
}

std::size_t Egress::video_bytes_waiting() const {
  std::size_t bytes = 0;
  for (const Subscription& subscription : subscriptions_)
    bytes += subscription.video.current().bytes();
  return bytes;
}

void Egress::sync_wanted(Time now, std::vector<SyncWanted>& out) const {
  for (const Subscription& subscription : subscriptions_) {
    if (subscription.settings.hidden || subscription.settings.kind != MediaKind::kVideo) continue;
    const VideoStream& video = subscription.video;
    for (const auto encoding :
         {video.current().wants_keyframe(now), video.upcoming_wants_keyframe(now)}) {
      if (encoding) out.push_back({.track = subscription.track, .encoding = *encoding});
    }
  }
}

bool Egress::wants_sync() const {
  return std::ranges::any_of(subscriptions_, [](const Subscription& subscription) {
    return !subscription.settings.hidden && subscription.settings.kind == MediaKind::kVideo &&
           subscription.video.current().wants_keyframe(Time::max());
  });
}

bool Egress::starved(TrackHandle track) const {
  const Subscription* const subscription = find(track);
  if (subscription == nullptr) return false;
  const VideoQueue& video = subscription->video.current();
  return video.paused() || video.starved();
}

std::optional<Departure> Egress::next(Time now, const LinkEstimate& link, bool may_send_video) {
  if (!control_.empty()) {
    Departure departure{.control = std::move(control_.front())};
    control_.pop_front();
    control_bytes_ -= departure.control->size();
    // Who joins a large room is told of many others once, and of few ever after.
    if (control_.empty()) control_.release_memory();
    return departure;
  }
  if (link.congested && video_tracks_ > 1) judging_ = true;
  if (auto departure = next_audio(now, link)) return departure;
  if (!may_send_video) return std::nullopt;
  return next_video(now, link);
}

std::optional<Departure> Egress::next_audio(Time now, const LinkEstimate& link) {
  const bool loudest_first = now < sound_short_until_;
  const auto goes_before = [loudest_first](const AudioQueue& left, const AudioQueue& right) {
    if (loudest_first && left.precedence() != right.precedence())
      return left.precedence() > right.precedence();
    return left.head_deadline() < right.head_deadline();
  };
  Subscription* first = nullptr;
  for (Subscription& subscription : subscriptions_) {
    AudioQueue& audio = subscription.audio;
    if (audio.expire(now, link, counters_)) sound_short_until_ = now + kSoundShort;
    if (audio.empty()) continue;
    if (first == nullptr || goes_before(audio, first->audio)) first = &subscription;
  }
  if (first == nullptr) return std::nullopt;
  FrameRef frame = first->audio.take(counters_);
  const std::uint32_t bytes = frame->description.length;
  return departure_of({.frame = std::move(frame), .offset = 0, .bytes = bytes});
}

LinkEstimate Egress::share_of(const Subscription& subscription, const LinkEstimate& link) const {
  LinkEstimate share = link;
  if (!share.bytes_per_second) return share;
  double weights = 0;
  for (const Subscription& other : subscriptions_) {
    if (!other.video.current().empty()) weights += weight_of(other.settings);
  }
  if (weights > 0) *share.bytes_per_second *= weight_of(subscription.settings) / weights;
  return share;
}

bool Egress::goes_before(const Subscription& left, const Subscription& right) {
  const auto layer = [](const Subscription& subscription) {
    return subscription.video.current().head().description.temporal_layer;
  };
  if (layer(left) != layer(right)) return layer(left) < layer(right);
  const bool left_begun = left.video.current().head_started();
  if (left_begun != right.video.current().head_started()) return left_begun;
  return left.virtual_time < right.virtual_time;
}

bool Egress::keyframe_goes_before(const Subscription& left, const Subscription& right) {
  const bool left_begun = left.video.current().head_started();
  if (left_begun != right.video.current().head_started()) return left_begun;
  if (left.settings.priority != right.settings.priority) {
    return left.settings.priority > right.settings.priority;
  }
  return left.virtual_time < right.virtual_time;
}

std::optional<Departure> Egress::next_video(Time now, const LinkEstimate& link) {
  Subscription* first = nullptr;
  Subscription* keyframe = nullptr;
  for (Subscription& subscription : subscriptions_) {
    VideoQueue& video = subscription.video.current();
    if (!video.empty()) video.thin(now, share_of(subscription, link), counters_);
    if (auto abandoned = subscription.video.take_abandoned()) {
      return departure_of(*std::move(abandoned));
    }
    if (video.empty()) continue;
    if (video.head().description.keyframe) {
      const bool before = keyframe == nullptr || keyframe_goes_before(subscription, *keyframe);
      if (before) keyframe = &subscription;
    } else if (first == nullptr || goes_before(subscription, *first)) {
      first = &subscription;
    }
  }
  // A keyframe takes long: the base frames of the others go on beside it, by their shares.
  const bool keyframe_first = first == nullptr || !is_base(*first) ||
                              (keyframe != nullptr && keyframe->virtual_time < first->virtual_time);
  if (keyframe != nullptr && keyframe_first) first = keyframe;
  if (first == nullptr) return next_background(link);
  VideoQueue::Piece piece = first->video.current().take(link.chunk_bytes, counters_);
  charge(*first, piece.bytes);
  return departure_of(std::move(piece));
}

std::optional<Departure> Egress::next_background(const LinkEstimate& link) {
  if (simulcast_tracks_ == 0 && !trying_pause_) return std::nullopt;
  for (Subscription& subscription : subscriptions_) {
    if (!subscription.video.background_waiting()) continue;
    return departure_of(subscription.video.take_background(link.chunk_bytes, counters_));
  }
  return std::nullopt;
}

EncodingId Egress::encoding_of(TrackHandle track) const {
  const Subscription* const subscription = find(track);
  return subscription == nullptr ? EncodingId{} : subscription->video.current().encoding();
}

bool Egress::is_base(const Subscription& subscription) {
  return subscription.video.current().head().description.temporal_layer == 0;
}

Departure Egress::departure_of(VideoQueue::Piece piece) {
  const Frame& frame = *piece.frame;
  return {.header = chunk_header_of(frame.description, piece.offset, piece.bytes),
          .frame = std::move(piece.frame),
          .payload = frame.payload().subspan(piece.offset, piece.bytes)};
}

}  // namespace sluice::media
