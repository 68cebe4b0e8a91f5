#include "media/receiver_progress.h"

#include <algorithm>
#include <tuple>
#include <utility>

namespace sluice::media {
namespace {

/// Reports come each 50 ms, so a delay that they show is uncertain by about that.
constexpr Duration kReportSlack = std::chrono::milliseconds{25};
/// A reader wakes up when it does.
constexpr Duration kAnswerSlack = std::chrono::milliseconds{5};

}  // namespace

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
  const Time sent = take_marks(now);
  if (received_bytes > unmarked_ && sent >= measured_since_) by_report_.learn(now - sent, now);
  return true;
}

Time ReceiverProgress::take_marks(Time now) {
  Time sent = now;
  while (!marks_.empty() && marks_.front().end <= received_) {
    sent = marks_.front().at;
    marks_.pop_front();
  }
  // From the middle of a write: that write is the newest whose bytes are there.
  if (!marks_.empty() && sent == now) sent = marks_.front().at;
  return sent;
}

void ReceiverProgress::answered(std::uint64_t received_bytes, Duration delay, Time now) {
  if (!reporting() && !may_yet_report()) unmarked_ = written_;
  ++reports_;
  answered_ = now;
  received_ = std::max(received_, received_bytes);
  std::ignore = take_marks(now);
  if (now - delay >= measured_since_) by_answer_.learn(delay, now);
}

void ReceiverProgress::forget_reports() {
  forget_marks();
  received_ = 0;
  reports_ = 0;
  by_report_ = {};
  answered_ = Time::min();
  first_write_ = latest_ - kFirstReport;
}

void ReceiverProgress::resumed(Time now) {
  measured_since_ = now;
  by_report_.assume_smallest();
  by_answer_.assume_smallest();
}

void ReceiverProgress::forget_marks() {
  marks_.clear();
  marks_.release_memory();
}

Duration ReceiverProgress::min_delay() const {
  return reporting() ? watch().smallest() : Duration::zero();
}

Duration ReceiverProgress::uncertainty() const { return answering() ? kAnswerSlack : kReportSlack; }

}  // namespace sluice::media
