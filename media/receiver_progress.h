#pragma once

#include <cstdint>
#include <optional>

#include "media/delay_watch.h"
#include "media/ring_deque.h"
#include "media/time.h"

namespace sluice::media {

/// What a receiver's reports say of the way to it, end to end.
///
/// TCP's own acknowledgements end at the next proxy, and come from a kernel whose application may
/// not be reading. A report names the media bytes that the application has read, so its age against
/// the moment those bytes were written is the whole delay, and written minus read is all that is on
/// its way, wherever it waits.
///
/// Bound:    remembers the last 512 writes (a merge of neighbours when full: the older mark goes).
/// Source:   docs/protocol.md section 4.8.
class ReceiverProgress {
 public:
  /// `bytes` of media messages went to the kernel.
  void wrote(std::size_t bytes, Time now);
  /// Time passes, also while nothing may be written.
  void look(Time now) { latest_ = now; }
  /// The receiver reports `received_bytes` in all. False when that is more than was written, or
  /// less than it said before: the peer is wrong.
  [[nodiscard]] bool reported(std::uint64_t received_bytes, Time now);
  /// It answered a ping: by then it had read so much, and the answer took so long. While answers
  /// come, they tell the delay, and reports, which are gathered for a while, do not.
  void answered(std::uint64_t received_bytes, Duration delay, Time now);

  /// As of a receiver that does not report. What was measured of the way's smallest delay stays.
  void forget_reports();

  /// An outage is over: what was written before waited for its end, which was no queue, and tells
  /// nothing of the delay.
  void resumed(Time now);

  /// Bytes written and not reported as read. While no report has come, all that was written, as
  /// long as the first report may still be on its way; nothing from a receiver that does not
  /// report.
  [[nodiscard]] std::optional<std::uint64_t> in_flight() const {
    if (!reporting() && !may_yet_report()) return std::nullopt;
    return written_ - received_;
  }
  /// The newest delay above the smallest of the last minutes; zero while unknown.
  [[nodiscard]] Duration queueing_delay() const { return watch().newest() - watch().smallest(); }
  /// The smallest delay of the last minutes; zero while unknown.
  [[nodiscard]] Duration min_delay() const;
  /// From a write to the report of its bytes: the round trip of whoever steers by reports.
  [[nodiscard]] Duration delay() const { return watch().newest(); }
  [[nodiscard]] std::uint64_t received() const { return received_; }
  [[nodiscard]] std::uint64_t written() const { return written_; }
  /// How much of the newest delay may be the way in which it was measured.
  [[nodiscard]] Duration uncertainty() const;
  /// Reports come, so their absence means something.
  [[nodiscard]] bool reporting() const { return reports_ > 0; }

 private:
  struct Mark {
    std::uint64_t end = 0;  ///< all bytes written up to here
    Time at{};
  };
  static constexpr std::size_t kMarksMax = 512;
  /// Two report intervals and a long round trip after the first byte, a receiver has reported.
  static constexpr Duration kFirstReport = std::chrono::milliseconds{400};
  /// Answers come each 50 ms while they come.
  static constexpr Duration kAnswersLast = std::chrono::milliseconds{200};

  /// Forgets the marks of what was received; returns when the newest byte of it was written.
  Time take_marks(Time now);
  /// Pings are being answered, which tells more than reports.
  [[nodiscard]] bool answering() const { return latest_ < answered_ + kAnswersLast; }
  [[nodiscard]] const DelayWatch& watch() const { return answering() ? by_answer_ : by_report_; }
  void forget_marks();
  [[nodiscard]] bool may_yet_report() const {
    return written_ > 0 && latest_ - first_write_ < kFirstReport;
  }

  RingDeque<Mark> marks_;
  Time first_write_{};
  Time answered_ = Time::min();
  Time measured_since_ = Time::min();  ///< what was written before shows no delay
  Time latest_{};
  std::uint64_t written_ = 0;
  std::uint64_t received_ = 0;
  std::uint64_t unmarked_ = 0;  ///< nobody remembers when the bytes up to here were written
  std::uint64_t reports_ = 0;
  DelayWatch by_report_;
  DelayWatch by_answer_;
};

}  // namespace sluice::media
