#include "client/publish_session.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include "client/barcode.h"
#include "client/clock.h"
#include "media/codec/audio_level.h"

namespace sluice::client {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

constexpr media::Duration kSoundTime = milliseconds{20};
constexpr media::Duration kSteerInterval = milliseconds{100};
/// A sound this late is skipped: it could not be heard any more.
constexpr media::Duration kSoundLateMax = milliseconds{200};

std::string codec_name(media::VideoCodec codec) {
  // WebCodecs wants profile, level and depth of VP9: profile 0, level 1.0, 8 bits.
  return codec == media::VideoCodec::kVp8 ? "vp8" : "vp09.00.10.08";
}

std::uint64_t total_left_out(const media::EgressCounters& counters) {
  const auto& reasons = counters.of(media::MediaKind::kVideo).left_out;
  return std::accumulate(reasons.begin(), reasons.end(), std::uint64_t{0});
}

}  // namespace

PublishSession::PublishSession(const boost::asio::any_io_executor& executor, PublishOptions options,
                               std::shared_ptr<VideoSource> video,
                               std::shared_ptr<SoundSource> sound)
    : options_{std::move(options)},
      video_{std::move(video)},
      sound_{std::move(sound)},
      bitrate_{options_.video_bitrate_bps},
      video_timer_{executor},
      audio_timer_{executor},
      steer_timer_{executor} {
  ConnectionObserver& observer = *this;
  connection_ = std::make_shared<ClientConnection>(executor, options_.transport, observer);
}

template <typename Handler>
void PublishSession::arm(boost::asio::steady_timer& timer, media::Time moment, Handler handler) {
  timer.expires_at(steady(moment));
  timer.async_wait([weak = weak_from_this(), handler](const boost::system::error_code& error) {
    const auto self = weak.lock();
    if (!error && self && self->done_) handler(*self);
  });
}

void PublishSession::start(Done done) {
  done_ = std::move(done);
  connection_->start(options_.join);
}

void PublishSession::stop() { connection_->leave(); }

void PublishSession::fail(std::string failure) {
  failure_ = std::move(failure);
  connection_->leave();
}

PublishFigures PublishSession::figures() const {
  PublishFigures figures = figures_;
  figures.video_bitrate_bps = video_ ? bitrate_.bitrate_bps() : 0;
  if (video_encoder_) figures.frames_skipped = video_encoder_->skipped();
  figures.uplink = connection_->sent();
  figures.connection = connection_->figures();
  return figures;
}

void PublishSession::on_frame(const media::FrameRef&) {}  // it subscribes to nothing

void PublishSession::on_keyframe_wanted(media::TrackHandle track, media::EncodingId encoding) {
  if (video_encoder_ && track == video_track_) video_encoder_->request_keyframe(encoding);
}

void PublishSession::on_closed(const CloseReason& reason) {
  const auto self = shared_from_this();
  video_timer_.cancel();
  audio_timer_.cancel();
  steer_timer_.cancel();
  if (const Done done = std::exchange(done_, nullptr)) {
    if (failure_.empty() && reason.kind != CloseReason::Kind::kLeft) failure_ = reason.message;
    done({.reason = reason, .failure = failure_});
  }
}

void PublishSession::on_message(const signaling::ServerMessage& message) {
  if (std::holds_alternative<signaling::Joined>(message.body)) return publish_tracks();
  if (const auto* published = std::get_if<signaling::Published>(&message.body)) {
    const auto handle = static_cast<media::TrackHandle>(published->track.handle);
    if (published->track.description.kind == signaling::TrackKind::kVideo) {
      video_track_ = handle;
      first_picture_ = now();
      video_tick();
      steer_tick();
    } else {
      audio_track_ = handle;
      next_sound_ = now();
      audio_tick();
    }
    return;
  }
  if (const auto* order = std::get_if<signaling::KeyframeOrder>(&message.body)) {
    if (video_encoder_) video_encoder_->request_keyframe(media::EncodingId{order->encoding});
    return;
  }
  if (const auto* demand = std::get_if<signaling::Demand>(&message.body)) {
    return on_demand(*demand);
  }
  // Not fatal for the connection, but without its track this session has nothing to do.
  if (const auto* error = std::get_if<signaling::ErrorReport>(&message.body)) {
    if (!error->fatal && message.reply_to) fail("the server refused: " + error->message);
  }
}

