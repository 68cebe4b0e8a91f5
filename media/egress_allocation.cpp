// What of its tracks a subscriber is sent: which encoding of each, and which are paused.

#include <algorithm>

#include "media/egress.h"
#include "media/flight_recorder.h"

namespace sluice::media {
namespace {

EncodingChange change_of(const LayerAllocator::Order& order, const VideoStream& video) {
  const bool ascending = video.ascent() != VideoStream::Ascent::kNone;
  EncodingChange change{.track = order.track,
                        .from = video.current().encoding(),
                        .to = ascending ? video.ascending_to() : order.encoding};
  switch (order.action) {
    case LayerAllocator::Action::kSwitch:
      change.to = order.encoding;
      change.step = EncodingStep::kSwitch;
      break;
    case LayerAllocator::Action::kTry:
      change.step = EncodingStep::kTry;
      break;
    case LayerAllocator::Action::kFetch:
      change.step = EncodingStep::kFetch;
      break;
    case LayerAllocator::Action::kCommit:
      change.step = EncodingStep::kCommit;
      break;
    case LayerAllocator::Action::kAbort:
      change.step = EncodingStep::kAbort;
      break;
  }
  return change;
}

}  // namespace

LayerAllocator::Track Egress::standing_of(Subscription& subscription, const Ladder& ladder,
                                          const LinkEstimate& link, Time now) {
  constexpr double kKept = 0.95;
  VideoStream& video = subscription.video;
  const VideoQueue::Toll toll = video.current().take_toll();
  subscription.offered = kKept * subscription.offered + toll.offered;
  subscription.left_out = kKept * subscription.left_out + toll.left_out;
  const bool ascending = video.ascent() != VideoStream::Ascent::kNone;
  return {
      .track = subscription.track,
      .priority = subscription.settings.priority,
      .rungs = ladder.rungs,
      .asked = video.current().encoding(),
      .settled = video.current().settled(),
      .ascent = video.ascent(),
      .ascending_to = ascending ? video.ascending_to() : EncodingId{},
      .ascent_began = video.ascent_began(),
      .trial_lag = video.trial_lag(now),
      .ready = video.ready(),
      .bytes_to_present = video.bytes_to_present(),
      .left_out_share = subscription.offered < 1 ? 0 : subscription.left_out / subscription.offered,
      .base_late = video.current().base_late(now, link),
  };
}

void Egress::allocate(std::span<const Ladder> ladders, const LinkEstimate& link, Time now) {
  standing_.clear();
  if (judging_ && pauses_.due(now)) judge_pauses(ladders, link, now);
  if (simulcast_tracks_ == 0 || !allocator_.due(now)) return;
  for (const Ladder& ladder : ladders) {
    Subscription* const subscription = find(ladder.track);
    if (subscription == nullptr || ladder.rungs.empty()) continue;
    if (subscription->video.current().paused()) continue;
    standing_.push_back(standing_of(*subscription, ladder, link, now));
  }
  orders_.clear();
  allocator_.decide(standing_,
                    {.link = link,
                     .other_bytes_per_second = other_.bytes_per_second(now).value_or(0),
                     .sent_bytes = counters_.bytes_sent(),
                     .trial_elsewhere = trying_pause_},
                    now, orders_);
  for (const LayerAllocator::Order& order : orders_) carry_out(order, now);
}

bool Egress::ascending_shown(const Subscription& subscription) {
  return !subscription.video.current().paused() &&
         subscription.video.ascent() != VideoStream::Ascent::kNone;
}

std::optional<TrackPauses::Track> Egress::pausable(const Subscription& subscription,
                                                   std::span<const Ladder> ladders,
                                                   const LinkEstimate& link, Time now) const {
  const SubscriptionSettings& settings = subscription.settings;
  if (settings.kind == MediaKind::kAudio || settings.hidden) return std::nullopt;
  const VideoQueue& video = subscription.video.current();
  const bool ascending = subscription.video.ascent() != VideoStream::Ascent::kNone;
  TrackPauses::Track track{.track = subscription.track,
                           .priority = settings.priority,
                           .base_bytes_per_second = video.base_bytes_per_second(now),
                           .in_trouble = video.in_trouble(now, link),
                           .live = video.settled() && !video.wants_keyframe(Time::max()),
                           .trial_lag = subscription.video.trial_lag(now),
                           .resumed = subscription.resumed,
                           .paused = video.paused(),
                           .tried = video.paused() && ascending};
  const auto ladder = std::ranges::find(ladders, subscription.track, &Ladder::track);
  if (!settings.simulcast || ladder == ladders.end() || ladder->rungs.empty()) return track;
  const Rung& least = ladder->rungs.front();
  track.smallest = video.encoding() == least.encoding;
  if (track.smallest || !track.base_bytes_per_second) return track;
  // The base layer's part of the smallest is taken for what it is of the one that is shown.
  const auto shown = std::ranges::find(ladder->rungs, video.encoding(), &Rung::encoding);
  if (shown != ladder->rungs.end() && shown->bytes_per_second > 0) {
    *track.base_bytes_per_second *= least.bytes_per_second / shown->bytes_per_second;
  }
  return track;
}

void Egress::judge_pauses(std::span<const Ladder> ladders, const LinkEstimate& link, Time now) {
  pausable_.clear();
  for (const Subscription& each : subscriptions_) {
    if (const auto track = pausable(each, ladders, link, now)) pausable_.push_back(*track);
  }
  pauses_.decide(pausable_,
                 {.link = link,
                  .sound_bytes_per_second = sound_.bytes_per_second(now).value_or(0),
                  .sent_bytes = counters_.bytes_sent(),
                  .trial_elsewhere = std::ranges::any_of(subscriptions_, ascending_shown)},
                 now);
  bool any = false;
  trying_pause_ = false;
  for (const TrackPauses::Track& track : pausable_) {
    Subscription& subscription = *find(track.track);
    any = any || track.paused;
    trying_pause_ = trying_pause_ || track.tried;
    subscription.resumed = track.resumed;
    VideoStream& video = subscription.video;
    const bool was_tried = video.current().paused() && video.ascent() != VideoStream::Ascent::kNone;
    if (was_tried && !track.tried) video.abort(counters_);
    if (!was_tried && track.tried) video.begin_trial(video.current().encoding(), now);
    if (video.current().paused() == track.paused) continue;
    if (!track.paused) {
      catch_up_share(subscription);
      video.current().resume();
      continue;
    }
    const auto ladder = std::ranges::find(ladders, track.track, &Ladder::track);
    const bool smaller = ladder != ladders.end() && !ladder->rungs.empty();
    video.pause(smaller ? ladder->rungs.front().encoding : video.current().encoding(), counters_);
    subscription.offered = subscription.left_out = 0;
  }
  judging_ = any || (link.congested && video_tracks_ > 1);
}

void Egress::carry_out(const LayerAllocator::Order& order, Time now) {
  Subscription& subscription = *find(order.track);
  VideoStream& video = subscription.video;
  if (counters_.recorder != nullptr) counters_.recorder->record(change_of(order, video));
  switch (order.action) {
    case LayerAllocator::Action::kSwitch:
      video.abort(counters_);
      video.current().set_encoding(order.encoding);
      break;
    case LayerAllocator::Action::kTry:
      video.begin_trial(order.encoding, now);
      break;
    case LayerAllocator::Action::kFetch:
      video.begin_fetch(order.encoding, now, counters_);
      break;
    case LayerAllocator::Action::kCommit:
      video.commit(counters_);
      break;
    case LayerAllocator::Action::kAbort:
      video.abort(counters_);
      break;
  }
  const bool switched = order.action == LayerAllocator::Action::kSwitch ||
                        order.action == LayerAllocator::Action::kCommit;
  if (switched) subscription.offered = subscription.left_out = 0;
}

}  // namespace sluice::media
