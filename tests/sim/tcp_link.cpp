#include "tests/sim/tcp_link.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace sluice::sim {
namespace {

/// TCP_DELACK_MIN of Linux.
constexpr Duration kDelayedAcknowledgement = std::chrono::milliseconds{40};
constexpr std::uint32_t kSegment = 1448;
constexpr std::uint32_t kHeaders = 52;  // IPv4 and TCP with timestamps
constexpr Duration kTimeoutLeast = std::chrono::milliseconds{200};
constexpr std::size_t kSendBufferLeast = 87 * 1024;
constexpr std::size_t kSendBufferMost = 4 * 1024 * 1024;
constexpr Duration kReadStep = std::chrono::milliseconds{5};
// CUBIC, RFC 9438 sections 4.1 and 4.6.
constexpr double kCubicC = 0.4;
constexpr double kCubicBeta = 0.7;

}  // namespace

TcpLink::TcpLink(Settings settings)
    : settings_(std::move(settings)),
      random_(settings_.seed),
      smoothed_(settings_.round_trip),
      variation_(settings_.round_trip / 2),
      minimum_(settings_.round_trip) {}

std::size_t TcpLink::send_buffer() const {
  return std::clamp(static_cast<std::size_t>(2 * window_), kSendBufferLeast, kSendBufferMost);
}

std::size_t TcpLink::write(std::size_t bytes, Time now) {
  const auto queued = static_cast<std::size_t>(written_ - acked_);
  std::size_t room = send_buffer() > queued ? send_buffer() - queued : 0;
  if (settings_.notsent_low_water > 0) {
    // Linux compares only when it opens a new buffer of up to 64 kB, so one write always fits.
    if (written_ - next_ >= settings_.notsent_low_water) room = 0;
  }
  const std::size_t taken = std::min(bytes, room);
  written_ += taken;
  transmit(now);
  return taken;
}

media::SendQueueFacts TcpLink::send_queue() const {
  return {.outstanding_bytes = static_cast<std::size_t>(written_ - acked_),
          .unsent_bytes = static_cast<std::size_t>(written_ - next_)};
}

media::PathFacts TcpLink::path() const {
  return {.round_trip = smoothed_,
          .min_round_trip = minimum_,
          .bytes_acked = acked_,
          .retransmitted_segments = retransmitted_};
}

std::size_t TcpLink::in_flight() const {
  std::size_t bytes = 0;
  for (const auto& [begin, segment] : segments_) {
    if (!segment.sacked && !segment.lost) bytes += segment.bytes;
  }
  return bytes;
}

Duration TcpLink::retransmission_timeout() const {
  const Duration base = smoothed_ + std::max<Duration>(4 * variation_, kTimeoutLeast);
  return std::min(base * (1 << std::min(backoff_, 10)), settings_.timeout_most);
}

bool TcpLink::lose() {
  if (settings_.loss <= 0) return false;
  // Gilbert: runs of losses with the wanted mean length and the wanted share over all.
  const double stay = 1 - 1 / settings_.loss_burst;
  const double enter = settings_.loss * (1 - stay) / (1 - settings_.loss);
  losing_ = std::bernoulli_distribution{losing_ ? stay : enter}(random_);
  return losing_;
}

void TcpLink::send_segment(std::uint64_t begin, Segment& segment, Time now) {
  segment.sent = now;
  segment.lost = false;
  if (timer_ == Time::max()) timer_ = now + retransmission_timeout();
  while (!queued_.empty() && queued_.front().first <= now) {
    queued_bytes_ -= queued_.front().second;
    queued_.pop_front();
  }
  const std::uint32_t on_wire = segment.bytes + kHeaders;
  if (queued_bytes_ + on_wire > settings_.queue_bytes || lose()) return;
  const Time departs = settings_.capacity.finish(std::max(now, link_free_), on_wire);
  link_free_ = departs;
  queued_.emplace_back(departs, on_wire);
  queued_bytes_ += on_wire;
  events_.emplace(departs + settings_.round_trip / 2,
                  Event{.kind = Event::Kind::kArrive,
                        .begin = begin,
                        .cumulative = begin + segment.bytes,
                        .sent = now,
                        .retransmitted = segment.retransmitted});
}

