#include "tests/sim/meeting.h"

#include <algorithm>

namespace sluice::sim {

MeetingResult run_meeting(const MeetingSettings& settings, const MakeSender& make) {
  media::FramePool pool{std::size_t{1} << 30};
  MeetingResult result;
  {
    TcpLink link{settings.link};
    PublisherModel publisher{pool, settings.publisher};
    ReceiverModel receiver{settings.budgets, settings.publisher.encodings};
    const std::unique_ptr<Sender> sender = make(link, settings);
    struct Report {
      Time arrives;
      std::uint64_t bytes;
    };
    std::deque<Report> reports;
    struct Pong {
      Time arrives;
      std::uint64_t ping;
    };
    std::deque<Pong> pongs;
    std::uint64_t reported = 0;
    Time report_due = Time::max();
    Time look = Time::max();
    std::vector<media::Egress::SyncWanted> requests;
    Time now{};
    const Time end = Time{} + settings.length;
    while (now < end) {
      const Time next = std::min({publisher.next_arrival(), link.next_event(), look, report_due,
                                  reports.empty() ? Time::max() : reports.front().arrives,
                                  pongs.empty() ? Time::max() : pongs.front().arrives, end});
      now = std::max(now, next);
      link.advance(now);
      auto& wire = sender->wire();
      while (!wire.empty() && wire.front().end <= link.delivered()) {
        receiver.received(wire.front(), now);
        wire.pop_front();
      }
      auto& pings = sender->pings();
      while (!pings.empty() && pings.front().end <= link.delivered()) {
        pongs.push_back({now + settings.link.round_trip / 2, pings.front().id});
        pings.pop_front();
      }
      if (settings.report_interval > Duration::zero() && receiver.media_bytes() > reported &&
          report_due == Time::max()) {
        report_due = now + settings.report_interval;
      }
      if (report_due <= now) {
        reported = receiver.media_bytes();
        reports.push_back({now + settings.link.round_trip / 2, reported});
        report_due = Time::max();
      }
      while (!reports.empty() && reports.front().arrives <= now) {
        sender->on_report(reports.front().bytes, now);
        reports.pop_front();
      }
      while (!pongs.empty() && pongs.front().arrives <= now) {
        sender->on_pong(pongs.front().ping, now);
        pongs.pop_front();
      }
      for (const media::FrameRef& frame : publisher.arrivals(now)) {
        receiver.offered(*frame);
        sender->on_frame(frame, now);
      }
      sender->pump(now);
      requests.clear();
      sender->poll_keyframe_requests(now, requests);
      for (const auto& wanted : requests) publisher.request_keyframe(wanted.encoding, now);
      look = sender->next_look(now);
    }
    result.outcome = receiver.finish(now);
    result.shown_times = receiver.shown_times();
    result.pictures = receiver.pictures();
    result.heard_times = receiver.heard_times();
  }
  return result;
}

double quantile_ms(std::vector<Duration> values, double share) {
  if (values.empty()) return 0;
  const auto index = std::min(values.size() - 1,
                              static_cast<std::size_t>(share * static_cast<double>(values.size())));
  std::ranges::nth_element(values, values.begin() + static_cast<std::ptrdiff_t>(index));
  return static_cast<double>(values[index].count()) / 1000;
}

}  // namespace sluice::sim