bool PublishSession::open_video() {
  const int count = options_.encodings > 0 ? options_.encodings : encodings_for(video_->height());
  const auto plan =
      plan_encodings(video_->width(), video_->height(), count, options_.video_bitrate_bps);
  auto encoder = SimulcastEncoder::create(
      {.codec = options_.codec,
       .frames_per_second = std::max(1, static_cast<int>(std::lround(video_->frames_per_second()))),
       .temporal_layers = options_.temporal_layers,
       .plan = plan});
  if (!encoder) {
    fail(encoder.error().message);
    return false;
  }
  video_encoder_ = *std::move(encoder);
  budget_.emplace(plan);
  wanted_.assign(plan.size(), true);
  bitrate_ = BitrateController{budget_->full_bps(wanted_)};
  signaling::TrackDescription track{.kind = signaling::TrackKind::kVideo,
                                    .source = signaling::TrackSource::kCamera,
                                    .codec = codec_name(options_.codec)};
  track.video.width = static_cast<std::uint32_t>(video_->width());
  track.video.height = static_cast<std::uint32_t>(video_->height());
  track.video.temporal_layers = static_cast<std::uint8_t>(options_.temporal_layers);
  for (const PlannedEncoding& encoding : plan) {
    figures_.encodings.push_back(
        {.width = encoding.width, .height = encoding.height, .bitrate_bps = encoding.bitrate_bps});
    if (plan.size() == 1) break;  // an only encoding needs no name
    track.video.encodings.push_back(
        {.encoding = static_cast<std::uint8_t>(track.video.encodings.size()),
         .width = static_cast<std::uint32_t>(encoding.width),
         .height = static_cast<std::uint32_t>(encoding.height),
         .bitrate_bps = encoding.bitrate_bps});
  }
  connection_->publish(std::move(track));
  return true;
}

void PublishSession::on_demand(const signaling::Demand& demand) {
  if (!video_encoder_) return;
  wanted_.assign(wanted_.size(), false);
  for (const std::uint8_t encoding : demand.encodings) {
    if (encoding < wanted_.size()) wanted_[encoding] = true;
  }
  bitrate_.set_target(budget_->full_bps(wanted_));
  divide_bitrate();
}

void PublishSession::divide_bitrate() {
  const auto shares = budget_->divide(wanted_, bitrate_.bitrate_bps());
  if (auto set = video_encoder_->set_bitrates(shares); !set) return fail(set.error().message);
  for (std::size_t index = 0; index < shares.size(); ++index) {
    figures_.encodings[index].bitrate_bps = shares[index];
  }
}

void PublishSession::publish_tracks() {
  if (video_ && !open_video()) return;
  if (sound_) {
    auto encoder = media::OpusEncoder::create(1, options_.audio_bitrate_bps);
    if (!encoder) return fail(encoder.error().message);
    audio_encoder_ = *std::move(encoder);
    connection_->publish({.kind = signaling::TrackKind::kAudio,
                          .source = signaling::TrackSource::kMicrophone,
                          .codec = "opus"});
  }
}

void PublishSession::video_tick() {
  const double interval_us = 1e6 / video_->frames_per_second();
  const auto scheduled = [&](std::uint64_t tick) {
    return first_picture_ + media::Duration{std::llround(static_cast<double>(tick) * interval_us)};
  };
  take_picture(scheduled(video_ticks_));
  if (video_->ended()) return stop();
  ++video_ticks_;
  // A machine that cannot keep up shows fewer pictures, never a growing delay.
  while (scheduled(video_ticks_ + 1) < now()) {
    ++video_ticks_;
    ++figures_.pictures_missed;
  }
  arm(video_timer_, scheduled(video_ticks_), [](PublishSession& self) { self.video_tick(); });
}

