#include "tests/real/model_publisher.h"

#include <cmath>
#include <utility>

#include "client/clock.h"
#include "tests/sim/simulcast.h"

namespace sluice::real {
namespace {

constexpr std::uint32_t kWidth = 640;
constexpr std::uint32_t kHeight = 360;

client::TransportOptions to(const std::string& url) {
  return {.url = client::parse_server_url(url).value(), .user_agent = "sluice-score-real"};
}

}  // namespace

ModelPublisher::ModelPublisher(boost::asio::io_context& io, const std::string& url,
                               sim::PublisherModel::Settings settings, Offered offered)
    : settings_{settings}, offered_{std::move(offered)}, timer_{io} {
  client::ConnectionObserver& observer = *this;
  connection_ = std::make_shared<client::ClientConnection>(io.get_executor(), to(url), observer);
  connection_->start({.room = "score", .name = "publisher", .auto_subscribe = false});
}

void ModelPublisher::on_message(const signaling::ServerMessage& message) {
  if (std::holds_alternative<signaling::Joined>(message.body)) return publish();
  if (const auto* published = std::get_if<signaling::Published>(&message.body)) {
    const bool video = published->track.description.kind == signaling::TrackKind::kVideo;
    (video ? camera_ : microphone_) = static_cast<media::TrackHandle>(published->track.handle);
  }
  if (const auto* order = std::get_if<signaling::KeyframeOrder>(&message.body)) {
    if (model_) {
      model_->request_keyframe(media::EncodingId{order->encoding},
                               media::Time{client::now() - start_});
    }
  }
}

void ModelPublisher::on_keyframe_wanted(media::TrackHandle track, media::EncodingId) {
  // Our own uplink is never short; if it is, the figures would not be the server's.
  if (track == camera_) failure_ = "the publisher's own connection left frames out";
}

void ModelPublisher::publish() {
  signaling::TrackDescription camera{.kind = signaling::TrackKind::kVideo,
                                     .source = signaling::TrackSource::kCamera,
                                     .codec = "vp8"};
  camera.video = {.width = kWidth, .height = kHeight, .temporal_layers = 3, .encodings = {}};
  const auto shapes = sim::simulcast(settings_.encodings);
  for (std::size_t index = 0; index < shapes.size() && shapes.size() > 1; ++index) {
    const auto halvings = static_cast<std::uint32_t>(shapes.size() - 1 - index);
    camera.video.encodings.push_back({.encoding = static_cast<std::uint8_t>(index),
                                      .width = kWidth >> halvings,
                                      .height = kHeight >> halvings,
                                      .bitrate_bps = static_cast<std::uint64_t>(std::llround(
                                          settings_.video_bits_per_second * shapes[index].rate))});
  }
  connection_->publish(std::move(camera));
  connection_->publish({.kind = signaling::TrackKind::kAudio,
                        .source = signaling::TrackSource::kMicrophone,
                        .codec = "opus"});
}

void ModelPublisher::begin(media::Time start) {
  start_ = start;
  settings_.camera = *camera_;
  settings_.microphone = *microphone_;
  model_.emplace(pool_, settings_);
  send_due();
}

void ModelPublisher::send_due() {
  for (const media::FrameRef& frame : model_->arrivals(media::Time{client::now() - start_})) {
    offered_(*frame);
    const std::size_t length = frame->description.length;
    if (zeros_.size() < length) zeros_.resize(length);
    connection_->send_frame(frame->description, frame->kind, std::span{zeros_}.first(length));
  }
  timer_.expires_at(client::steady(start_ + model_->next_arrival().time_since_epoch()));
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (!error) send_due();
  });
}

}  // namespace sluice::real
