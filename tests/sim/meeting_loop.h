#pragma once

#include <algorithm>
#include <deque>
#include <vector>

#include "tests/sim/sender.h"
#include "tests/sim/tcp_link.h"

namespace sluice::sim {

/// What the loop of a meeting needs to know besides who takes part.
struct MeetingCourse {
  Duration length{};
  Duration round_trip{};  ///< half of it is the way of what the receiver says
  /// How long after something came the receiver reports; zero: it sends none.
  Duration report_interval{};
};

/// Lets time pass from one event to the next until the meeting ends; returns that moment.
///
/// `Publishers` offers `next_arrival()`, `arrivals(Time)` and
/// `request_keyframe(const SyncWanted&, Time)`; `Receivers` offers `offered(const Frame&)`,
/// `received(const WireMessage&, Time)` and `media_bytes()`.
template <typename Publishers, typename Receivers>
Time run_loop(const MeetingCourse& course, TcpLink& link, Publishers& publishers,
              Receivers& receivers, Sender& sender) {
  struct Report {
    Time arrives;
    std::uint64_t bytes;
  };
  struct Pong {
    Time arrives;
    std::uint64_t ping;
  };
  std::deque<Report> reports;
  std::deque<Pong> pongs;
  std::uint64_t reported = 0;
  Time report_due = Time::max();
  Time look = Time::max();
  std::vector<media::Egress::SyncWanted> requests;
  Time now{};
  const Time end = Time{} + course.length;
  while (now < end) {
    const Time next = std::min({publishers.next_arrival(), link.next_event(), look, report_due,
                                reports.empty() ? Time::max() : reports.front().arrives,
                                pongs.empty() ? Time::max() : pongs.front().arrives, end});
    now = std::max(now, next);
    link.advance(now);
    auto& wire = sender.wire();
    while (!wire.empty() && wire.front().end <= link.delivered()) {
      receivers.received(wire.front(), now);
      wire.pop_front();
    }
    auto& pings = sender.pings();
    while (!pings.empty() && pings.front().end <= link.delivered()) {
      pongs.push_back({now + course.round_trip / 2, pings.front().id});
      pings.pop_front();
    }
    if (course.report_interval > Duration::zero() && receivers.media_bytes() > reported &&
        report_due == Time::max()) {
      report_due = now + course.report_interval;
    }
    if (report_due <= now) {
      reported = receivers.media_bytes();
      reports.push_back({now + course.round_trip / 2, reported});
      report_due = Time::max();
    }
    while (!reports.empty() && reports.front().arrives <= now) {
      sender.on_report(reports.front().bytes, now);
      reports.pop_front();
    }
    while (!pongs.empty() && pongs.front().arrives <= now) {
      sender.on_pong(pongs.front().ping, now);
      pongs.pop_front();
    }
    for (const media::FrameRef& frame : publishers.arrivals(now)) {
      receivers.offered(*frame);
      sender.on_frame(frame, now);
    }
    sender.pump(now);
    requests.clear();
    sender.poll_keyframe_requests(now, requests);
    for (const auto& wanted : requests) publishers.request_keyframe(wanted, now);
    look = sender.next_look(now);
  }
  return now;
}

}  // namespace sluice::sim
