#include "client/server_link.h"

#include <utility>
#include <variant>

#include "client/clock.h"
#include "client/socket_facts.h"
#include "media/chunk_header.h"

namespace sluice::client {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// Until `hello` says better: the defaults of docs/protocol.md section 4.1.
constexpr media::Duration kReportInterval = milliseconds{50};
constexpr media::Duration kTimeout = seconds{10};
constexpr media::Duration kPingInterval = seconds{2};
constexpr media::Duration kTick = milliseconds{250};
/// How long a goodbye may take to be written and answered by a close.
constexpr media::Duration kLeaveTimeout = seconds{1};

// A room full of people whose frames all arrive at once.
constexpr std::size_t kReceiveStreams = 512;
// `joined` names every participant of a room, so it may be long.
constexpr std::size_t kControlBytesMax = 1024 * 1024;

template <typename... Handlers>
struct Match : Handlers... {
  using Handlers::operator()...;
};

}  // namespace

ServerLink::ServerLink(const boost::asio::any_io_executor& executor, TransportOptions options,
                       std::shared_ptr<media::FramePool> pool, LinkObserver& observer)
    : observer_{&observer},
      pool_{std::move(pool)},
      assembler_{*pool_, signaling::Limits{}.frame_bytes, kReceiveStreams},
      report_interval_{kReportInterval},
      timeout_{kTimeout},
      tick_timer_{executor},
      report_timer_{executor},
      look_timer_{executor} {
  options.message_bytes_max = kControlBytesMax;
  transport_ = make_transport(executor, std::move(options), *this);
}

ServerLink::~ServerLink() { abort(); }

template <typename Handler>
void ServerLink::arm(boost::asio::steady_timer& timer, media::Time moment, Handler handler) {
  timer.expires_at(steady(moment));
  timer.async_wait([weak = weak_from_this(), handler](const boost::system::error_code& error) {
    const auto self = weak.lock();
    if (!error && self && !self->ended_) handler(*self);
  });
}

void ServerLink::start(signaling::ClientBody opening) {
  opening_ = std::move(opening);
  last_heard_ = now();
  transport_->start();
  tick();
}

std::uint64_t ServerLink::request(signaling::ClientBody body) {
  const std::uint64_t id = next_id_++;
  queue(std::move(body), id, std::nullopt);
  return id;
}

void ServerLink::send(signaling::ClientBody body) {
  queue(std::move(body), std::nullopt, std::nullopt);
}

void ServerLink::queue(signaling::ClientBody body, std::optional<std::uint64_t> id,
                       std::optional<std::uint64_t> reply_to) {
  control_.push_back(
      serialise(signaling::ClientMessage{.id = id, .reply_to = reply_to, .body = std::move(body)}));
  pump();
}

void ServerLink::send_frame(const media::FrameDescription& description, media::MediaKind kind,
                            std::span<const std::byte> payload) {
  if (ended_ || leaving_) return;
  uplink_.push(description, kind, payload, now());
  pump();
}

void ServerLink::receive_track(media::TrackHandle track, media::MediaKind kind) {
  incoming_[track] = {.kind = kind, .clock = {}};
}

void ServerLink::forget_track(media::TrackHandle track) {
  incoming_.erase(track);
  track_reports_.erase(static_cast<signaling::TrackHandle>(track));
  assembler_.forget(track);
}

void ServerLink::set_track_report(const signaling::TrackReport& report) {
  track_reports_[report.handle] = report;
}

void ServerLink::leave() {
  if (ended_ || leaving_) return;
  leaving_ = true;
  if (!open_) return end({.kind = CloseReason::Kind::kLeft, .message = "left"});
  send(signaling::Goodbye{.reason = signaling::GoodbyeReason::kLeft});
  arm(tick_timer_, now() + kLeaveTimeout,
      [](ServerLink& self) { self.end({.kind = CloseReason::Kind::kLeft, .message = "left"}); });
}

void ServerLink::abort() {
  ended_ = true;
  open_ = false;
  transport_->close();
  tick_timer_.cancel();
  report_timer_.cancel();
  look_timer_.cancel();
}

void ServerLink::limit_stall(media::Duration most) {
  client::limit_stall(transport_->descriptor(), most);
}

void ServerLink::end(const CloseReason& reason) {
  if (ended_) return;
  const auto self = shared_from_this();
  abort();
  observer_->on_link_closed(*this, reason);
}

LinkFigures ServerLink::figures() const {
  return {.media_bytes_sent = media_bytes_sent_,
          .media_bytes_received = media_bytes_received_,
          .frames_received = frames_received_,
          .frames_abandoned_by_server = assembler_.abandoned(),
          .round_trip = round_trip_};
}

void ServerLink::on_open() {
  open_ = true;
  last_heard_ = now();
  // The server's hello need not be waited for: one round trip saved (docs/protocol.md 4.1).
  send(signaling::ClientHello{.versions = {1}, .client = "sluice/" SLUICE_VERSION});
  request(std::move(*opening_));
  opening_.reset();
}

void ServerLink::on_transport_closed(bool opened, std::string reason) {
  using Kind = CloseReason::Kind;
  if (announced_) return end(*announced_);
  if (leaving_) return end({.kind = Kind::kLeft, .message = "left"});
  end({.kind = opened ? Kind::kLost : Kind::kCannotConnect, .message = std::move(reason)});
}

void ServerLink::on_written() {
  writing_ = false;
  pump();
}

void ServerLink::pump() {
  if (!open_ || writing_) return;
  if (pump_control() || leaving_) return;
  pump_media();
}

bool ServerLink::pump_control() {
  if (control_.empty()) return false;
  writing_ = true;
  uplink_.link().wrote(control_.front().size(), 0, now());
  transport_->write({.control = true, .text = std::move(control_.front())});
  control_.pop_front();
  return true;
}

