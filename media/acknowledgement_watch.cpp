#include "media/acknowledgement_watch.h"

#include <algorithm>
#include <utility>

namespace sluice::media {

void AcknowledgementWatch::wrote(std::size_t bytes, Time now) {
  const std::uint64_t begin = std::exchange(written_, written_ + bytes);
  const bool merge = marks_.size() == kMarksMax || (!marks_.empty() && marks_.back().at == now);
  if (merge) {
    marks_.back().end = written_;
  } else {
    marks_.push_back({.begin = begin, .end = written_, .at = now});
  }
}

void AcknowledgementWatch::looked(std::size_t outstanding_bytes, Time now) {
  const Time looked_before = std::exchange(looked_, now);
  const std::uint64_t acked = written_ - std::min<std::uint64_t>(written_, outstanding_bytes);
  if (acked <= acked_) return;
  acked_ = acked;
  std::optional<Time> sent;
  while (!marks_.empty() && marks_.front().begin < acked) {
    sent = marks_.front().at;
    // The rest of a write that took long, as a keyframe's, will tell more.
    if (marks_.front().end > acked) break;
    marks_.pop_front();
  }
  if (sent && *sent >= measured_since_) {
    learn(std::max(looked_before - *sent, Duration::zero()), now);
  }
}

void AcknowledgementWatch::learn(Duration delay, Time now) {
  if (const Duration since = now - gathering_since_; since >= kGather) {
    before_ = since < kNews ? gathered_ : std::nullopt;
    gathered_.reset();
    gathering_since_ = now;
  }
  gathered_ = std::min(gathered_.value_or(delay), delay);
}

void AcknowledgementWatch::disturbed(Time now) {
  measured_since_ = now;
  before_.reset();
  gathered_.reset();
}

void AcknowledgementWatch::forget() {
  marks_.clear();
  marks_.release_memory();
}

std::optional<Duration> AcknowledgementWatch::delay(Time now) const {
  if (!before_ || !gathered_ || now - gathering_since_ > kNews) return std::nullopt;
  return std::min(*before_, *gathered_);
}

}  // namespace sluice::media