void TcpLink::transmit(Time now) {
  std::size_t flying = in_flight();
  for (auto& [begin, segment] : segments_) {
    if (!segment.lost || static_cast<double>(flying + segment.bytes) > window_) continue;
    segment.retransmitted = true;
    ++retransmitted_;
    flying += segment.bytes;
    send_segment(begin, segment, now);
  }
  while (next_ < written_ && static_cast<double>(flying + kSegment) <= window_) {
    // The receiver's window: what it has not read stands in its buffer.
    const auto unread = static_cast<std::size_t>(next_ - read_);
    if (unread + kSegment > settings_.receive_buffer && unread > 0) break;
    const auto bytes =
        static_cast<std::uint32_t>(std::min<std::uint64_t>(kSegment, written_ - next_));
    Segment& segment = segments_[next_];
    segment = {.end = next_ + bytes, .bytes = bytes};
    const std::uint64_t begin = next_;
    next_ += bytes;
    flying += bytes;
    send_segment(begin, segment, now);
  }
}

void TcpLink::arrive(const Event& event, Time now) {
  // An application does not save up the time in which there was nothing to read.
  if (settings_.read_bits_per_second > 0 && read_ == in_order_) {
    read_credit_ = 0;
    read_at_ = now;
  }
  const bool in_sequence = held_.empty() && event.begin == in_order_;
  if (event.cumulative > in_order_) {
    std::uint64_t& end = held_[event.begin];
    end = std::max(end, event.cumulative);
  }
  while (!held_.empty() && held_.begin()->first <= in_order_) {
    in_order_ = std::max(in_order_, held_.begin()->second);
    held_.erase(held_.begin());
  }
  read(now);
  if (!in_sequence) send_acknowledgement(now);
  if (!unacknowledged_) {
    unacknowledged_ = event;
    acknowledge_at_ = now + kDelayedAcknowledgement;
  }
  unacknowledged_->begin = event.begin;
  unacknowledged_->newest_sent = event.sent;
  unacknowledged_->retransmitted |= event.retransmitted;
  unacknowledged_bytes_ += event.cumulative - event.begin;
  if (!in_sequence || unacknowledged_bytes_ > kSegment) send_acknowledgement(now);
}

void TcpLink::send_acknowledgement(Time now) {
  acknowledge_at_ = Time::max();
  unacknowledged_bytes_ = 0;
  if (!unacknowledged_) return;
  Event event = *std::exchange(unacknowledged_, std::nullopt);
  event.kind = Event::Kind::kAck;
  event.cumulative = in_order_;
  events_.emplace(now + settings_.round_trip / 2, event);
}

std::optional<Time> TcpLink::reader_back(Time now) const {
  for (const Settings::Busy& busy : settings_.reader_busy) {
    if (now >= busy.from && now < busy.from + busy.length) return busy.from + busy.length;
  }
  return std::nullopt;
}

void TcpLink::read(Time now) {
  if (const auto back = reader_back(now)) {
    read_at_ = now;
    read_next_ = *back;
    return;
  }
  if (settings_.read_bits_per_second <= 0) {
    read_ = in_order_;
    return;
  }
  read_credit_ +=
      settings_.read_bits_per_second / 8 * static_cast<double>((now - read_at_).count()) / 1e6;
  read_at_ = now;
  read_next_ = now + kReadStep;
  const auto waiting = static_cast<double>(in_order_ - read_);
  const double bytes = std::floor(std::min(read_credit_, waiting));
  read_ += static_cast<std::uint64_t>(bytes);
  read_credit_ -= bytes;
}