void ServerLink::look_at_link() {
  media::LinkController& link = uplink_.link();
  const media::Time moment = now();
  if (!link.needs_look(moment)) return;
  if (const auto facts = read_send_queue(transport_->descriptor())) link.looked(*facts, moment);
  if (!link.needs_sample(moment)) return;
  if (const auto facts = read_path(transport_->descriptor())) link.sampled(*facts, moment);
}

bool ServerLink::pump_media() {
  look_at_link();
  const media::Time moment = now();
  const auto departure = uplink_.next(moment);
  if (!departure) {
    if (uplink_.waiting() && !look_armed_) {
      look_armed_ = true;
      arm(look_timer_, media::LinkController::next_look(moment), [](ServerLink& self) {
        self.look_armed_ = false;
        self.pump();
      });
    }
    return false;
  }
  OutgoingMessage message;
  message.head.resize(media::chunk_header_size(departure->header));
  media::write_chunk_header(departure->header, message.head);
  message.body = departure->payload;
  message.pool = uplink_.pool();
  message.frame = departure->frame;
  const std::size_t bytes = message.head.size() + message.body.size();
  media_bytes_sent_ += bytes;
  uplink_.link().wrote(bytes, bytes, moment);
  writing_ = true;
  transport_->write(std::move(message));
  return true;
}

void ServerLink::on_text(std::string_view text) {
  // The observer may let go of this link in what follows.
  const auto self = shared_from_this();
  last_heard_ = now();
  const auto message = signaling::parse_server_message(text, kControlBytesMax);
  if (!message) {
    // A newer server may say what this version does not know; that is no reason to leave.
    if (message.error().code == signaling::ErrorCode::kUnknownType) return;
    return end(
        {.kind = CloseReason::Kind::kLost,
         .message = "the server sent a message that cannot be read: " + message.error().message});
  }
  handle(*message);
}

void ServerLink::handle(const signaling::ServerMessage& message) {
  using Kind = CloseReason::Kind;
  std::visit(
      Match{
          [&](const signaling::ServerHello& hello) {
            report_interval_ = std::chrono::duration_cast<media::Duration>(hello.report_interval);
            timeout_ = std::chrono::duration_cast<media::Duration>(hello.timeout);
          },
          [&](const signaling::ReportInterval& reports) {
            report_interval_ = std::chrono::duration_cast<media::Duration>(reports.interval);
          },
          [&](const signaling::Ping&) { queue(signaling::Pong{}, std::nullopt, message.id); },
          [&](const signaling::Pong&) {
            if (!ping_id_ || message.reply_to != ping_id_) return;
            round_trip_ = now() - ping_sent_;
            ping_id_.reset();
          },
          [&](const signaling::ServerReport& received) {
            if (!uplink_.link().reported(received.received_bytes, now())) {
              return end({.kind = Kind::kLost,
                          .message = "the server reports bytes that were never sent"});
            }
            pump();
          },
          [&](const signaling::Goodbye& goodbye) {
            announced_ = {
                .kind = Kind::kGoodbye,
                .message = "the server said goodbye: " + std::string{to_string(goodbye.reason)},
                .goodbye = goodbye.reason};
          },
          [&](const signaling::ErrorReport& error) {
            if (!error.fatal) return;
            announced_ = {.kind = Kind::kRefused, .message = error.message, .error = error.code};
          },
          [](const auto&) {},
      },
      message.body);
  if (!ended_) observer_->on_link_message(*this, message);
}

void ServerLink::on_binary(std::span<const std::byte> message) {
  const auto self = shared_from_this();
  const media::Time moment = now();
  last_heard_ = moment;
  media_bytes_received_ += message.size();
  if (!report_armed_) {
    report_armed_ = true;
    arm(report_timer_, moment + report_interval_, [](ServerLink& link) {
      link.report_armed_ = false;
      link.report();
    });
  }
  const auto chunk = media::parse_chunk(message);
  if (!chunk) {
    return end({.kind = CloseReason::Kind::kLost,
                .message = std::string{"the server sent bad media: "} + describe(chunk.error())});
  }
  // Media of a track that ended may still be on its way.
  const auto incoming = incoming_.find(chunk->header.track);
  if (incoming == incoming_.end()) return;
  const auto frame = assembler_.add(*chunk, incoming->second.kind, incoming->second.clock, moment);
  if (!frame) {
    return end(
        {.kind = CloseReason::Kind::kLost,
         .message = std::string{"the server sent bad media: "} + media::describe(frame.error())});
  }
  if (!*frame) return;
  ++frames_received_;
  observer_->on_link_frame(*this, *frame);
}

void ServerLink::report() {
  if (media_bytes_received_ == media_bytes_reported_) return;
  media_bytes_reported_ = media_bytes_received_;
  signaling::ClientReport report{.received_bytes = media_bytes_received_, .tracks = {}};
  for (const auto& [handle, track] : track_reports_) report.tracks.push_back(track);
  send(std::move(report));
}

void ServerLink::tick() {
  if (leaving_) return;
  const media::Time moment = now();
  if (moment - last_heard_ > timeout_) {
    return end({.kind = open_ ? CloseReason::Kind::kLost : CloseReason::Kind::kCannotConnect,
                .message = "nothing was heard from the server for " +
                           std::to_string(timeout_.count() / 1'000'000) + " s"});
  }
  if (open_ && !ping_id_ && moment - ping_sent_ >= kPingInterval) {
    ping_sent_ = moment;
    ping_id_ = request(signaling::Ping{});
  }
  observer_->on_link_tick(*this);
  if (ended_) return;
  arm(tick_timer_, moment + kTick, [](ServerLink& self) { self.tick(); });
}

}  // namespace sluice::client
