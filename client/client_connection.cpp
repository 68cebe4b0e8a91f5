#include "client/client_connection.h"

#include <algorithm>
#include <boost/asio/post.hpp>

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

// A room full of people whose frames all arrive at once; a client has less of them than a server.
constexpr std::size_t kReceivePoolBytes = 128 * 1024 * 1024;
constexpr std::size_t kReceiveStreams = 512;
// `joined` names every participant of a room, so it may be long.
constexpr std::size_t kControlBytesMax = 1024 * 1024;

media::MediaKind media_kind(const signaling::TrackInfo& track) {
  return track.description.kind == signaling::TrackKind::kAudio ? media::MediaKind::kAudio
                                                                : media::MediaKind::kVideo;
}

std::uint16_t number(signaling::TrackHandle handle) { return static_cast<std::uint16_t>(handle); }

template <typename... Handlers>
struct Match : Handlers... {
  using Handlers::operator()...;
};

}  // namespace

ClientConnection::ClientConnection(const boost::asio::any_io_executor& executor,
                                   TransportOptions options, ConnectionObserver& observer)
    : observer_{&observer},
      receive_pool_{kReceivePoolBytes},
      assembler_{receive_pool_, signaling::Limits{}.frame_bytes, kReceiveStreams},
      report_interval_{kReportInterval},
      timeout_{kTimeout},
      tick_timer_{executor},
      report_timer_{executor},
      look_timer_{executor} {
  options.message_bytes_max = kControlBytesMax;
  transport_ = make_transport(executor, std::move(options), *this);
}

ClientConnection::~ClientConnection() { abort(); }

template <typename Handler>
void ClientConnection::arm(boost::asio::steady_timer& timer, media::Time moment, Handler handler) {
  timer.expires_at(steady(moment));
  timer.async_wait([weak = weak_from_this(), handler](const boost::system::error_code& error) {
    const auto self = weak.lock();
    if (!error && self && !self->ended_) handler(*self);
  });
}

void ClientConnection::start(signaling::Join join) {
  join_ = std::move(join);
  last_heard_ = now();
  transport_->start();
  tick();
}

std::uint64_t ClientConnection::request(signaling::ClientBody body) {
  const std::uint64_t id = next_id_++;
  control_.push_back(
      serialise(signaling::ClientMessage{.id = id, .reply_to = {}, .body = std::move(body)}));
  pump();
  return id;
}

void ClientConnection::send(signaling::ClientBody body, std::optional<std::uint64_t> reply_to) {
  control_.push_back(
      serialise(signaling::ClientMessage{.id = {}, .reply_to = reply_to, .body = std::move(body)}));
  pump();
}

std::uint64_t ClientConnection::publish(signaling::TrackDescription track) {
  return request(signaling::Publish{.track = std::move(track)});
}

std::uint64_t ClientConnection::subscribe(signaling::TrackId track,
                                          signaling::SubscriptionSettings settings) {
  return request(signaling::Subscribe{.track = std::move(track), .settings = settings});
}

std::uint64_t ClientConnection::unsubscribe(signaling::TrackId track) {
  return request(signaling::Unsubscribe{.track = std::move(track)});
}

void ClientConnection::request_keyframe(signaling::TrackId track) {
  send(signaling::KeyframeRequest{.track = std::move(track)});
}

void ClientConnection::mute(signaling::TrackId track, bool muted) {
  request(signaling::Mute{.track = std::move(track), .muted = muted});
}

void ClientConnection::send_frame(const media::FrameDescription& description, media::MediaKind kind,
                                  std::span<const std::byte> payload) {
  if (ended_ || leaving_) return;
  uplink_.push(description, kind, payload, now());
  pump();
}

void ClientConnection::set_track_report(const signaling::TrackReport& report) {
  track_reports_[number(report.handle)] = report;
}

void ClientConnection::leave() {
  if (ended_ || leaving_) return;
  leaving_ = true;
  if (!open_) return end({.kind = CloseReason::Kind::kLeft, .message = "left"});
  send(signaling::Goodbye{.reason = signaling::GoodbyeReason::kLeft});
  arm(tick_timer_, now() + kLeaveTimeout, [](ClientConnection& self) {
    self.end({.kind = CloseReason::Kind::kLeft, .message = "left"});
  });
}

void ClientConnection::abort() {
  ended_ = true;
  open_ = false;
  transport_->close();
  tick_timer_.cancel();
  report_timer_.cancel();
  look_timer_.cancel();
}

void ClientConnection::end(const CloseReason& reason) {
  if (ended_) return;
  const auto self = shared_from_this();
  abort();
  observer_->on_closed(reason);
}

ConnectionFigures ClientConnection::figures() const {
  return {.media_bytes_sent = media_bytes_sent_,
          .media_bytes_received = media_bytes_received_,
          .frames_received = frames_received_,
          .frames_abandoned_by_server = assembler_.abandoned(),
          .round_trip = round_trip_};
}

void ClientConnection::on_open() {
  open_ = true;
  last_heard_ = now();
  // The server's hello need not be waited for: one round trip saved (docs/protocol.md 4.1).
  send(signaling::ClientHello{.versions = {1}, .client = "sluice/" SLUICE_VERSION});
  request(std::move(*join_));
  join_.reset();
}