void TcpLink::grow_window(std::size_t acked, Time now) {
  if (window_ < slow_start_threshold_) {
    window_ += static_cast<double>(acked);
    return;
  }
  if (epoch_ == Time::min()) {
    epoch_ = now;
    window_max_ = std::max(window_max_, window_);
  }
  const double t = static_cast<double>((now - epoch_ + smoothed_).count()) / 1e6;
  const double in_segments = window_max_ / kSegment;
  const double k = std::cbrt(in_segments * (1 - kCubicBeta) / kCubicC);
  const double target = (kCubicC * std::pow(t - k, 3) + in_segments) * kSegment;
  const double reno = static_cast<double>(acked) * kSegment / window_ * 0.53;
  if (target > window_) {
    window_ += std::max(reno, (target - window_) * static_cast<double>(acked) / window_);
  } else {
    window_ += reno;
  }
}

void TcpLink::on_loss(Time /*now*/) {
  if (acked_ < recovery_until_) return;  // one reduction a round trip
  recovery_until_ = next_;
  window_max_ = window_;
  window_ = std::max(window_ * kCubicBeta, 2.0 * kSegment);
  slow_start_threshold_ = window_;
  epoch_ = Time::min();
}

void TcpLink::detect_losses(Time now) {
  // A segment is lost when three segments sent after it have arrived (RFC 6675).
  int sacked_behind = 0;
  bool lost = false;
  for (auto it = segments_.rbegin(); it != segments_.rend(); ++it) {
    Segment& segment = it->second;
    if (segment.sacked) {
      ++sacked_behind;
    } else if (!segment.lost && !segment.retransmitted && sacked_behind >= 3) {
      segment.lost = true;
      lost = true;
    }
  }
  if (lost) on_loss(now);
}

void TcpLink::acknowledge(const Event& event, Time now) {
  if (!event.retransmitted) {
    const Duration sample = now - event.sent;
    minimum_ = std::min(minimum_, now - event.newest_sent);
    variation_ += ((sample > smoothed_ ? sample - smoothed_ : smoothed_ - sample) - variation_) / 4;
    smoothed_ += (sample - smoothed_) / 8;
  }
  const auto sacked = segments_.find(event.begin);
  if (sacked != segments_.end()) sacked->second.sacked = true;
  if (event.cumulative > acked_) {
    const auto newly = static_cast<std::size_t>(event.cumulative - acked_);
    acked_ = event.cumulative;
    while (!segments_.empty() && segments_.begin()->second.end <= acked_) {
      segments_.erase(segments_.begin());
    }
    backoff_ = 0;
    grow_window(newly, now);
    timer_ = segments_.empty() ? Time::max() : now + retransmission_timeout();
  }
  detect_losses(now);
  transmit(now);
}

void TcpLink::timeout(Time now) {
  ++backoff_;
  on_loss(now);
  window_ = kSegment;
  recovery_until_ = next_;
  for (auto& [begin, segment] : segments_) {
    if (!segment.sacked) segment.lost = true;
  }
  timer_ = Time::max();
  transmit(now);
  timer_ = now + retransmission_timeout();
}

Time TcpLink::next_event() const {
  Time next = events_.empty() ? Time::max() : events_.begin()->first;
  if (!segments_.empty()) next = std::min(next, timer_);
  next = std::min(next, acknowledge_at_);
  return read_ < in_order_ ? std::min(next, read_next_) : next;
}

void TcpLink::advance(Time now) {
  while (next_event() <= now) {
    const Time at = next_event();
    if (!events_.empty() && events_.begin()->first == at) {
      const Event event = events_.begin()->second;
      events_.erase(events_.begin());
      if (event.kind == Event::Kind::kArrive) {
        arrive(event, at);
      } else {
        acknowledge(event, at);
      }
    } else if (acknowledge_at_ == at) {
      send_acknowledgement(at);
    } else if (!segments_.empty() && timer_ == at) {
      timeout(at);
    } else {
      read(at);
      transmit(at);  // the window that the reader opened
    }
  }
}

}  // namespace sluice::sim
