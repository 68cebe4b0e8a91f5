#include "media/link_controller.h"

#include <algorithm>
#include <tuple>
#include <utility>

namespace sluice::media {
namespace {

constexpr std::size_t kSmallChunk = 1200;  // one segment, and 9.6 ms of 1 Mbit/s
constexpr std::size_t kSmallestChunk = 480;
constexpr std::size_t kLargeChunk = 16 * 1024;
constexpr double kFastLink = 250'000;  // 2 Mbit/s in bytes a second
/// On a fast link a chunk is given to the kernel when less than a segment still waits there, on a
/// slow one when nothing does: a segment of 300 kbit/s is 32 ms.
constexpr std::size_t kUnsentForVideo = 1200;
constexpr std::size_t kUnsentForAudio = 3000;
constexpr std::size_t kUnsentForAudioOnSlowLink = 1200;
/// A link without congestion is sampled only to keep its round trip and lower bound fresh.
constexpr Duration kIdleSampleInterval = std::chrono::seconds{1};
/// But the window of a receiver that does not report is what tells that it lags.
constexpr Duration kSilentSampleInterval = std::chrono::milliseconds{200};
/// What was read since the last report is not on its way any more.
constexpr Duration kReportInterval = std::chrono::milliseconds{50};
/// The receiver lags behind its kernel (or behind a proxy): its own reading rate is the link's.
constexpr Duration kReceiverLags = std::chrono::milliseconds{60};
/// A receiver that may lag is asked as often as others report.
constexpr Duration kProbeEach = kReportInterval;
/// So long after the last reason to.
constexpr Duration kProbeFor = std::chrono::seconds{1};
/// A receiver that lagged will again.
constexpr Duration kLagsFor = std::chrono::seconds{10};
/// A first flight that took so much longer than an empty way, 1.2 Mbit/s on a LAN, may be a lag.
constexpr Duration kSuspicious = std::chrono::milliseconds{100};
/// The cap alone steers once a link has been congested for so long.
constexpr Duration kBeginning = std::chrono::milliseconds{200};
/// How often and how long a congested link is let run half empty, to see its smallest delay.
constexpr Duration kDrainEach = std::chrono::seconds{2};
/// A report is up to 50 ms late, and the reader up to as much behind its kernel.
constexpr Duration kReportsTake = std::chrono::milliseconds{100};
constexpr Duration kDrainLeast = std::chrono::milliseconds{100};
constexpr Duration kDrainMost = std::chrono::milliseconds{300};
/// A receiver waits this long for a second segment (Linux's TCP_DELACK_MIN).
constexpr Duration kAcknowledgementMost = std::chrono::milliseconds{40};
constexpr Duration kAcknowledgementUnknown = std::chrono::milliseconds{20};
constexpr std::size_t kHeaders = 60;  // of IPv4 or IPv6 and TCP, about
/// Linux's smoothed round trip takes so long to forget that segments waited for an outage's end.
constexpr Duration kEcho = std::chrono::seconds{1};
constexpr Duration kOutageLeast = std::chrono::milliseconds{400};

/// A slow link gets chunks of 20 ms, so that audio waits no longer than that for one. Shorter ones
/// cost more than they give: each is a segment with its own headers, and 10 ms of 600 kbit/s left
/// 3 % less of the link, which is all that a base layer that just fits has to catch up with.
constexpr double kChunkTime = 0.020;

std::size_t chunk_bytes_at(double bytes_per_second) {
  if (bytes_per_second >= kFastLink) return kSmallChunk;
  return std::clamp(static_cast<std::size_t>(bytes_per_second * kChunkTime), kSmallestChunk,
                    kSmallChunk);
}

}  // namespace

bool LinkController::on_lan() const {
  return sampled_once_ && path_.min_round_trip < InFlightCap::kLanRoundTrip;
}

Duration LinkController::blind_time() const {
  return on_lan() && (reports_ || !young(last_look_)) ? kBlindTimeOnLan : kBlindTime;
}

bool LinkController::needs_look(Time now) const {
  if (!sampled_once_ || congested_ || to_kernel_bytes() >= look_at_bytes()) return true;
  return now - last_look_ >= blind_time();
}

InStep::Headroom LinkController::headroom() const {
  // A receiver that may yet turn out to report holds what was written to it against the cap.
  const bool may_yet_report = !progress_.reporting() && unread();
  const bool small_chunks = slow_link() && !on_lan();
  if (!sampled_once_ || congested_ || may_yet_report || small_chunks) return {};
  if (!reports_ && last_look_ < probe_until_) return {};
  if (to_kernel_bytes() >= look_at_bytes() || !may_send_video()) return {};
  const std::size_t most = cap_.off() ? cap_.bytes() : in_flight_most();
  const auto room_beside = [most](std::size_t used) { return most - std::min(most, used); };
  std::size_t bytes = blind_bytes_ < trusted_bytes_ ? trusted_bytes_ - blind_bytes_
                                                    : std::min(look_at_bytes() - to_kernel_bytes(),
                                                               room_beside(to_kernel_bytes()));
  if (const auto on_its_way = unread()) bytes = std::min(bytes, room_beside(*on_its_way));
  return {.bytes = bytes,
          .frame_bytes = room_beside(in_flight_bytes()),
          .until = last_look_ + blind_time()};
}

void LinkController::learn_trust(const SendQueueFacts& facts) {
  const bool all_arrived = facts.outstanding_bytes <= path_.segment_bytes;
  trusted_bytes_ = on_lan() && !congested_ && all_arrived
                       ? std::min(std::max(trusted_bytes_, 2 * blind_bytes_), kTrustMost)
                       : 0;
}

bool LinkController::needs_sample(Time now) const {
  if (!sampled_once_) return true;
  const bool watched_closely = !reports_ && (!on_lan() || young(now));
  const Duration idle = watched_closely ? kSilentSampleInterval : kIdleSampleInterval;
  return now - last_sample_ >= (congested_ ? InFlightCap::kSampleInterval : idle);
}

std::size_t LinkController::in_flight_bytes() const {
  return std::max<std::size_t>(to_kernel_bytes(), unread().value_or(0));
}

Duration LinkController::path_queueing_delay() const {
  if (last_look_ < echo_until_) return Duration::zero();
  // Less than a segment is no queue: it may have arrived long ago, as a receiver may wait (Linux:
  // 40 ms) before it acknowledges it. The smoothed round trip then holds that wait, or is an old
  // one.
  if (facts_.outstanding_bytes <= path_.segment_bytes) return Duration::zero();
  return std::max(path_.round_trip - path_.min_round_trip - acknowledgement_delay(),
                  Duration::zero());
}

Duration LinkController::acknowledgement_delay() const {
  // The kernel measures its smoothed round trip from the first of the segments that one
  // acknowledgement covers, and its smallest from the last (tcp_clean_rtx_queue): on a busy link
  // the smoothed one holds what the link takes for a segment and the next. Not a queue; taken for
  // one, it kept a link of 600 kbit/s at two thirds.
  const auto rate = estimator_.bytes_per_second();
  if (!rate || *rate < 1) return kAcknowledgementUnknown;
  const auto bytes = static_cast<double>(2 * (chunk_bytes_at(*rate) + kHeaders));
  const Duration delay{static_cast<Duration::rep>(bytes * 1e6 / *rate)};
  return std::min(delay, kAcknowledgementMost);
}

Duration LinkController::queueing_delay() const {
  if (!steers_by_progress()) return path_queueing_delay();
  return std::max(path_queueing_delay(), progress_.queueing_delay() - progress_.uncertainty());
}

Duration LinkController::predicted_delay() const {
  // A delay is seen when the bytes that had it arrive, a round trip late. What is on its way,
  // divided by what arrives, is the delay that a byte sent now will have.
  const auto beyond = [](std::size_t bytes, std::optional<double> rate, Duration least) {
    if (!rate || *rate < 1) return Duration::zero();
    return Duration{static_cast<Duration::rep>(static_cast<double>(bytes) * 1e6 / *rate)} - least;
  };
  const Duration path = beyond(to_kernel_bytes(), estimator_.bytes_per_second(),
                               path_.min_round_trip + acknowledgement_delay());
  if (!unread()) return path;
  // Only where the path itself would show a queue: on a LAN what waits is the reader's own, and
  // reports are all that tells of it.
  const bool lan = path_.min_round_trip < InFlightCap::kLanRoundTrip;
  const Duration slack = lan ? progress_.uncertainty() : kReportInterval;
  return std::max(path, beyond(*unread(), receiver_estimator_.bytes_per_second(),
                               progress_.min_delay() + slack));
}

void LinkController::looked(const SendQueueFacts& facts, Time now) {
  progress_.look(now);
  const bool acknowledged = facts.outstanding_bytes < facts_.outstanding_bytes + blind_bytes_;
  learn_trust(facts);
  if (acknowledged && outage(now)) {
    progress_.resumed(now);
    echo_until_ = now + kEcho;
  }
  // An uncongested link is looked at rarely: a pause between two looks says nothing.
  if (facts.outstanding_bytes == 0 || acknowledged || !watched_) last_progress_ = now;
  facts_ = facts;
  last_look_ = now;
  blind_bytes_ = 0;
  const bool full = !cap_.off() && in_flight_bytes() + kSmallChunk > cap_.bytes();
  if (full || facts.unsent_bytes > kUnsentForVideo) congested_ = true;
  watched_ = congested_;
  // Not whoever is only late by its answers: that would make a late server busier.
  // Nor whoever is sent a keyframe, which is over in a moment.
  const bool by_kernel =
      steering_ && (facts.unsent_bytes > kUnsentForVideo ||
                    (!cap_.off() && facts.outstanding_bytes + kSmallChunk > cap_.bytes()));
  if (by_kernel || (reports_ && congested_)) probe_until_ = now + kProbeFor;
}

void LinkController::sampled(const PathFacts& facts, Time now) {
  // A receiver that reports clocks the growth itself: its kernel takes what it has not read.
  const std::uint64_t by_receiver = progress_.received() - received_at_sample_;
  const std::uint64_t by_kernel = facts.bytes_acked - path_.bytes_acked;
  const std::uint64_t acked = unread() ? by_receiver : by_kernel;
  received_at_sample_ = progress_.received();
  path_ = facts;
  if (facts.receive_window) window_.sample(*facts.receive_window, facts.bytes_acked);
  if (window_.alarmed()) probe_until_ = now + kProbeFor;
  cap_.sample({.queueing_delay = queueing_delay(),
               .predicted_delay = predicted_delay(),
               // What steers must not act again before it can have heard of its last action.
               .round_trip = std::max(facts.round_trip, progress_.delay()),
               .min_round_trip = facts.min_round_trip,
               .in_flight_bytes = in_flight_bytes(),
               .acked_bytes = static_cast<std::size_t>(acked),
               .empty_round_trip = std::max(facts.min_round_trip, progress_.min_delay()),
               .bytes_per_second = bytes_per_second()},
              limited_, now);
  estimator_.set_round_trip(facts.min_round_trip);
  receiver_estimator_.set_round_trip(facts.min_round_trip);
  estimator_.update(facts.bytes_acked, busy_, now);
  receiver_estimator_.update(progress_.received(), busy_, now);
  if (!congested_) congested_since_ = last_drain_ = now;
  // A queue that stood there from the beginning is part of every delay ever reported. While video
  // is held to half of the cap for a moment, the smallest delay comes nearer to the empty path's.
  const bool hidden_queue =
      progress_.reporting() && progress_.min_delay() > facts.min_round_trip + kReportsTake;
  if (now - last_drain_ > kDrainEach) last_drain_ = now;
  draining_ = congested_ && hidden_queue && now - congested_since_ > kDrainEach &&
              now - last_drain_ < std::clamp(progress_.delay(), kDrainLeast, kDrainMost);
  steering_ = now - congested_since_ > kBeginning;
  last_sample_ = now;
  sampled_once_ = true;
  limited_ = false;
  busy_ = true;  // until `drained` says otherwise
}

void LinkController::wrote(std::size_t wire_bytes, std::size_t media_bytes, Time now) {
  blind_bytes_ += wire_bytes;
  if (media_bytes == 0) return;
  if (progress_.written() == 0) {
    first_write_ = now;
    first_flight_until_ = now + EchoProbes::kPatience;
  }
  lags_ = now < lags_until_;
  if (now > first_flight_until_) first_flight_ = false;
  // It was asked, and kept up: from here on the kernel's figures are enough.
  const bool asking = now <= probe_until_ || !probes_.settled(now);
  if (!asking && !reports_ && progress_.reporting()) {
    progress_.forget_reports();
    received_at_sample_ = 0;
  }
  progress_.wrote(media_bytes, now);
}

bool LinkController::wants_probe(Time now) const {
  if (probes_.never_asked() || probes_.second_due(progress_.written())) return true;
  // On a LAN, or to a proxy on one, what TCP sees of the delay ends there.
  const bool may_lag = now < probe_until_ && (!reports_ || (on_lan() && congested_));
  return may_lag && probes_.due(progress_.written(), kProbeEach, now);
}

void LinkController::answered(std::uint64_t id, Time now) {
  const auto answer = probes_.answered(id, now);
  // One that comes when nothing is asked any more is the latest of all.
  if (!answer) return;
  begin_progress();
  progress_.answered(answer->read, answer->delay, now);
  // The second alone may have met a moment; whether it did, the next ones tell.
  if (answer->delay > progress_.min_delay() + kSuspicious) {
    probe_until_ = std::max(probe_until_, now + kProbeFor);
  }
  const Duration queue = progress_.queueing_delay();
  // Steered, it lags by less.
  const bool lags = queue > (lags_ ? cap_.target() / 2 : kSuspicious);
  if (lags) lags_until_ = probe_until_ = now + kLagsFor;
  lags_ = now < lags_until_;
  // What became of the first flight is known; whoever reports does so about now.
  if (id == EchoProbes::kFirstId + 1) first_flight_until_ = now + 2 * kReportInterval;
  if (steers_by_progress() && queue - progress_.uncertainty() > cap_.target()) congested_ = true;
}

bool LinkController::steers_by_progress() const { return reports_ || lags_ || first_flight_; }

std::optional<std::uint64_t> LinkController::unread() const {
  return steers_by_progress() ? progress_.in_flight() : std::nullopt;
}

void LinkController::begin_progress() {
  // What was read in silence was not read in a moment.
  if (!progress_.in_flight()) receiver_estimator_ = {};
}

void LinkController::blocked() {
  congested_ = true;
  limited_ = true;
}

void LinkController::held_back() {
  congested_ = true;
  limited_ = true;
}

void LinkController::drained() {
  busy_ = false;
  // Everything that waited was let through: with room to spare, the looking can stop.
  const bool roomy = cap_.off() || in_flight_bytes() < cap_.bytes() / 2;
  if (roomy && facts_.unsent_bytes == 0 && queueing_delay() < cap_.target()) congested_ = false;
}

bool LinkController::reported(std::uint64_t received_bytes, Time now) {
  // Whatever its answers said, by its own count it may have read a little less.
  if (!std::exchange(reports_, true) && received_bytes < progress_.received()) {
    progress_.forget_reports();
    received_at_sample_ = 0;
  }
  begin_progress();
  if (!progress_.reported(received_bytes, now)) return false;
  // The kernel may see nothing of a queue behind a proxy, or of a reader that lags.
  if (queueing_delay() > cap_.target()) congested_ = true;
  return true;
}

bool LinkController::slow_link() const {
  const auto rate = bytes_per_second();
  return rate && *rate < kFastLink;
}

std::size_t LinkController::in_flight_most() const {
  if (draining_) return cap_.bytes() / 2;
  const auto rate = bytes_per_second();
  // On a LAN that rate is of a moment too short to measure.
  if (!rate || steering_ || on_lan()) return cap_.bytes();
  // Out of a pause the cap is what it was before: the link may have changed, and a keyframe would
  // fill it at once. Begin with what the link was last seen to carry in a round trip and twice the
  // target. Only begin: held for long, a bound fed by its own delivery rate spirals down.
  const Duration room = std::max(path_.min_round_trip, progress_.min_delay()) + 2 * cap_.target();
  const auto bytes = static_cast<std::size_t>(*rate * static_cast<double>(room.count()) / 1e6);
  return std::min(cap_.bytes(), std::max(bytes, InFlightCap::kFloor));
}

bool LinkController::may_send_video() const {
  const std::size_t unsent_most = slow_link() ? 0 : kUnsentForVideo;
  if (congested_ && facts_.unsent_bytes + blind_bytes_ > unsent_most) return false;
  return cap_.off() || in_flight_bytes() < in_flight_most();
}

bool LinkController::may_send_audio() const {
  const std::size_t unsent_most = slow_link() ? kUnsentForAudioOnSlowLink : kUnsentForAudio;
  if (congested_ && facts_.unsent_bytes + blind_bytes_ > unsent_most) return false;
  return cap_.off() || in_flight_bytes() < cap_.bytes_for_audio();
}

std::optional<double> LinkController::bytes_per_second() const {
  const bool receiver_lags = steers_by_progress() && progress_.queueing_delay() > kReceiverLags;
  if (receiver_lags && receiver_estimator_.bytes_per_second()) {
    return std::min(estimator_.bytes_per_second().value_or(*receiver_estimator_.bytes_per_second()),
                    *receiver_estimator_.bytes_per_second());
  }
  return estimator_.bytes_per_second();
}

LinkEstimate LinkController::estimate() const {
  LinkEstimate estimate{
      .bytes_per_second = bytes_per_second(),
      .one_way_delay = path_.min_round_trip / 2 + queueing_delay(),
      .propagation = path_.min_round_trip / 2,
      .outstanding_bytes = in_flight_bytes(),
      .congested = congested_,
      .chunk_bytes = kLargeChunk,
  };
  const double rate = estimate.bytes_per_second.value_or(0);
  // On a LAN that holds nothing back, a slow link is one that was never given more.
  if (slow_link() && (congested_ || !on_lan())) {
    estimate.chunk_bytes = chunk_bytes_at(rate);
  } else if (congested_) {
    estimate.chunk_bytes =
        std::clamp(static_cast<std::size_t>(rate * 0.005), kSmallChunk, kLargeChunk);
  }
  if (!cap_.off()) {
    // One large chunk must not step over the cap that many small ones would have kept.
    const std::size_t in_flight = in_flight_bytes();
    const std::size_t most = in_flight_most();
    const std::size_t room = most > in_flight ? most - in_flight : 0;
    estimate.chunk_bytes = std::min(estimate.chunk_bytes, std::max(room, kSmallChunk));
  }
  return estimate;
}

bool LinkController::outage(Time now) const {
  // What nobody looks at may well be acknowledged.
  return watched_ && in_flight_bytes() > 0 &&
         now - last_progress_ > std::max(4 * path_.round_trip, kOutageLeast);
}

}  // namespace sluice::media
