#include "media/video_stream.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "media/invariant.h"

namespace sluice::media {

void VideoStream::set_latency_budget(Duration budget) {
  latency_budget_ = budget;
  current_.set_latency_budget(budget);
  if (upcoming_) upcoming_->set_latency_budget(budget);
}

void VideoStream::set_max_temporal_layer(std::uint8_t layer) {
  max_temporal_layer_ = layer;
  current_.set_max_temporal_layer(layer);
}

void VideoStream::push(const FrameRef& frame, EgressCounters& counters) {
  if (trial_) trial_->push(frame);
  if (upcoming_) upcoming_->push(frame, counters);
  current_.push(frame, counters);
}

bool VideoStream::push_group(std::span<const FrameRef> group, const LinkEstimate& link,
                             EgressCounters& counters) {
  if (group.empty()) return false;
  const EncodingId encoding = group.front()->description.encoding;
  if (upcoming_ && upcoming_->encoding() == encoding) {
    return upcoming_->push_group(group, link, counters);
  }
  return current_.encoding() == encoding && current_.push_group(group, link, counters);
}

void VideoStream::clear(LeftOut reason, EgressCounters& counters) {
  abort(counters);
  current_.clear(reason, counters);
}

void VideoStream::pause(EncodingId encoding, EgressCounters& counters) {
  abort(counters);
  current_.pause(counters);
  current_.set_encoding(encoding);
}

std::optional<InStep::Track> VideoStream::step(const LinkEstimate& link) const {
  // During an ascent frames of two encodings matter.
  if (ascent() != Ascent::kNone || owes_abandon_mark()) return std::nullopt;
  return current_.step(link);
}

void VideoStream::begin_trial(EncodingId encoding, Time now) {
  invariant(ascent() == Ascent::kNone, "one ascent at a time");
  trial_.emplace(encoding);
  ascent_began_ = now;
}

void VideoStream::begin_fetch(EncodingId encoding, Time now, EgressCounters& counters) {
  abort(counters);
  upcoming_ = std::make_unique<VideoQueue>(bounds_, latency_budget_);
  upcoming_->set_encoding(encoding);
  // Only the base chain leads to the present; the rest follows once the picture is live.
  upcoming_->set_max_temporal_layer(0);
  upcoming_->note_begun(current_.begun());
  ascent_began_ = now;
}

void VideoStream::commit(EgressCounters& counters) {
  invariant(ready(), "the keyframe is there");
  upcoming_->note_begun(current_.begun());
  current_.clear(LeftOut::kSuperseded, counters);
  current_ = std::move(*upcoming_);
  upcoming_.reset();
  current_.set_max_temporal_layer(max_temporal_layer_);
  current_.catch_up();
  std::ignore = current_.take_toll();
}

void VideoStream::abort(EgressCounters& counters) {
  if (trial_) {
    // An older mark may still be owed: a link that takes nothing ends several trials.
    if (auto mark = trial_->end()) background_mark_ = std::move(mark);
    trial_.reset();
  }
  if (upcoming_) {
    upcoming_->clear(LeftOut::kThinned, counters);
    if (auto mark = upcoming_->take_abandoned()) background_mark_ = std::move(mark);
    current_.note_begun(upcoming_->begun());
    upcoming_.reset();
  }
}

VideoStream::Ascent VideoStream::ascent() const {
  if (trial_) return Ascent::kTrial;
  return upcoming_ ? Ascent::kFetch : Ascent::kNone;
}

EncodingId VideoStream::ascending_to() const {
  return trial_ ? trial_->encoding() : upcoming_->encoding();
}

bool VideoStream::keyframe_at_head() const {
  return upcoming_ && !upcoming_->empty() && upcoming_->head().description.keyframe;
}

bool VideoStream::ready() const {
  return keyframe_at_head() && upcoming_->head_remaining() <= kHeldBytes &&
         !current_.head_started() && !owes_abandon_mark();
}

std::optional<EncodingId> VideoStream::upcoming_wants_keyframe(Time now) const {
  return upcoming_ ? upcoming_->wants_keyframe(now) : std::nullopt;
}

bool VideoStream::background_waiting() const {
  if (trial_) return !trial_->empty();
  return keyframe_at_head() && upcoming_->head_remaining() > kHeldBytes;
}

VideoQueue::Piece VideoStream::take_background(std::size_t bytes_max, EgressCounters& counters) {
  if (trial_) {
    BegunFrames begun;
    VideoQueue::Piece piece = trial_->take(bytes_max, begun);
    current_.note_begun(begun);
    counters.of(MediaKind::kVideo).bytes_sent += piece.bytes;
    return piece;
  }
  const std::size_t most = upcoming_->head_remaining() - kHeldBytes;
  return upcoming_->take(std::min(bytes_max, most), counters);
}

std::optional<VideoQueue::Piece> VideoStream::take_abandoned() {
  if (background_mark_) return std::exchange(background_mark_, std::nullopt);
  return current_.take_abandoned();
}

}  // namespace sluice::media
