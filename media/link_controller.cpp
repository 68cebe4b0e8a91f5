#include "media/link_controller.h"

#include <algorithm>

namespace sluice::media {
namespace {

constexpr std::size_t kSmallChunk = 1200;  // one segment, and 9.6 ms of 1 Mbit/s
constexpr std::size_t kSmallestChunk = 480;
constexpr std::size_t kLargeChunk = 16 * 1024;
constexpr double kFastLink = 250'000;  // 2 Mbit/s in bytes a second
/// On a fast link a chunk is given to the kernel when less than a segment still waits there, on a
/// slow one when nothing does: a segment of 300 kbit/s is 32 ms.
constexpr std::size_t kUnsentForVideo = 1200;
constexpr std::size_t kUnsentForVideoOnSlowLink = 0;
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
/// The cap alone steers once a link has been congested for so long.
constexpr Duration kBeginning = std::chrono::milliseconds{200};
/// Who was held back for so long, half a second, and few others were, is slow itself, and will be.
constexpr int kSlowReaderSamples = 25;
constexpr Duration kSlowReaderFor = std::chrono::seconds{10};
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
  return on_lan() && (reader_.reports() || !reader_.young(last_look_)) ? kBlindTimeOnLan
                                                                       : kBlindTime;
}

bool LinkController::needs_look(Time now) const {
  if (!sampled_once_ || congested_ || to_kernel_bytes() >= look_at_bytes()) return true;
  return now - last_look_ >= blind_time();
}

InStep::Headroom LinkController::headroom() const {
  // A receiver that may yet turn out to report holds what was written to it against the cap.
  const bool may_yet_report = !reader_.tells() && unread();
  const bool small_chunks = !on_lan() && slow_link();
  if (!sampled_once_ || congested_ || may_yet_report || small_chunks) return {};
  if (!reader_.reports() && reader_.asked_at(last_look_)) return {};
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

void LinkController::learn_trust(std::size_t outstanding_bytes, std::size_t fresh_bytes) {
  const bool all_arrived = outstanding_bytes <= path_.segment_bytes;
  const std::size_t arrived = blind_bytes_ - std::min(blind_bytes_, fresh_bytes);
  trusted_bytes_ = on_lan() && !congested_ && all_arrived
                       ? std::min(std::max(trusted_bytes_, 2 * arrived), kTrustMost)
                       : 0;
}

bool LinkController::needs_sample(Time now) const {
  if (!sampled_once_) return true;
  const bool watched_closely = !reader_.reports() && (!on_lan() || reader_.young(now));
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
  // The newest byte's own segment was on the link after whatever queued before it.
  if (const auto delay = acknowledgements_.delay(last_look_))
    return std::max(*delay - path_.min_round_trip - acknowledgement_delay() / 2, Duration::zero());
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
  // Who is held back to less than the link carries sends the second segment later.
  const auto in_a_round_trip =
      static_cast<double>(to_kernel_bytes()) * 1e6 /
      static_cast<double>(std::max<Duration::rep>(path_.round_trip.count(), 1));
  const double arrives = congested_ ? std::clamp(in_a_round_trip, 1.0, *rate) : *rate;
  const Duration delay{static_cast<Duration::rep>(bytes * 1e6 / arrives)};
  return std::min(delay, kAcknowledgementMost);
}

Duration LinkController::queueing_delay() const {
  if (blinded()) return Duration::zero();
  return std::max(path_queueing_delay(), reader_.queueing_delay() - reader_.uncertainty());
}

Duration LinkController::predicted_delay() const {
  if (blinded()) return Duration::zero();
  // A delay is seen when the bytes that had it arrive, a round trip late. What is on its way,
  // divided by what arrives, is the delay that a byte sent now will have.
  const auto beyond = [](std::size_t bytes, std::optional<double> rate, Duration least) {
    if (!rate || *rate < 1) return Duration::zero();
    return Duration{static_cast<Duration::rep>(static_cast<double>(bytes) * 1e6 / *rate)} - least;
  };
  const Duration path = beyond(to_kernel_bytes(), estimator_.bytes_per_second(),
                               path_.min_round_trip + acknowledgement_delay());
  const auto waiting = unread();
  if (!waiting) return path;
  // Only where the path itself would show a queue: on a LAN what waits is the reader's own, and
  // reports are all that tells of it.
  const bool lan = path_.min_round_trip < InFlightCap::kLanRoundTrip;
  const Duration slack = lan ? reader_.uncertainty() : kReportInterval;
  return std::max(path, beyond(*waiting, reader_.bytes_per_second(), reader_.min_delay() + slack));
}

void LinkController::looked(const SendQueueFacts& facts, Time now) {
  reader_.look(now);
  const bool acknowledged = facts.outstanding_bytes < facts_.outstanding_bytes + blind_bytes_;
  // What went in this moment, as the first part of a keyframe, cannot be acknowledged yet: of that
  // the look tells nothing, and a LAN goes on being trusted with it. A congested link is steered
  // by every byte.
  const std::size_t fresh = now == last_write_ && on_lan() && !congested_
                                ? std::min(written_at_once_, facts.outstanding_bytes)
                                : 0;
  const std::size_t older = facts.outstanding_bytes - fresh;
  learn_trust(older, fresh);
  if (acknowledged && outage(now)) {
    reader_.resumed(now);
    acknowledgements_.disturbed(now);
    echo_until_ = now + kEcho;
  }
  acknowledgements_.looked(facts.outstanding_bytes, now);
  // An uncongested link is looked at rarely: a pause between two looks says nothing.
  if (facts.outstanding_bytes == 0 || acknowledged || !watched_) last_progress_ = now;
  facts_ = {.outstanding_bytes = older, .unsent_bytes = facts.unsent_bytes};
  last_look_ = now;
  blind_bytes_ = fresh;
  const bool full = !cap_.off() && in_flight_bytes() + kSmallChunk > cap_.bytes();
  if (full || facts.unsent_bytes > kUnsentForVideo) congested_ = true;
  watched_ = congested_;
  // Not whoever is only late by its answers: that would make a late server busier.
  // Nor whoever is sent a keyframe, which is over in a moment.
  const bool by_kernel =
      steering_ && (facts.unsent_bytes > kUnsentForVideo ||
                    (!cap_.off() && to_kernel_bytes() + kSmallChunk > cap_.bytes()));
  if (blinded()) return;
  if (by_kernel || (reader_.reports() && congested_)) reader_.suspect(now);
}

void LinkController::sampled(const PathFacts& facts, Time now) {
  // A receiver that reports clocks the growth itself: its kernel takes what it has not read.
  const bool by_receiver = unread().has_value();
  const std::uint64_t read = reader_.sampled(facts, busy_, now);
  const std::uint64_t acked = by_receiver ? read : facts.bytes_acked - path_.bytes_acked;
  if (facts.retransmitted_segments != path_.retransmitted_segments)
    acknowledgements_.disturbed(now);
  path_ = facts;
  if (on_lan()) acknowledgements_.forget();
  cap_.sample({.queueing_delay = queueing_delay(),
               .predicted_delay = predicted_delay(),
               // What steers must not act again before it can have heard of its last action.
               .round_trip = std::max(facts.round_trip, reader_.delay()),
               .min_round_trip = facts.min_round_trip,
               .in_flight_bytes = in_flight_bytes(),
               .acked_bytes = static_cast<std::size_t>(acked),
               .bytes_per_second = bytes_per_second()},
              limited_, now);
  estimator_.set_round_trip(facts.min_round_trip);
  estimator_.update(facts.bytes_acked, busy_, now);
  if (!congested_) congested_since_ = last_drain_ = now;
  congested_samples_ = congested_ && !strained_ ? congested_samples_ + 1 : 0;
  if (congested_samples_ > kSlowReaderSamples) slow_reader_until_ = now + kSlowReaderFor;
  // A queue that stood there from the beginning is part of every delay ever reported. While video
  // is held to half of the cap for a moment, the smallest delay comes nearer to the empty path's.
  const bool hidden_queue =
      reader_.tells() && reader_.min_delay() > facts.min_round_trip + kReportsTake;
  if (now - last_drain_ > kDrainEach) last_drain_ = now;
  draining_ = congested_ && hidden_queue && now - congested_since_ > kDrainEach &&
              now - last_drain_ < std::clamp(reader_.delay(), kDrainLeast, kDrainMost);
  steering_ = now - congested_since_ > kBeginning;
  last_sample_ = now;
  sampled_once_ = true;
  limited_ = false;
  busy_ = true;  // until `drained` says otherwise
}

void LinkController::wrote(std::size_t wire_bytes, std::size_t media_bytes, Time now) {
  blind_bytes_ += wire_bytes;
  if (now != last_write_) written_at_once_ = 0;
  last_write_ = now;
  written_at_once_ += wire_bytes;
  if (!on_lan()) acknowledgements_.wrote(wire_bytes, now);
  if (media_bytes == 0) return;
  reader_.wrote(media_bytes, now);
}

void LinkController::answered(std::uint64_t id, Time now) {
  const auto first_flight = reader_.answered(id, cap_.target(), now);
  // Not on a LAN: there it would be the server's own lateness that is judged.
  if (first_flight && !on_lan()) {
    cap_.first_flight(first_flight->bytes, first_flight->took, path_.min_round_trip);
  }
  note_queue();
}

void LinkController::note_queue() {
  // The kernel may see nothing of a queue behind a proxy, or of a reader that lags.
  if (blinded()) return;
  if (reader_.queueing_delay() - reader_.uncertainty() > cap_.target()) congested_ = true;
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
  if (!reader_.reported(received_bytes, now)) return false;
  if (queueing_delay() > cap_.target()) congested_ = true;
  if (reader_.rare_report_alarms() && !blinded()) reader_.suspect(now);
  return true;
}

bool LinkController::slow_link() const {
  const auto rate = bytes_per_second();
  return rate && *rate < kFastLink;
}

std::size_t LinkController::in_flight_most() const {
  if (draining_) return cap_.bytes() / 2;
  // On a LAN the rate is of a moment too short to measure.
  if (steering_ || cap_.ramping() || on_lan()) return cap_.bytes();
  const auto rate = bytes_per_second();
  if (!rate) return cap_.bytes();
  // Out of a pause the cap is what it was before: the link may have changed, and a keyframe would
  // fill it at once. Begin with what the link was last seen to carry in a round trip and twice the
  // target. Only begin: held for long, a bound fed by its own delivery rate spirals down.
  const Duration room = std::max(path_.min_round_trip, reader_.min_delay()) + 2 * cap_.target();
  const auto bytes = static_cast<std::size_t>(*rate * static_cast<double>(room.count()) / 1e6);
  return std::min(cap_.bytes(), std::max(bytes, InFlightCap::kFloor));
}

bool LinkController::more_unsent_than(std::size_t most, std::size_t most_on_slow_link) const {
  // Last what takes long to know: a link that is not congested is asked this for each frame.
  return congested_ &&
         facts_.unsent_bytes + blind_bytes_ > (slow_link() ? most_on_slow_link : most);
}

bool LinkController::may_send_video() const {
  if (more_unsent_than(kUnsentForVideo, kUnsentForVideoOnSlowLink)) return false;
  return cap_.off() || in_flight_bytes() < in_flight_most();
}

bool LinkController::may_send_audio() const {
  if (more_unsent_than(kUnsentForAudio, kUnsentForAudioOnSlowLink)) return false;
  return cap_.off() || in_flight_bytes() < cap_.bytes_for_audio();
}

std::optional<double> LinkController::bytes_per_second() const {
  const auto path = estimator_.bytes_per_second();
  const auto reader = reader_.bytes_per_second();
  if (reader && reader_.queueing_delay() > kReceiverLags)
    return std::min(path.value_or(*reader), *reader);
  return path;
}

LinkEstimate LinkController::estimate() const {
  const std::size_t in_flight = in_flight_bytes();
  LinkEstimate estimate{
      .bytes_per_second = bytes_per_second(),
      .one_way_delay = path_.min_round_trip / 2 + queueing_delay(),
      .propagation = path_.min_round_trip / 2,
      .outstanding_bytes = in_flight,
      .congested = congested_,
      .chunk_bytes = kLargeChunk,
  };
  const double rate = estimate.bytes_per_second.value_or(0);
  const bool slow = estimate.bytes_per_second && rate < kFastLink;
  // On a LAN that holds nothing back, a slow link is one that was never given more.
  if (blinded()) {
    estimate.chunk_bytes = kLargeChunk;
  } else if (slow && (congested_ || !on_lan())) {
    estimate.chunk_bytes = chunk_bytes_at(rate);
  } else if (congested_) {
    estimate.chunk_bytes =
        std::clamp(static_cast<std::size_t>(rate * 0.005), kSmallChunk, kLargeChunk);
  }
  if (!cap_.off()) {
    // One large chunk must not step over the cap that many small ones would have kept.
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
