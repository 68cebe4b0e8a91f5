#pragma once

#include <functional>
#include <memory>

#include "tests/sim/publisher_model.h"
#include "tests/sim/receiver_model.h"
#include "tests/sim/sender.h"
#include "tests/sim/tcp_link.h"

namespace sluice::sim {

/// One publisher, one server, one subscriber behind one link, for some seconds of simulated time.
struct MeetingSettings {
  TcpLink::Settings link;
  PublisherModel::Settings publisher;
  ReceiverModel::Budgets budgets;
  Duration length = std::chrono::seconds{60};
  /// The receiver's reports; zero: it sends none.
  Duration report_interval = std::chrono::milliseconds{50};
};

/// Makes the server's side for one meeting.
using MakeSender = std::function<std::unique_ptr<Sender>(TcpLink&, const MeetingSettings&)>;

struct MeetingResult {
  ReceiverModel::Outcome outcome;
  std::vector<Time> shown_times, heard_times;
  std::vector<ReceiverModel::Picture> pictures;  ///< of each of `shown_times`
};

/// Runs it; the same settings give the same result.
[[nodiscard]] MeetingResult run_meeting(const MeetingSettings& settings, const MakeSender& make);

/// The `share` quantile (0 to 1) of some durations, in milliseconds; 0 of none.
[[nodiscard]] double quantile_ms(std::vector<Duration> values, double share);

}  // namespace sluice::sim
