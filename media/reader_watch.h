#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "media/bandwidth_estimator.h"
#include "media/echo_probes.h"
#include "media/path_facts.h"
#include "media/receiver_progress.h"
#include "media/window_watch.h"

namespace sluice::media {

/// How far the receiver's application is behind its kernel, or behind a proxy on the way, and when
/// what it says of that steers.
///
/// Reports do, unless they were asked to be rare. Whoever does not report is asked by pings, and
/// answers steer only of the first flight and where they showed a lag: in a room of a thousand a
/// moment's lateness of all of them must not become work for the server. Everybody is asked before
/// the first media, behind the first that was held back, and behind some of the first; from then on
/// only with a reason.
///
/// Bound:    that of `ReceiverProgress` and `EchoProbes`.
/// Source:   docs/decisions/0016-asking-a-silent-receiver.md.
class ReaderWatch {
 public:
  /// What a ping told of the first bytes that were ever held back behind others.
  struct FirstFlight {
    std::size_t bytes = 0;
    Duration took{};  ///< longer than on an empty way
  };
  /// Of the sender, in the moment in which it is asked whether a ping is to go.
  struct Sending {
    bool on_lan = false;     ///< what TCP sees of the delay ends there
    bool congested = false;  ///< it looks before each write
    bool held_back = false;  ///< something waits behind what is on its way
  };

  /// `bytes` of media messages went to the kernel.
  void wrote(std::size_t bytes, Time now);
  /// Time passes, also while nothing may be written.
  void look(Time now) { progress_.look(now); }
  /// Reads the receiver's window; returns how many bytes it has read since the last call.
  std::uint64_t sampled(const PathFacts& path, bool busy, Time now);
  /// The kernel's own queue grew: a silent receiver may lag as well.
  void suspect(Time now) { ask_until_ = now + kAskFor; }
  /// An outage is over.
  void resumed(Time now) { progress_.resumed(now); }

  [[nodiscard]] bool wants_probe(const Sending& sending, Time now) const;
  /// It goes, with this number, behind `in_flight_bytes`.
  std::uint64_t probe(const Sending& sending, std::size_t in_flight_bytes, Time now);
  /// A pong came, to whichever ping.
  std::optional<FirstFlight> answered(std::uint64_t id, Duration target, Time now);
  /// A receiver report; false when it claims what cannot be.
  [[nodiscard]] bool reported(std::uint64_t received_bytes, Time now);
  /// It is told to report rarely, or as often as ever again. By rare reports nobody can steer: they
  /// only raise the alarm, and all else is as with one that does not report.
  void ask_for_rare_reports(bool rare);

  /// It does, and often enough to steer by.
  [[nodiscard]] bool reports() const { return reports_ && frequent_reports_due_ == 0; }
  /// A rare report, as this one was, came late: it may lag.
  [[nodiscard]] bool rare_report_alarms() const {
    return reports_ && !reports() && progress_.queueing_delay() > kSuspicious;
  }
  /// Reports or answers have come of late.
  [[nodiscard]] bool tells() const { return progress_.reporting(); }
  /// In its first seconds a receiver that does not report is watched closely.
  [[nodiscard]] bool young(Time now) const { return now - first_write_ < kYouth; }
  /// A silent one is being asked.
  [[nodiscard]] bool asked_at(Time now) const { return now < ask_until_; }
  /// Bytes on their way to the receiver's application, where that is what steers.
  [[nodiscard]] std::optional<std::uint64_t> unread() const {
    return steers() ? progress_.in_flight() : std::nullopt;
  }
  /// The newest delay above the smallest; zero where it does not steer.
  [[nodiscard]] Duration queueing_delay() const {
    return steers() ? progress_.queueing_delay() : Duration::zero();
  }
  /// How much of it may be the way in which it was measured.
  [[nodiscard]] Duration uncertainty() const { return progress_.uncertainty(); }
  [[nodiscard]] Duration min_delay() const { return progress_.min_delay(); }
  /// From a write to the news that it was read.
  [[nodiscard]] Duration delay() const { return progress_.delay(); }
  /// At which it reads; nothing while unknown.
  [[nodiscard]] std::optional<double> bytes_per_second() const {
    return estimator_.bytes_per_second();
  }

 private:
  [[nodiscard]] bool steers() const { return reports() || lags_ || first_answer_due_; }
  void begin_progress();
  void forget_progress();

  static constexpr Duration kYouth = std::chrono::seconds{2};
  /// A first flight that took so much longer than an empty way, 1.2 Mbit/s on a LAN, may be a lag.
  static constexpr Duration kSuspicious = std::chrono::milliseconds{100};
  /// Of reports that come again as often as ever, the first may have been due before.
  static constexpr int kFrequentAgain = 2;
  static constexpr int kNeverFrequent = -1;
  /// So long after the last reason to.
  static constexpr Duration kAskFor = std::chrono::seconds{1};

  ReceiverProgress progress_;
  BandwidthEstimator estimator_;
  EchoProbes probes_;
  WindowWatch window_;
  std::uint64_t received_at_sample_ = 0;
  Time first_write_{};             ///< of media
  std::uint64_t flight_ping_ = 0;  ///< behind the first flight; 0 while none went
  std::size_t flight_bytes_ = 0;
  Time ask_until_ = Time::min();
  Time lags_until_ = Time::min();
  Time first_answer_until_ = Time::max();
  bool lags_ = false;
  bool first_answer_due_ = true;  ///< what became of the first flight is not known yet
  bool reports_ = false;          ///< it does, however often
  int frequent_reports_due_ = 0;  ///< until it reports often again, or `kNeverFrequent`
};

}  // namespace sluice::media