void ClientConnection::on_transport_closed(bool opened, std::string reason) {
  using Kind = CloseReason::Kind;
  if (announced_) return end(*announced_);
  if (leaving_) return end({.kind = Kind::kLeft, .message = "left"});
  end({.kind = opened ? Kind::kLost : Kind::kCannotConnect, .message = std::move(reason)});
}

void ClientConnection::on_written() {
  writing_ = false;
  pump();
}

void ClientConnection::pump() {
  if (!open_ || writing_) return;
  if (pump_control() || leaving_) return;
  pump_media();
}

bool ClientConnection::pump_control() {
  if (control_.empty()) return false;
  writing_ = true;
  uplink_.link().wrote(control_.front().size(), 0, now());
  transport_->write({.control = true, .text = std::move(control_.front())});
  control_.pop_front();
  return true;
}

void ClientConnection::look_at_link() {
  media::LinkController& link = uplink_.link();
  const media::Time moment = now();
  if (!link.needs_look(moment)) return;
  if (const auto facts = read_send_queue(transport_->descriptor())) link.looked(*facts, moment);
  if (!link.needs_sample(moment)) return;
  if (const auto facts = read_path(transport_->descriptor())) link.sampled(*facts, moment);
}

bool ClientConnection::pump_media() {
  look_at_link();
  const media::Time moment = now();
  const auto departure = uplink_.next(moment);
  if (!departure) {
    if (uplink_.waiting() && !look_armed_) {
      look_armed_ = true;
      arm(look_timer_, media::LinkController::next_look(moment), [](ClientConnection& self) {
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

void ClientConnection::on_text(std::string_view text) {
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

void ClientConnection::handle(const signaling::ServerMessage& message) {
  using Kind = CloseReason::Kind;
  std::visit(
      Match{
          [&](const signaling::ServerHello& hello) {
            limits_ = hello.limits;
            report_interval_ = std::chrono::duration_cast<media::Duration>(hello.report_interval);
            timeout_ = std::chrono::duration_cast<media::Duration>(hello.timeout);
          },
          [&](const signaling::Ping&) { send(signaling::Pong{}, message.id); },
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
  if (ended_) return;
  learn_room(message);
  observer_->on_message(message);
}

void ClientConnection::learn_room(const signaling::ServerMessage& message) {
  const KnownRoom::TrackChanges changes = room_.learn(message);
  for (const signaling::TrackInfo& track : changes.ended) {
    incoming_.erase(number(track.handle));
    track_reports_.erase(number(track.handle));
    assembler_.forget(static_cast<media::TrackHandle>(track.handle));
  }
  for (const signaling::TrackInfo& track : changes.published) {
    incoming_[number(track.handle)] = {
        .track = track.track, .kind = media_kind(track), .clock = {}};
  }
  for (const signaling::TrackInfo& track : changes.own_started) {
    const auto& encodings = track.description.video.encodings;
    (void)uplink_.add_track(static_cast<media::TrackHandle>(track.handle), media_kind(track),
                            std::max(1, static_cast<int>(encodings.size())));
  }
  for (const signaling::TrackInfo& track : changes.own_ended) {
    uplink_.remove_track(static_cast<media::TrackHandle>(track.handle));
  }
  if (const auto* ended = std::get_if<signaling::Unsubscribed>(&message.body)) {
    // A later subscription begins with a frame of its own.
    for (const auto& [handle, incoming] : incoming_) {
      if (incoming.track != ended->track) continue;
      assembler_.forget(static_cast<media::TrackHandle>(handle));
    }
  }
}

void ClientConnection::on_binary(std::span<const std::byte> message) {
  const media::Time moment = now();
  last_heard_ = moment;
  media_bytes_received_ += message.size();
  if (!report_armed_) {
    report_armed_ = true;
    arm(report_timer_, moment + report_interval_, [](ClientConnection& self) {
      self.report_armed_ = false;
      self.report();
    });
  }
  const auto chunk = media::parse_chunk(message);
  if (!chunk) {
    return end({.kind = CloseReason::Kind::kLost,
                .message = std::string{"the server sent bad media: "} + describe(chunk.error())});
  }
  // Media of a track that ended may still be on its way.
  const auto incoming = incoming_.find(static_cast<std::uint16_t>(chunk->header.track));
  if (incoming == incoming_.end()) return;
  const auto frame = assembler_.add(*chunk, incoming->second.kind, incoming->second.clock, moment);
  if (!frame) {
    return end(
        {.kind = CloseReason::Kind::kLost,
         .message = std::string{"the server sent bad media: "} + media::describe(frame.error())});
  }
  if (!*frame) return;
  ++frames_received_;
  observer_->on_frame(*frame);
}

void ClientConnection::report() {
  if (media_bytes_received_ == media_bytes_reported_) return;
  media_bytes_reported_ = media_bytes_received_;
  signaling::ClientReport report{.received_bytes = media_bytes_received_, .tracks = {}};
  for (const auto& [handle, track] : track_reports_) report.tracks.push_back(track);
  send(std::move(report));
}

void ClientConnection::tick() {
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
  for (const auto& [track, encoding] : uplink_.keyframes_wanted(moment)) {
    observer_->on_keyframe_wanted(track, encoding);
    if (ended_) return;
  }
  arm(tick_timer_, moment + kTick, [](ClientConnection& self) { self.tick(); });
}

}  // namespace sluice::client
