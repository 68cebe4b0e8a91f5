#include "client/watch_session.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "client/clock.h"

namespace sluice::client {
namespace {

using std::chrono::milliseconds;

constexpr media::Duration kKeyframeRequestInterval = milliseconds{500};
constexpr media::Duration kFreeze = milliseconds{200};  // delivery.md: more is seen as a freeze
constexpr int kChannels = 1;

std::optional<media::VideoCodec> codec_of(const std::string& name) {
  if (name == "vp8") return media::VideoCodec::kVp8;
  if (name == "vp9" || name.starts_with("vp09.")) return media::VideoCodec::kVp9;
  return std::nullopt;
}

bool is_track_of(const media::FrameRef& frame, const signaling::TrackInfo& track) {
  return static_cast<std::uint16_t>(frame->description.track) ==
         static_cast<std::uint16_t>(track.handle);
}

}  // namespace

WatchSession::WatchSession(const boost::asio::any_io_executor& executor, WatchOptions options,
                           Outputs outputs)
    : options_{std::move(options)},
      outputs_{std::move(outputs)},
      video_age_{options_.same_clock},
      shown_age_{options_.same_clock},
      audio_age_{options_.same_clock},
      heard_age_{options_.same_clock},
      play_timer_{executor} {
  // Tracks of the watched participant only.
  options_.join.auto_subscribe = false;
  ConnectionObserver& observer = *this;
  connection_ = std::make_shared<ClientConnection>(executor, options_.transport, observer);
}

void WatchSession::start(Done done) {
  done_ = std::move(done);
  started_ = now();
  connection_->start(options_.join);
}

void WatchSession::stop() { connection_->leave(); }

void WatchSession::fail(std::string failure) {
  if (failure_.empty()) failure_ = std::move(failure);
  connection_->leave();
}

void WatchSession::on_keyframe_wanted(media::TrackHandle, media::EncodingId) {
}  // publishes nothing

void WatchSession::on_closed(const CloseReason& reason) {
  const auto self = shared_from_this();
  play_timer_.cancel();
  if (failure_.empty() && reason.kind != CloseReason::Kind::kLeft) failure_ = reason.message;
  if (outputs_.recorder) {
    if (auto finished = outputs_.recorder->finish(); !finished && failure_.empty()) {
      failure_ = finished.error();
    }
  }
  if (outputs_.log) {
    if (auto closed = outputs_.log->close(); !closed && failure_.empty()) failure_ = closed.error();
  }
  if (const Done done = std::exchange(done_, nullptr)) {
    done({.reason = reason, .failure = failure_});
  }
}

void WatchSession::on_message(const signaling::ServerMessage& message) {
  const auto& body = message.body;
  if (std::holds_alternative<signaling::ParticipantLeft>(body) ||
      std::holds_alternative<signaling::TrackUnpublished>(body)) {
    drop_missing_tracks();
    return choose_participant();
  }
  if (std::holds_alternative<signaling::Joined>(body) ||
      std::holds_alternative<signaling::ParticipantJoined>(body) ||
      std::holds_alternative<signaling::TrackPublished>(body)) {
    return choose_participant();
  }
  if (const auto* error = std::get_if<signaling::ErrorReport>(&body)) {
    // A track may end while its subscription is on its way.
    const bool harmless = error->code == signaling::ErrorCode::kUnknownTrack;
    if (!error->fatal && message.reply_to && !harmless) {
      fail("the server refused: " + error->message);
    }
  }
}

void WatchSession::choose_participant() {
  if (!connection_->room()) return;
  for (const auto& participant : connection_->room()->participants) {
    const bool wanted = options_.participant.empty() ||
                        participant.identity == options_.participant ||
                        participant.name == options_.participant;
    const bool watched = watched_.value.empty() ? wanted && !participant.tracks.empty()
                                                : participant.participant == watched_;
    if (!watched) continue;
    watched_ = participant.participant;
    figures_.participant = participant.identity;
    figures_.name = participant.name;
    return choose_tracks(participant);
  }
}

void WatchSession::choose_tracks(const signaling::ParticipantInfo& participant) {
  using Source = signaling::TrackSource;
  for (const auto& track : participant.tracks) {
    const Source source = track.description.source;
    if (source == Source::kCamera && video_ &&
        video_->track.description.source == Source::kScreen) {
      continue;
    }
    if (!video_ && (source == Source::kCamera || source == Source::kScreen)) open_video(track);
    if (!sound_ && source == Source::kMicrophone) open_sound(track);
  }
}

void WatchSession::open_video(const signaling::TrackInfo& track) {
  const auto codec = codec_of(track.description.codec);
  if (!codec) {
    return fail("the video is in the codec '" + track.description.codec +
                "'; this command decodes vp8 and vp9");
  }
  auto decoder = media::VpxDecoder::create(*codec);
  if (!decoder) return fail(decoder.error().message);
  video_.emplace(Video{.track = track,
                       .codec = *codec,
                       .decoder = *std::move(decoder),
                       .dependencies = {},
                       .playout = media::VideoPlayout{{}},
                       .keyframe_requested = {}});
  connection_->subscribe(track.track, {});
}

void WatchSession::open_sound(const signaling::TrackInfo& track) {
  if (track.description.codec != "opus") {
    return fail("the sound is in the codec '" + track.description.codec +
                "'; this command decodes opus");
  }
  auto decoder = media::OpusDecoder::create(kChannels);
  if (!decoder) return fail(decoder.error().message);
  sound_.emplace(Sound{.track = track,
                       .decoder = *std::move(decoder),
                       .buffer = media::JitterBuffer{{}},
                       .newest = {}});
  connection_->subscribe(track.track, {});
}

void WatchSession::drop_missing_tracks() {
  const auto& participants = connection_->room()->participants;
  const auto watched =
      std::ranges::find(participants, watched_, &signaling::ParticipantInfo::participant);
  const auto missing = [&](const signaling::TrackInfo& track) {
    return watched == participants.end() ||
           std::ranges::find(watched->tracks, track.track, &signaling::TrackInfo::track) ==
               watched->tracks.end();
  };
  if (video_ && missing(video_->track)) {
    video_.reset();
    last_shown_.reset();  // an end is no freeze
  }
  if (sound_ && missing(sound_->track)) sound_.reset();
  if (watched == participants.end()) watched_ = {};
}

void WatchSession::on_frame(const media::FrameRef& frame) {
  if (video_ && is_track_of(frame, video_->track)) {
    ++figures_.video_frames;
    figures_.video_bytes += frame->description.length;
    video_age_.add(frame->description.capture_time, frame->arrival);
    log(FrameLog::Event::kArrived, *frame, frame->arrival);
    video_->playout.push(frame);
  } else if (sound_ && is_track_of(frame, sound_->track)) {
    ++figures_.audio_frames;
    figures_.audio_bytes += frame->description.length;
    audio_age_.add(frame->description.capture_time, frame->arrival);
    log(FrameLog::Event::kArrived, *frame, frame->arrival);
    if (sound_->newest && frame->description.number != *sound_->newest + 1) ++figures_.audio_gaps;
    sound_->newest = frame->description.number;
    if (outputs_.recorder) {
      record(outputs_.recorder->sound(frame->description.capture_time, frame->payload()));
    }
    sound_->buffer.push(frame);
  }
  play();
}

void WatchSession::play() {
  const media::Time moment = now();
  if (sound_) play_sound(moment);
  if (video_) show_video(moment);
  report_tracks();
  media::Time next = media::Time::max();
  if (sound_) next = std::min(next, sound_->buffer.deadline());
  if (video_) next = std::min(next, video_->playout.deadline());
  if (next == media::Time::max() || !done_) return;
  // A deadline that has passed must not spin: what is due was taken above.
  play_timer_.expires_at(steady(std::max(next, moment + milliseconds{1})));
  play_timer_.async_wait([weak = weak_from_this()](const boost::system::error_code& error) {
    const auto self = weak.lock();
    if (!error && self && self->done_) self->play();
  });
}

void WatchSession::play_sound(media::Time moment) {
  using Action = media::AudioPlayout::Action;
  for (;;) {
    const media::AudioPlayout next = sound_->buffer.pop(moment);
    if (next.action == Action::kWait) break;
    std::expected<std::vector<std::int16_t>, media::CodecError> samples;
    if (next.action == Action::kPlay) {
      heard_age_.add(next.frame->description.capture_time, moment);
      log(FrameLog::Event::kPlayed, *next.frame, moment);
      samples = sound_->decoder.decode(next.frame->payload());
    } else {
      // libopus invents in steps of 2.5 ms, 120 samples.
      const auto wanted = static_cast<int>(next.duration.count() * 48 / 1000 / 120 * 120);
      if (wanted == 0) continue;
      samples = sound_->decoder.conceal(wanted);
    }
    if (!samples) {
      ++figures_.decode_errors;
      continue;
    }
    for (const std::int16_t sample : *samples) {
      audio_energy_ += (sample / 32768.0) * (sample / 32768.0);
    }
    audio_samples_ += samples->size();
  }
  figures_.audio_played = sound_->buffer.played();
  figures_.audio_concealed = sound_->buffer.concealed();
}

void WatchSession::show_video(media::Time moment) {
  using Action = media::VideoPlayoutStep::Action;
  if (sound_) {
    video_->playout.set_audio_offset(sound_->buffer.playout_offset(moment));
    sound_->buffer.set_offset_floor(video_->playout.wanted_offset());
  } else {
    video_->playout.set_audio_offset(std::nullopt);
  }
  for (;;) {
    const media::VideoPlayoutStep step = video_->playout.pop(moment);
    if (step.action == Action::kWait) break;
    decode_video(step.frame, step.action == Action::kShow, moment);
  }
}

void WatchSession::decode_video(const media::FrameRef& frame, bool show, media::Time moment) {
  Video& video = *video_;
  std::expected<std::optional<media::I420Image>, media::CodecError> picture;
  const bool decodable = video.dependencies.decodable(frame->description);
  if (decodable) picture = video.decoder.decode(frame->payload());
  if (!decodable || !picture) {
    ++(decodable ? figures_.decode_errors : figures_.undecodable);
    // The decoder would show rubbish without a word, so nothing goes in until a keyframe comes.
    video.dependencies.reset();
    if (!video.keyframe_requested ||
        moment - *video.keyframe_requested >= kKeyframeRequestInterval) {
      video.keyframe_requested = moment;
      connection_->request_keyframe(video.track.track);
    }
    return;
  }
  const auto before = video.dependencies.encoding();
  video.dependencies.mark(frame->description);
  if (before && before != frame->description.encoding) ++figures_.switches;
  ++figures_.decoded;
  if (!*picture) return;
  figures_.width = (*picture)->width();
  figures_.height = (*picture)->height();
  if (outputs_.recorder) {
    record(outputs_.recorder->video({.capture_time = frame->description.capture_time,
                                     .keyframe = frame->description.keyframe,
                                     .codec = video.codec,
                                     .payload = frame->payload(),
                                     .picture = &**picture}));
  }
  log(show ? FrameLog::Event::kShown : FrameLog::Event::kLate, *frame, moment);
  if (show) {
    count_shown(**picture, *frame, moment);
    if (outputs_.show) outputs_.show(**picture);
  } else {
    ++figures_.late;
  }
}

void WatchSession::count_shown(const media::I420Image& picture, const media::Frame& frame,
                               media::Time moment) {
  ++figures_.shown;
  shown_age_.add(frame.description.capture_time, moment);
  if (last_shown_) {
    const media::Duration since = moment - *last_shown_;
    ++shown_intervals_;
    shown_for_ += since;
    if (since > kFreeze) {
      ++figures_.freezes;
      figures_.frozen_ms += static_cast<double>(since.count()) / 1000.0;
    }
  }
  if (!figures_.first_picture_ms) {
    figures_.first_picture_ms = static_cast<double>((moment - started_).count()) / 1000.0;
  }
  last_shown_ = moment;
  if (const auto barcode = read_barcode(picture)) {
    ++figures_.barcodes;
    figures_.last_barcode = barcode;
  }
}

void WatchSession::report_tracks() {
  if (!video_) return;
  connection_->set_track_report({.handle = video_->track.handle,
                                 .decoded = figures_.decoded,
                                 .shown = figures_.shown,
                                 .late = figures_.late,
                                 .undecodable = figures_.undecodable});
}

void WatchSession::record(std::expected<void, std::string> written) {
  if (written) return;
  outputs_.recorder.reset();
  fail(std::move(written.error()));
}

void WatchSession::log(FrameLog::Event event, const media::Frame& frame, media::Time moment) {
  if (!outputs_.log) return;
  auto written = outputs_.log->add(event, frame.description, frame.kind, moment);
  if (written) return;
  outputs_.log.reset();
  fail(std::move(written.error()));
}

WatchFigures WatchSession::figures() const {
  WatchFigures figures = figures_;
  figures.video_age = video_age_.summary();
  figures.shown_age = shown_age_.summary();
  figures.audio_age = audio_age_.summary();
  figures.heard_age = heard_age_.summary();
  if (shown_for_ > media::Duration{}) {
    figures.shown_per_second =
        static_cast<double>(shown_intervals_) * 1e6 / static_cast<double>(shown_for_.count());
  }
  if (audio_samples_ > 0 && audio_energy_ > 0) {
    figures.audio_level_dbov = 10 * std::log10(audio_energy_ / static_cast<double>(audio_samples_));
  }
  figures.connection = connection_->figures();
  return figures;
}

}  // namespace sluice::client
