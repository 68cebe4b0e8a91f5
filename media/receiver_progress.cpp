#include "media/receiver_progress.h"

#include <algorithm>
#include <utility>

namespace sluice::media {

void ReceiverProgress::wrote(std::size_t bytes, Time now) {
  if (written_ == 0) first_write_ = now;
  latest_ = now;
  written_ += bytes;
  // Nobody will ask for the marks of a receiver that does not report.
  if (!reporting() && !may_yet_report()) return forget_marks();
  if (marks_.size() == kMarksMax) {
    // The newest mark takes the new bytes over: their delay looks longer by the gap between.
    marks_.back().end = written_;
    return;
  }
  marks_.push_back({.end = written_, .at = now});
}

void ReceiverProgress::learn(Duration delay, Time now) {
  const bool first = !std::exchange(measured_, true);
  if (first || now - minimum_since_ > kMinimumLasts) {
    previous_minimum_ = minimum_;
    minimum_ = Duration::max();
    minimum_since_ = now;
  }
  minimum_ = std::min(minimum_, delay);
  delay_ = first ? delay : std::min(delay, last_sample_);
  last_sample_ = delay;
}

bool ReceiverProgress::reported(std::uint64_t received_bytes, Time now) {
  if (received_bytes > written_ || received_bytes < received_) return false;
  const bool progressed = received_bytes > received_;
  received_ = received_bytes;
  if (!progressed) return true;
  if (!reporting() && !may_yet_report()) {
    // It reports after all: from here on it is known when its bytes were written.
    first_write_ = latest_ = now;
    unmarked_ = written_;
    return true;
  }
  ++reports_;
  Time sent = now;
  while (!marks_.empty() && marks_.front().end <= received_bytes) {
    sent = marks_.front().at;
    marks_.pop_front();
  }
  // A report from the middle of a write: that write is the newest whose bytes are there.
  if (!marks_.empty() && sent == now) sent = marks_.front().at;
  if (received_bytes > unmarked_ && sent >= measured_since_) learn(now - sent, now);
  return true;
}

void ReceiverProgress::resumed(Time now) {
  measured_since_ = now;
  delay_ = last_sample_ = min_delay();
}

void ReceiverProgress::forget_marks() {
  marks_.clear();
  marks_.release_memory();
}

bool ReceiverProgress::may_yet_report() const {
  return written_ > 0 && latest_ - first_write_ < kFirstReport;
}

std::optional<std::uint64_t> ReceiverProgress::in_flight() const {
  if (!reporting() && !may_yet_report()) return std::nullopt;
  return written_ - received_;
}

Duration ReceiverProgress::min_delay() const {
  if (!reporting()) return Duration::zero();
  return std::min({minimum_, previous_minimum_, delay_});
}

Duration ReceiverProgress::queueing_delay() const { return delay_ - min_delay(); }

}  // namespace sluice::media
