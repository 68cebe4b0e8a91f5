#include "media/video_queue.h"

#include <algorithm>

#include "media/invariant.h"

namespace sluice::media {
namespace {

/// An enhancement frame must be predicted to arrive within this share of the latency budget, the
/// upper layers within less. The rest is the base layer's: dropping only at the deadline makes
/// everything late (the domino effect of delivery.md: 3.5 % of video on time, against 50-70 % with
/// an early drop).
constexpr double kMiddleLayerShare = 0.5;
constexpr double kUpperLayersShare = 0.3;
/// But what the way itself takes is nobody's fault. Beyond it, an enhancement has so much less of
/// the budget than its share (nothing changes up to a round trip of 80 ms at 400 ms of budget), and
/// a base frame this share.
constexpr double kUsualWayShare = 0.1;
constexpr double kBaseRoomShare = 0.5;

/// From asking a publisher for a keyframe to its first byte here: its round trip and its encoder.
constexpr Duration kKeyframeAnswer = std::chrono::milliseconds{150};

constexpr Duration kLanDelay = std::chrono::milliseconds{1};
/// What 2 Mbit/s carry in `kKeyframeAnswer`: less than that of a chain is taken to any link.
constexpr std::size_t kUnknownLinkMost = 37'500;

/// Of a frame that nobody needs any more, so much is still sent rather than abandoned: the mark
/// and the wasted first part cost more.
constexpr std::uint32_t kNotWorthAbandoning = 2400;

/// A base layer of less than this share of the link is carried by it, beside sound and headers.
constexpr double kFits = 0.85;

/// Between the still pictures of a starved track: at first, and at most after doublings.
constexpr Duration kStarvedPauseLeast = std::chrono::seconds{1};
constexpr int kStarvedDoublingsMost = 2;

bool is_enhancement(const FrameDescription& description) {
  return description.temporal_layer > 0 && !description.keyframe;
}

}  // namespace

void VideoQueue::set_encoding(EncodingId encoding) { encoding_ = encoding; }

std::optional<EncodingId> VideoQueue::wants_keyframe(Time now) const {
  const bool wants = wants_sync_ || planned_.encoding() != encoding_;
  if (!wants || paused_ || now < sync_not_before_) return std::nullopt;
  return encoding_;
}

Time VideoQueue::deadline_of(const Frame& frame) const {
  return frame.arrival - frame.lateness + latency_budget_;
}

void VideoQueue::append(const FrameRef& frame, bool catch_up) {
  const FrameDescription& description = frame->description;
  planned_.mark(description);
  bytes_ += description.length;
  if (description.keyframe) last_keyframe_bytes_ = description.length;
  entries_.push_back({.frame = frame, .catch_up = catch_up});
}

template <typename Predicate>
void VideoQueue::leave_out(Predicate rule, LeftOut reason, EgressCounters& counters) {
  planned_ = sent_;
  entries_.remove_if([&](const Entry& entry) {
    const FrameDescription& description = entry.frame->description;
    // The rule sees every entry, also the begun one that it cannot remove: it may count them.
    const bool chosen = rule(entry) && entry.sent_bytes == 0;
    if (!chosen && planned_.decodable(description)) {
      planned_.mark(description);
      return false;
    }
    count(*entry.frame, chosen ? reason : LeftOut::kOrphaned, counters);
    bytes_ -= remaining(entry);
    return true;
  });
}

void VideoQueue::count(const Frame& frame, LeftOut reason, EgressCounters& counters) {
  counters.leave_out(frame, reason, deadline_of(frame), bytes_);
  if (reason != LeftOut::kSuperseded) ++toll_.left_out;
}

void VideoQueue::abandon_head(EgressCounters& counters) {
  const Entry& head = entries_.front();
  invariant(head.sent_bytes > 0 && !abandoned_, "one frame of a track is open at a time");
  abandoned_ = Piece{.frame = head.frame, .offset = head.sent_bytes, .bytes = 0};
  count(*head.frame, LeftOut::kAbandoned, counters);
  bytes_ -= remaining(head);
  entries_.pop_front();
  // What needed the abandoned frame goes with it.
  leave_out([](const Entry&) { return false; }, LeftOut::kOrphaned, counters);
}

bool VideoQueue::holds_keyframe() const {
  for (std::size_t index = 0; index < entries_.size(); ++index) {
    if (entries_[index].frame->description.keyframe) return true;
  }
  return false;
}

bool VideoQueue::full(std::size_t bytes) const {
  return !entries_.empty() &&
         (bytes_ + bytes > bounds_.bytes_max || entries_.size() >= bounds_.frames_max);
}

void VideoQueue::make_room(const FrameDescription& description, EgressCounters& counters) {
  const std::size_t bytes = description.length;
  if (full(bytes)) {
    leave_out([](const Entry& entry) { return is_enhancement(entry.frame->description); },
              LeftOut::kOverflowed, counters);
  }
  if (full(bytes) && !is_enhancement(description)) {
    leave_out([](const Entry& entry) { return !entry.frame->description.keyframe; },
              LeftOut::kOverflowed, counters);
    wants_sync_ = true;
  }
}

void VideoQueue::supersede(EgressCounters& counters) {
  // All that is not begun is worthless now. What is begun is finished: were a keyframe given up
  // for the next, a link slower than the keyframes come would never carry one.
  leave_out([](const Entry&) { return true; }, LeftOut::kSuperseded, counters);
  const bool worth_abandoning = head_started() && !head().description.keyframe &&
                                remaining(entries_.front()) > kNotWorthAbandoning;
  if (worth_abandoning) abandon_head(counters);
}

void VideoQueue::note_offered(const FrameDescription& description, Time arrival) {
  ++toll_.offered;
  if (!description.keyframe && !is_enhancement(description)) {
    base_.add(description.length, arrival);
  }
}

void VideoQueue::note_sent(const FrameDescription& description, EgressCounters& counters) {
  sent_.mark(description);
  ++counters.of(MediaKind::kVideo).frames_sent;
}

std::optional<InStep::Track> VideoQueue::step(const LinkEstimate& link) const {
  // While chains were given up, the next frame that is on time is news (`starved`).
  if (!empty() || abandoned_ || wants_sync_ || !settled() || give_ups_ > 0) return std::nullopt;
  // On time by the strictest rule of `thin`, so that this need not ask by which layer.
  const Duration age =
      age_most(UINT8_MAX, link) - link.one_way_delay - link.time_for(InStep::kFrameBytesMost);
  return InStep::track_within(
      age, {.next = sent_.newest() + 1,
            .encoding = encoding_,
            .reach = static_cast<std::uint8_t>(std::min<FrameNumber>(sent_.run(), UINT8_MAX)),
            .max_temporal_layer = max_temporal_layer_});
}

void VideoQueue::sent_in_step(const FrameLog::Record& frame, EgressCounters& counters) {
  const FrameDescription& description = frame.description;
  invariant(empty(), "whoever is in step has nothing queued");
  note_offered(description, frame.arrival);
  planned_.mark(description);
  begun_.note(description.encoding, description.number);
  counters.of(MediaKind::kVideo).bytes_sent += description.length;
  note_sent(description, counters);
}

void VideoQueue::push(const FrameRef& frame, EgressCounters& counters) {
  const FrameDescription& description = frame->description;
  const bool shown_encoding =
      description.encoding == encoding_ || description.encoding == planned_.encoding();
  if (!shown_encoding) return;
  if (description.temporal_layer > max_temporal_layer_) {
    // On purpose, also on the best of links: not for the recorder, which knows the settings.
    counters.leave_out(MediaKind::kVideo, LeftOut::kThinned);
    return;
  }
  note_offered(description, frame->arrival);
  if (paused_) {
    count(*frame, LeftOut::kExpired, counters);
    return;
  }
  if (description.keyframe) {
    supersede(counters);
    if (!planned_.decodable(description)) return;
    wants_sync_ = false;
    append(frame, false);
    return;
  }
  bool decodable = planned_.decodable(description);
  if (decodable && full(description.length)) {
    make_room(description, counters);
    decodable = planned_.decodable(description);
  }
  if (!decodable) {
    count(*frame, LeftOut::kOrphaned, counters);
    if (!is_enhancement(description)) wants_sync_ = true;
    return;
  }
  if (full(description.length)) {
    count(*frame, LeftOut::kOverflowed, counters);
    if (!is_enhancement(description)) wants_sync_ = true;
    return;
  }
  append(frame, false);
}

Duration VideoQueue::age_most(std::uint8_t layer, const LinkEstimate& link) const {
  const auto of_budget = [this](double share) {
    return std::chrono::duration_cast<Duration>(latency_budget_ * share);
  };
  if (layer == 0) return link.reachable(latency_budget_, of_budget(kBaseRoomShare));
  const double share = layer > 1 ? kUpperLayersShare : kMiddleLayerShare;
  return link.reachable(of_budget(share), of_budget(share - kUsualWayShare));
}

bool VideoQueue::late(const Entry& entry, Time arrival, const LinkEstimate& link) const {
  const FrameDescription& description = entry.frame->description;
  const std::uint8_t layer = is_enhancement(description) ? description.temporal_layer : 0;
  return arrival > entry.frame->arrival - entry.frame->lateness + age_most(layer, link);
}

bool VideoQueue::base_late(Time now, const LinkEstimate& link) const {
  if (empty()) return false;
  const Entry& head = entries_.front();
  return !head.catch_up && !is_enhancement(head.frame->description) &&
         late(head, now + link.one_way_delay, link);
}

bool VideoQueue::base_fits(const LinkEstimate& link, Time now) const {
  const auto base = base_.bytes_per_second(now);
  return base && link.bytes_per_second && *base < kFits * *link.bytes_per_second;
}

bool VideoQueue::keyframe_is_quicker(std::size_t chain_bytes, const LinkEstimate& link,
                                     Time now) const {
  if (!link.bytes_per_second && !link.congested) {
    // Nothing has shown yet what the link carries. On a LAN the chain, which is here already, is
    // there before a keyframe could be asked for; elsewhere it may be seconds long.
    const bool lan = link.one_way_delay < kLanDelay;
    return !lan && chain_bytes > last_keyframe_bytes_ + kUnknownLinkMost;
  }
  if (!link.bytes_per_second) return chain_bytes > last_keyframe_bytes_;
  const Duration keyframe = kKeyframeAnswer + link.time_for(last_keyframe_bytes_);
  if (!base_fits(link, now)) return link.time_for(chain_bytes) > keyframe;
  // Meanwhile the base layer goes on and must be caught up with: a keyframe that is asked for each
  // time the chain is late would make it later.
  const double meanwhile =
      base_.bytes_per_second(now).value_or(0) * static_cast<double>(keyframe.count()) / 1e6;
  return link.time_for(chain_bytes) > keyframe + link.time_for(static_cast<std::size_t>(meanwhile));
}

bool VideoQueue::push_group(std::span<const FrameRef> group, const LinkEstimate& link,
                            EgressCounters& counters) {
  if (paused_) return false;
  std::size_t chain_bytes = 0;
  DependencyTracker chain = planned_;
  const auto helps = [this](const DependencyTracker& tracker, const Frame& frame) {
    return tracker.decodable(frame.description) &&
           begun_.may_begin(frame.description.encoding, frame.description.number);
  };
  for (const FrameRef& frame : group) {
    if (!helps(chain, *frame)) continue;
    chain.mark(frame->description);
    chain_bytes += frame->description.length;
    // A receiver that never had this keyframe would have to wait for one just as large.
    if (frame->description.keyframe) last_keyframe_bytes_ = frame->description.length;
  }
  if (chain_bytes == 0) return false;
  if (keyframe_is_quicker(chain_bytes, link, group.back()->arrival)) return false;
  for (const FrameRef& frame : group) {
    if (!helps(planned_, *frame)) continue;
    if (frame->description.keyframe) supersede(counters);
    make_room(frame->description, counters);
    if (full(frame->description.length) || !planned_.decodable(frame->description)) return false;
    append(frame, true);
    ++toll_.offered;
  }
  wants_sync_ = false;
  return true;
}

void VideoQueue::clear(LeftOut reason, EgressCounters& counters) {
  leave_out([](const Entry&) { return true; }, reason, counters);
  if (head_started()) abandon_head(counters);
  entries_.release_memory();
  wants_sync_ = true;
}

void VideoQueue::pause(EgressCounters& counters) {
  clear(LeftOut::kExpired, counters);
  paused_ = true;
}

void VideoQueue::resume() {
  if (!paused_) return;
  paused_ = false;
  // Until its picture keeps up, nobody is promised one.
  give_ups_ = kGiveUpsToStarve;
  sync_not_before_ = Time::min();
}

void VideoQueue::catch_up() {
  for (std::size_t index = 0; index < entries_.size(); ++index) entries_[index].catch_up = true;
}

std::optional<VideoQueue::Thinning> VideoQueue::next_thinning(Time now,
                                                              const LinkEstimate& link) const {
  std::size_t bytes_before = 0;
  std::uint8_t highest_before = 0;
  for (std::size_t index = 0; index < entries_.size(); ++index) {
    const Entry& entry = entries_[index];
    const FrameDescription& description = entry.frame->description;
    const bool removable = entry.sent_bytes == 0 && is_enhancement(description);
    if (removable) highest_before = std::max(highest_before, description.temporal_layer);
    bytes_before += remaining(entry);
    if (entry.catch_up) continue;
    const Time arrival = now + link.time_for(bytes_before) + link.one_way_delay;
    // A late base frame with nothing left to leave out before it is late all the same.
    if (late(entry, arrival, link) && highest_before > 0) {
      return Thinning{.up_to = index, .layer = highest_before};
    }
  }
  return std::nullopt;
}

void VideoQueue::thin_enhancements(Time now, const LinkEstimate& link, EgressCounters& counters) {
  // Each round leaves out the highest layer of what goes before (or is) the first frame in trouble,
  // so there are at most as many rounds as frames.
  while (const auto thinning = next_thinning(now, link)) {
    std::size_t index = 0;
    leave_out(
        [&](const Entry& entry) {
          return index++ <= thinning->up_to && is_enhancement(entry.frame->description) &&
                 entry.frame->description.temporal_layer == thinning->layer;
        },
        LeftOut::kThinned, counters);
  }
}

std::size_t VideoQueue::base_bytes() const {
  std::size_t bytes = 0;
  for (std::size_t index = 0; index < entries_.size(); ++index) {
    if (!is_enhancement(entries_[index].frame->description)) bytes += remaining(entries_[index]);
  }
  return bytes;
}

void VideoQueue::give_up_late_chain(Time now, const LinkEstimate& link, EgressCounters& counters) {
  if (empty()) return;
  const Entry& head = entries_.front();
  const bool enhancement = is_enhancement(head.frame->description);
  // A way back to live was chosen before the link was known to be slow, or when it was faster.
  const bool long_way = head.catch_up && link.bytes_per_second;
  const Time punctual = head.frame->arrival - head.frame->lateness;
  if (!long_way && now + link.one_way_delay <= punctual + age_most(0, link)) {
    // A keyframe that just came says nothing of what follows it.
    const bool keeps_up = !head.catch_up && !enhancement && !head.frame->description.keyframe;
    if (keeps_up) give_ups_ = 0;
    return;
  }
  if (head.sent_bytes > 0) {
    // A begun base frame is finished: the chain behind it needs it.
    if (enhancement && remaining(head) > kNotWorthAbandoning) abandon_head(counters);
    return;
  }
  // The cheapest way to a live picture: the pending chain sent late, or a new keyframe. A keyframe
  // that is here already is that way.
  if (holds_keyframe()) return;
  if (keyframe_is_quicker(base_bytes(), link, now)) give_up_chain(now, link, counters);
}

void VideoQueue::give_up_chain(Time now, const LinkEstimate& link, EgressCounters& counters) {
  leave_out([](const Entry&) { return true; }, LeftOut::kExpired, counters);
  wants_sync_ = true;
  // A base layer that fits was only behind, and will be on time again after the keyframe.
  if (base_fits(link, now)) return;
  ++give_ups_;
  if (!starved()) return;
  // A keyframe whose followers cannot keep up is a still picture, and costs the publisher and all
  // other subscribers: it is wanted ever more rarely.
  const int doublings = std::min(give_ups_ - kGiveUpsToStarve, kStarvedDoublingsMost);
  sync_not_before_ = now + kStarvedPauseLeast * (1 << doublings);
}

void VideoQueue::thin(Time now, const LinkEstimate& link, EgressCounters& counters) {
  thin_enhancements(now, link, counters);
  give_up_late_chain(now, link, counters);
}

VideoQueue::Piece VideoQueue::take(std::size_t bytes_max, EgressCounters& counters) {
  invariant(!empty() && !abandoned_, "a frame given up is marked before the next one begins");
  Entry& head = entries_.front();
  const auto bytes = static_cast<std::uint32_t>(std::min<std::size_t>(remaining(head), bytes_max));
  const std::uint32_t offset = head.sent_bytes;
  const FrameDescription& description = head.frame->description;
  if (offset == 0) begun_.note(description.encoding, description.number);
  head.sent_bytes += bytes;
  bytes_ -= bytes;
  counters.of(MediaKind::kVideo).bytes_sent += bytes;
  if (remaining(head) > 0) return {.frame = head.frame, .offset = offset, .bytes = bytes};
  note_sent(description, counters);
  Piece last{.frame = std::move(head.frame), .offset = offset, .bytes = bytes};
  entries_.pop_front();
  return last;
}

std::optional<VideoQueue::Piece> VideoQueue::take_abandoned() {
  return std::exchange(abandoned_, std::nullopt);
}

}  // namespace sluice::media
