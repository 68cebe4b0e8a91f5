#include "client/demo_participant.h"

#include <algorithm>

namespace sluice::client {
namespace {

using std::chrono::milliseconds;

// A restart takes a second or two, so the first tries are quick; a server that is away for long is
// not worth more than a try each five seconds.
constexpr milliseconds kRetryFirst{250};
constexpr milliseconds kRetryLongest{5000};

}  // namespace

DemoParticipant::DemoParticipant(const boost::asio::any_io_executor& executor, Options options,
                                 std::function<void(const std::string&)> report)
    : executor_{executor},
      options_{std::move(options)},
      report_{std::move(report)},
      retry_timer_{executor},
      retry_after_{kRetryFirst} {}

void DemoParticipant::connect() {
  PublishOptions publish{.transport = options_.transport,
                         .join = {.room = options_.room,
                                  .name = options_.name,
                                  .identity = options_.identity,
                                  .auto_subscribe = false},
                         .video_bitrate_bps = options_.video_bitrate_bps,
                         .audio_bitrate_bps = 24'000};
  if (options_.token) publish.join.token = options_.token();
  session_ = std::make_shared<PublishSession>(executor_, std::move(publish),
                                              make_synthetic_video(options_.name, options_.picture),
                                              make_murmur(options_.name));
  session_->start([this](const PublishSession::Outcome& outcome) { ended(outcome); });
}

void DemoParticipant::ended(const PublishSession::Outcome& outcome) {
  if (stopped_) return std::exchange(stopped_, nullptr)();
  if (session_->joined()) retry_after_ = kRetryFirst;
  // The same failure again is not worth another line.
  if (outcome.failure != last_failure_) report_(options_.name + ": " + outcome.failure);
  last_failure_ = outcome.failure;
  retry_timer_.expires_after(retry_after_);
  retry_after_ = std::min(retry_after_ * 2, kRetryLongest);
  retry_timer_.async_wait([this](const boost::system::error_code& error) {
    if (!error) connect();
  });
}

void DemoParticipant::stop(std::function<void()> stopped) {
  stopped_ = std::move(stopped);
  // Between two connections there is nobody to say goodbye to.
  if (retry_timer_.cancel() > 0) return std::exchange(stopped_, nullptr)();
  session_->stop();
}

}  // namespace sluice::client