void PublishSession::take_picture(media::Time scheduled) {
  auto picture = video_->next(scheduled - first_picture_, loudness_);
  if (!picture) return fail(picture.error());
  if (!*picture) {
    if (!video_->ended()) ++figures_.pictures_missed;
    return;
  }
  if (options_.barcode) {
    draw_barcode(**picture, {.sender = *options_.barcode,
                             .frame = static_cast<std::uint16_t>(figures_.pictures)});
  }
  ++figures_.pictures;
  const microseconds capture_time = scheduled.time_since_epoch();
  auto frames = video_encoder_->encode(**picture, capture_time);
  if (!frames) return fail(frames.error().message);
  for (const auto& [encoding, frame] : *frames) send_picture(encoding, frame, capture_time);
}

void PublishSession::send_picture(media::EncodingId encoding, const media::EncodedVideoFrame& frame,
                                  microseconds capture_time) {
  media::FrameDescription description{
      .track = *video_track_,
      .encoding = encoding,
      .temporal_layer = frame.place.temporal_layer,
      .number = frame.number,
      .group = frame.group,
      .length = static_cast<std::uint32_t>(frame.payload.size()),
      .keyframe = frame.place.keyframe,
      .discardable = frame.place.discardable,
      .capture_time = capture_time,
  };
  if (!frame.place.keyframe) {
    description.dependency_count = 1;
    description.dependency_deltas[0] = frame.place.dependency_delta;
  }
  PublishFigures::Encoding& figures = figures_.encodings[static_cast<std::size_t>(encoding)];
  ++figures.frames;
  if (frame.place.keyframe) {
    ++figures.keyframes;
    ++figures_.keyframes;
  }
  connection_->send_frame(description, media::MediaKind::kVideo, frame.payload);
}

void PublishSession::audio_tick() {
  const media::Time moment = now();
  if (moment - next_sound_ > kSoundLateMax) next_sound_ = moment;
  while (next_sound_ <= moment) {
    send_sound(next_sound_);
    next_sound_ += kSoundTime;
  }
  arm(audio_timer_, next_sound_, [](PublishSession& self) { self.audio_tick(); });
}

void PublishSession::send_sound(media::Time scheduled) {
  std::array<std::int16_t, media::kOpusPacketSamples> samples;
  sound_->read(samples);
  const std::uint8_t level = media::audio_level(samples);
  // A meter of 45 dB; it rises at once and falls slowly, as meters do.
  const double meter = std::clamp((60.0 - level) / 45.0, 0.0, 1.0);
  loudness_ = std::max(meter, loudness_ * 0.9);
  auto packet = audio_encoder_->encode(samples);
  if (!packet) return fail(packet.error().message);
  if (!silence_gate_.passes(level)) return;
  ++figures_.audio_frames;
  connection_->send_frame({.track = *audio_track_,
                           .number = audio_number_++,
                           .length = static_cast<std::uint32_t>(packet->size()),
                           .audio_level = level,
                           .capture_time = scheduled.time_since_epoch()},
                          media::MediaKind::kAudio, *packet);
}

void PublishSession::steer_tick() {
  const media::Time moment = now();
  const std::uint64_t left_out = total_left_out(connection_->uplink().counters());
  const media::LinkController& link = connection_->uplink().link();
  const auto changed =
      bitrate_.observe({.left_out = left_out != std::exchange(left_out_seen_, left_out),
                        .queueing_delay = link.queueing_delay(),
                        .link_bytes_per_second = link.estimate().bytes_per_second},
                       moment);
  if (changed) divide_bitrate();
  arm(steer_timer_, moment + kSteerInterval, [](PublishSession& self) { self.steer_tick(); });
}

}  // namespace sluice::client
