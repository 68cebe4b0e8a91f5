#include "sfu/egress_pump.h"

#include <algorithm>
#include <chrono>

#include "sfu/metric_kinds.h"
#include "sfu/socket_facts.h"
#include "signaling/server_message.h"

namespace sluice::sfu {
namespace {

using namespace std::chrono_literals;

/// The kernel counts in ticks: at 100 Hz this much of what it says may not be so.
constexpr std::chrono::milliseconds kTick{10};

}  // namespace

EgressPump::Outcome EgressPump::run(media::Egress& egress, Outbox& outbox, Transport& transport,
                                    media::Time now) {
  if (!waiting_) last_progress_ = now;
  waiting_ = true;
  // What an earlier write left is bound to the wire already: it goes before anything is chosen.
  Fill filled = outbox.empty() ? fill(egress, outbox, now) : Fill::kMore;
  for (int step = 0; step < kStepsMax; ++step) {
    if (!outbox.empty()) {
      const auto written = outbox.write(transport, {.end_of_record = link_.congested()});
      if (written && *written > 0) last_progress_ = now;
      if (!written && written.error() != IoStatus::kWouldBlockWrite) return Outcome::kLost;
      if (!outbox.empty()) {
        link_.blocked();
        return Outcome::kAwaitWritable;
      }
    }
    if (filled == Fill::kNothingWaits) return finish(transport);
    if (filled == Fill::kHeldBack) return Outcome::kAwaitTick;
    filled = fill(egress, outbox, now);
  }
  return Outcome::kAwaitTick;
}

EgressPump::Outcome EgressPump::finish(Transport& transport) {
  if (transport.unflushed_bytes() > 0) {
    // The last TLS record is cut in half; the socket says when the rest may go.
    const auto flushed = transport.flush();
    if (!flushed) {
      return flushed.error() == IoStatus::kWouldBlockWrite ? Outcome::kAwaitWritable
                                                           : Outcome::kLost;
    }
  }
  waiting_ = false;
  return Outcome::kIdle;
}

void EgressPump::look(media::Time now) {
  const auto queue = read_send_queue_facts(descriptor_);
  if (queue) {
    if (queue->unacknowledged_bytes < outstanding_bytes_) last_progress_ = now;
    outstanding_bytes_ = queue->unacknowledged_bytes;
    metrics_.kernel_unsent_bytes.observe(static_cast<double>(queue->unsent_bytes));
    metrics_.in_flight_bytes.observe(static_cast<double>(queue->unacknowledged_bytes));
    link_.looked(
        {.outstanding_bytes = queue->unacknowledged_bytes, .unsent_bytes = queue->unsent_bytes},
        now);
  }
  if (link_.needs_sample(now)) sample(now);
  if (link_.congested() || recorder_.link_congested()) record_link(now);
}

void EgressPump::sample(media::Time now) {
  if (const auto path = read_tcp_facts(descriptor_)) {
    link_.sampled({.round_trip = path->rtt,
                   .min_round_trip = path->min_rtt.value_or(path->rtt),
                   .bytes_acked = path->bytes_acked.value_or(0),
                   .retransmitted_segments = path->retransmitted_segments_total,
                   .receive_window = path->receive_window_bytes,
                   .segment_bytes = path->mss_bytes},
                  now);
    if (path->sent_segments_total && path->delivered_segments_total) {
      congestion_.sampled({.sent_segments = *path->sent_segments_total,
                           .retransmitted_segments = path->retransmitted_segments_total,
                           .delivered_segments = *path->delivered_segments_total},
                          now);
    }
    bytes_acked_ = path->bytes_acked.value_or(0);
  }
}

void EgressPump::record_link(media::Time now) {
  const media::LinkEstimate estimate = link_.estimate();
  recorder_.link(
      {.outstanding_bytes = static_cast<std::uint32_t>(outstanding_bytes_),
       .unsent_bytes = static_cast<std::uint32_t>(link_.unsent_bytes()),
       .acked_bytes_low = static_cast<std::uint32_t>(bytes_acked_),
       .round_trip_us = static_cast<std::uint32_t>(link_.round_trip().count()),
       .min_round_trip_us = static_cast<std::uint32_t>(link_.min_round_trip().count())},
      {.bytes_per_second = static_cast<std::uint32_t>(estimate.bytes_per_second.value_or(0)),
       .cap_bytes = link_.cap().off() ? 0 : static_cast<std::uint32_t>(link_.cap().bytes()),
       .in_flight_bytes = static_cast<std::uint32_t>(estimate.outstanding_bytes),
       .queueing_delay_us = static_cast<std::uint32_t>(link_.queueing_delay().count()),
       .congested = link_.congested(),
       .outage = link_.outage(now)});
}

EgressPump::Fill EgressPump::fill(media::Egress& egress, Outbox& outbox, media::Time now) {
  for (;;) {
    const bool urgent = egress.urgent_waiting();
    if (!urgent && !egress.video_waiting()) {
      link_.drained();
      return Fill::kNothingWaits;
    }
    // What is chosen already would not be in the kernel's count.
    if (outbox.empty() && link_.needs_look(now)) look(now);
    std::optional<media::Departure> departure;
    if (link_.may_send_audio()) {
      departure = egress.next(now, link_.estimate(), link_.may_send_video());
      // What waited was too late, and is gone.
      if (!departure && !egress.video_waiting()) continue;
    }
    if (!departure) {
      // Only a look can tell whether it must really wait.
      if (!outbox.empty()) return Fill::kMore;
      link_.held_back();
      // What waits may wait for nothing but the answer about what was written last.
      if (!link_.wants_probe(now)) return Fill::kHeldBack;
      probe(outbox, now);
      return Fill::kMore;
    }
    depart(*std::move(departure), outbox, now);
    if (link_.congested()) {
      gather_sound(egress, outbox, now);
      return Fill::kMore;
    }
  }
}

void EgressPump::gather_sound(media::Egress& egress, Outbox& outbox, media::Time now) {
  while (egress.urgent_waiting() && link_.may_send_audio() &&
         outbox.bytes() < link_.estimate().chunk_bytes) {
    auto departure = egress.next(now, link_.estimate(), false);
    if (!departure) return;
    depart(*std::move(departure), outbox, now);
  }
}

void EgressPump::depart(media::Departure departure, Outbox& outbox, media::Time now) {
  if (!departure.is_control() && link_.wants_probe(now)) probe(outbox, now);
  const std::size_t before = outbox.bytes();
  if (departure.is_control()) {
    const std::size_t length = departure.control->size();
    outbox.add_text(framing_, std::move(departure.control));
    metrics_.bytes_sent[metrics::ByteKind::kControl].add(length);
    link_.wrote(outbox.bytes() - before, 0, now);
    return;
  }
  const std::size_t length = media::chunk_header_size(departure.header) + departure.payload.size();
  count(departure, length, now);
  if (link_.congested() && !departure.header.abandon) {
    recorder_.departed(*departure.frame, departure.header.offset, departure.header.last);
  }
  outbox.add_chunk(framing_, departure.header, std::move(departure.frame), departure.payload);
  link_.wrote(outbox.bytes() - before, length, now);
}

void EgressPump::probe(Outbox& outbox, media::Time now) {
  const std::size_t before = outbox.bytes();
  auto ping = std::make_shared<const std::string>(signaling::serialise(
      signaling::ServerMessage{.id = link_.probe(now), .body = signaling::Ping{}}));
  metrics_.bytes_sent[metrics::ByteKind::kControl].add(ping->size());
  outbox.add_text(framing_, std::move(ping));
  link_.wrote(outbox.bytes() - before, 0, now);
}

void EgressPump::count(const media::Departure& departure, std::size_t bytes, media::Time now) {
  const media::MediaKind kind = departure.frame->kind;
  metrics_.bytes_sent[byte_kind(kind)].add(bytes);
  if (!departure.header.last) return;
  const auto age = now - departure.frame->arrival;
  metrics_.queue_age(frame_kind(kind)).observe(std::chrono::duration<double>(age).count());
}

void EgressPump::take_control(media::Egress& egress, Outbox& outbox, media::Time now) {
  while (auto departure = egress.next(now, link_.estimate(), false)) {
    // Control goes first, so what is not control says that none is left; media is not wanted now.
    if (!departure->is_control()) return;
    depart(*std::move(departure), outbox, now);
  }
}

void EgressPump::sent_in_step(const media::FrameDescription& frame, media::Time at) {
  const std::size_t media_bytes = media::chunk_header_size(frame) + frame.length;
  const std::size_t prefix = message_prefix_bytes(framing_, media_bytes);
  link_.wrote(prefix + media_bytes, media_bytes, at);
  link_.drained();
  last_progress_ = at;
}

media::Time EgressPump::arrival(media::Time now) const {
  const auto facts = read_tcp_facts(descriptor_);
  return facts ? now - std::max(facts->last_data_ago - kTick, 0ms) : now;
}

void EgressPump::answered(std::uint64_t ping, media::Time now) {
  link_.answered(ping, arrival(now));
}

bool EgressPump::reported(std::uint64_t received_bytes, media::Time now) {
  if (!link_.reported(received_bytes, arrival(now))) return false;
  if (link_.congested()) {
    recorder_.record(
        media::ReportSeen{.received_bytes_low = static_cast<std::uint32_t>(received_bytes)});
  }
  return true;
}

}  // namespace sluice::sfu
