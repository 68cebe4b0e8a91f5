#include "tests/sim/meeting.h"

#include <algorithm>

#include "tests/sim/meeting_loop.h"

namespace sluice::sim {

MeetingResult run_meeting(const MeetingSettings& settings, const MakeSender& make) {
  media::FramePool pool{std::size_t{1} << 30};
  MeetingResult result;
  {
    TcpLink link{settings.link};
    PublisherModel publisher{pool, settings.publisher};
    ReceiverModel receiver{settings.budgets, settings.publisher.encodings};
    const std::unique_ptr<Sender> sender = make(link, settings);
    const Time now = run_loop({.length = settings.length,
                               .round_trip = settings.link.round_trip,
                               .report_interval = settings.report_interval},
                              link, publisher, receiver, *sender);
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
