#include "media/loss_watch.h"

#include <algorithm>

namespace sluice::media {

void LossWatch::sample(const Counters& counters, Time now) {
  const Counters before = last_;
  last_ = counters;
  const Event& newest = events_[(next_ + kEvents - 1) % kEvents];
  if (counters.retransmitted_segments == before.retransmitted_segments) {
    if (count_ > 0 && now - newest.at >= kCalm) lossy_ = false;
    return;
  }
  const bool same = now - newest.at < kMoment || counters.delivered_segments == newest.delivered;
  if (count_ > 0 && same) return;
  events_[next_] = {.at = now, .before = before, .delivered = counters.delivered_segments};
  next_ = (next_ + 1) % kEvents;
  count_ = std::min(count_ + 1, kEvents);
  if (count_ < kEvents) return;
  const Event& oldest = events_[next_];
  const std::uint32_t sent = counters.sent_segments - oldest.before.sent_segments;
  const std::uint32_t lost = counters.retransmitted_segments - oldest.before.retransmitted_segments;
  const bool often = now - oldest.at <= kWindow;
  if (often && static_cast<double>(lost) >= kLossShare * static_cast<double>(sent)) lossy_ = true;
}

}  // namespace sluice::media
