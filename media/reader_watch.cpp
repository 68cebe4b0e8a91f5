#include "media/reader_watch.h"

#include <algorithm>
#include <utility>

#include "media/in_flight_cap.h"

namespace sluice::media {
namespace {

/// A receiver that may lag is asked as often as others report.
constexpr Duration kAskEach = std::chrono::milliseconds{50};
constexpr Duration kReportInterval = std::chrono::milliseconds{50};
/// A receiver that lagged will again.
constexpr Duration kLagsFor = std::chrono::seconds{10};

}  // namespace

void ReaderWatch::wrote(std::size_t bytes, Time now) {
  if (progress_.written() == 0) {
    first_write_ = now;
    first_answer_until_ = now + EchoProbes::kPatience;
  }
  lags_ = now < lags_until_;
  if (now > first_answer_until_) first_answer_due_ = false;
  // It was asked, and kept up: from here on the kernel's figures are enough.
  const bool asking = now <= ask_until_ || !probes_.settled(now);
  if (!asking && !reports_ && progress_.reporting()) forget_progress();
  progress_.wrote(bytes, now);
}

std::uint64_t ReaderWatch::sampled(const PathFacts& path, bool busy, Time now) {
  if (path.receive_window) window_.sample(*path.receive_window, path.bytes_acked);
  if (window_.alarmed()) suspect(now);
  estimator_.set_round_trip(path.min_round_trip);
  estimator_.update(progress_.received(), busy, now);
  return progress_.received() - std::exchange(received_at_sample_, progress_.received());
}

bool ReaderWatch::wants_probe(const Sending& sending, Time now) const {
  if (probes_.never_asked()) return true;
  if (!probes_.news(progress_.written())) return false;
  if (sending.held_back && flight_ping_ == 0) return true;
  // Behind some packets, not one: it may have met a moment.
  if (probes_.asked_once() && progress_.written() >= InFlightCap::kStart) return true;
  const bool may_lag = now < ask_until_ && (!reports() || (sending.on_lan && sending.congested));
  return may_lag && probes_.due(kAskEach, now);
}

std::uint64_t ReaderWatch::probe(const Sending& sending, std::size_t in_flight_bytes, Time now) {
  const bool behind_first_flight =
      sending.held_back && flight_ping_ == 0 && progress_.written() > 0;
  const std::uint64_t id = probes_.ask(progress_.written(), now);
  if (behind_first_flight) {
    flight_ping_ = id;
    flight_bytes_ = in_flight_bytes;
  }
  return id;
}

std::optional<ReaderWatch::FirstFlight> ReaderWatch::answered(std::uint64_t id, Duration target,
                                                              Time now) {
  const auto answer = probes_.answered(id, now);
  // One that comes when nothing is asked any more is the latest of all.
  if (!answer) return std::nullopt;
  begin_progress();
  progress_.answered(answer->read, answer->delay, now);
  const Duration beyond = answer->delay - progress_.min_delay();
  // One answer alone may have met a moment; whether it did, the next ones tell.
  if (beyond > kSuspicious) ask_until_ = std::max(ask_until_, now + kAskFor);
  // Steered, it lags by less.
  const bool lags = progress_.queueing_delay() > (lags_ ? target / 2 : kSuspicious);
  if (lags) lags_until_ = ask_until_ = now + kLagsFor;
  lags_ = now < lags_until_;
  // What became of the first flight is known; whoever reports does so about now.
  if (id > EchoProbes::kFirstId) {
    first_answer_until_ = std::min(first_answer_until_, now + 2 * kReportInterval);
  }
  if (id != flight_ping_) return std::nullopt;
  return FirstFlight{.bytes = flight_bytes_, .took = beyond};
}

bool ReaderWatch::reported(std::uint64_t received_bytes, Time now) {
  // Whatever its answers said, by its own count it may have read a little less.
  if (!std::exchange(reports_, true) && received_bytes < progress_.received()) forget_progress();
  begin_progress();
  if (!progress_.reported(received_bytes, now)) return false;
  if (frequent_reports_due_ > 0) {
    --frequent_reports_due_;
    // What was read between rare reports was not read in a moment.
    estimator_ = {};
  }
  return true;
}

void ReaderWatch::ask_for_rare_reports(bool rare) {
  frequent_reports_due_ = rare ? kNeverFrequent : kFrequentAgain;
}

void ReaderWatch::begin_progress() {
  // What was read in silence was not read in a moment.
  if (!progress_.in_flight()) estimator_ = {};
}

void ReaderWatch::forget_progress() {
  progress_.forget_reports();
  received_at_sample_ = 0;
}

}  // namespace sluice::media
