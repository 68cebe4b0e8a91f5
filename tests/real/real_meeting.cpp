#include "tests/real/real_meeting.h"

#include <sched.h>

#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <stdexcept>
#include <utility>
#include <vector>

#include "client/clock.h"
#include "tests/integration/server_process.h"
#include "tests/link/background_link.h"
#include "tests/real/model_publisher.h"

namespace sluice::real {
namespace {

using link::BackgroundLink;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr media::Duration kPatience = seconds{10};

/// The participant behind the link: hands whole frames to the receiver model.
class ModelSubscriber final : private client::ConnectionObserver {
 public:
  using Received = std::function<void(const media::FrameRef& frame)>;

  ModelSubscriber(boost::asio::io_context& io, const std::string& url, bool lanes,
                  Received received)
      : received_{std::move(received)} {
    client::ConnectionObserver& observer = *this;
    connection_ = std::make_shared<client::ClientConnection>(
        io.get_executor(),
        client::TransportOptions{.url = client::parse_server_url(url).value(),
                                 .user_agent = "sluice-score-real"},
        observer);
    connection_->start({.room = "score", .name = "subscriber", .lanes = lanes});
  }
  ModelSubscriber(const ModelSubscriber&) = delete;
  ModelSubscriber& operator=(const ModelSubscriber&) = delete;
  ~ModelSubscriber() { connection_->abort(); }

  [[nodiscard]] bool joined() const { return connection_->room().has_value(); }
  [[nodiscard]] int subscribed() const { return subscribed_; }
  [[nodiscard]] client::ConnectionFigures figures() const { return connection_->figures(); }
  [[nodiscard]] const std::string& failure() const { return failure_; }

 private:
  void on_message(const signaling::ServerMessage& message) override {
    if (std::holds_alternative<signaling::Subscribed>(message.body)) ++subscribed_;
  }
  void on_frame(const media::FrameRef& frame) override { received_(frame); }
  void on_keyframe_wanted(media::TrackHandle, media::EncodingId) override {}
  void on_closed(const client::CloseReason& reason) override { failure_ = reason.message; }

  Received received_;
  int subscribed_ = 0;
  std::string failure_;
  std::shared_ptr<client::ClientConnection> connection_;
};

std::expected<std::unique_ptr<BackgroundLink>, std::string> make_link(
    const sim::TcpLink::Settings& link) {
  const media::Duration delay = link.round_trip / 2;
  return BackgroundLink::create(
      {.down = {.capacity = link.capacity,
                .delay = delay,
                .queue_bytes = link.queue_bytes,
                .loss = {.share = link.loss, .mean_burst = link.loss_burst, .seed = link.seed}},
       .up = {.delay = delay}});
}

/// Runs handlers until `done`; throws what `failure` says, or that it took too long.
void run_until(boost::asio::io_context& io, const char* what, media::Time latest,
               const std::function<bool()>& done, const std::function<std::string()>& failure) {
  while (!done()) {
    if (client::now() > latest) throw std::runtime_error{std::string{what} + " took too long"};
    io.run_one_for(milliseconds{10});
    if (const std::string why = failure(); !why.empty()) throw std::runtime_error{why};
  }
}

void enter(const BackgroundLink& link, BackgroundLink::Side side) {
  if (auto entered = link.enter(side); !entered) throw std::runtime_error{entered.error()};
}

RealMeetingResult meet(BackgroundLink& link, const sim::MeetingSettings& settings,
                       const std::string& congestion_control, bool lanes) {
  enter(link, BackgroundLink::Side::kServer);
  std::vector<std::string> arguments{"--bind", "0.0.0.0", "--insecure-open-rooms",
                                     "--congestion-control", congestion_control};
  if (lanes) arguments.emplace_back("--lanes");
  const integration::ServerProcess server{arguments};
  const std::string port = ":" + std::to_string(server.port());

  boost::asio::io_context io{1};
  media::Time start{};
  sim::ReceiverModel receiver{settings.budgets, settings.publisher.encodings};
  const auto since = [&] { return media::Time{client::now() - start}; };

  enter(link, BackgroundLink::Side::kClient);
  ModelSubscriber subscriber{io, std::string{"tcp://"} + BackgroundLink::kServerAddress + port,
                             lanes, [&](const media::FrameRef& frame) {
                               sim::WireMessage whole{.frame = frame,
                                                      .payload_bytes = frame->description.length};
                               whole.header.last = true;
                               receiver.received(whole, since());
                             }};
  const auto failure = [&] { return subscriber.failure(); };
  // The lane too, while this thread's sockets are of that side.
  run_until(
      io, "joining", client::now() + kPatience,
      [&] { return subscriber.joined() && (!lanes || subscriber.figures().lanes_opened == 1); },
      failure);

  enter(link, BackgroundLink::Side::kServer);
  ModelPublisher publisher{io, "tcp://127.0.0.1" + port, settings.publisher,
                           [&](const media::Frame& frame) { receiver.offered(frame); }};
  const auto either_failure = [&] {
    return publisher.failure().empty() ? subscriber.failure() : publisher.failure();
  };
  run_until(
      io, "publishing", client::now() + kPatience, [&] { return publisher.published(); },
      either_failure);
  run_until(
      io, "subscribing", client::now() + kPatience, [&] { return subscriber.subscribed() == 2; },
      either_failure);

  start = client::now();
  link.restart_schedules();
  publisher.begin(start);
  const media::Time end = start + settings.length;
  run_until(
      io, "the meeting", end + kPatience, [&] { return client::now() >= end; }, either_failure);
  RealMeetingResult result{.meeting = {.outcome = receiver.finish(since())}};
  result.meeting.shown_times = receiver.shown_times();
  result.meeting.heard_times = receiver.heard_times();
  result.lanes_opened = subscriber.figures().lanes_opened;
  result.lane_frames = subscriber.figures().lane_frames_received;
  result.link = link.finish(BackgroundLink::Side::kServer);
  return result;
}

/// For its life, this thread and what it starts go before the machine's other work, which is not
/// what is to be measured; a meeting needs a tenth of a processor. Without the right to it, all is
/// measured together.
class Undisturbed {
 public:
  Undisturbed() {
    const sched_param priority{.sched_priority = 40};  // behind the link's own thread
    sched_setscheduler(0, SCHED_FIFO, &priority);
  }
  Undisturbed(const Undisturbed&) = delete;
  Undisturbed& operator=(const Undisturbed&) = delete;
  ~Undisturbed() {
    const sched_param none{};
    sched_setscheduler(0, SCHED_OTHER, &none);
  }
};

}  // namespace

std::expected<RealMeetingResult, std::string> run_real_meeting(
    const sim::MeetingSettings& settings, const std::string& congestion_control, bool lanes) {
  if (settings.link.read_bits_per_second > 0) {
    return std::unexpected(std::string{"a reader that holds back is not emulated"});
  }
  const Undisturbed undisturbed;
  auto link = make_link(settings.link);
  if (!link) return std::unexpected(std::move(link.error()));
  try {
    return meet(**link, settings, congestion_control, lanes);
  } catch (const std::exception& error) {
    return std::unexpected(std::string{error.what()});
  }
}

}  // namespace sluice::real
