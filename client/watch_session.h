#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "client/age_sampler.h"
#include "client/barcode.h"
#include "client/client_connection.h"
#include "client/frame_log.h"
#include "client/recorder.h"
#include "media/codec/opus_decoder.h"
#include "media/codec/vpx_decoder.h"
#include "media/dependency_tracker.h"
#include "media/jitter_buffer.h"
#include "media/video_playout.h"

namespace sluice::client {

struct WatchOptions {
  TransportOptions transport;
  signaling::Join join;
  /// Identity or name of whom to watch; empty: the first who publishes.
  std::string participant;
  /// The publisher stamps its frames by this machine's monotonic clock, as `sluice publish` does:
  /// ages are true, not against the youngest.
  bool same_clock = false;
};

/// What a watch session has seen so far.
struct WatchFigures {
  std::string participant;  ///< identity of who is watched; empty while nobody is
  std::string name;

  std::uint64_t video_frames = 0;  ///< received whole
  std::uint64_t decoded = 0;
  std::uint64_t shown = 0;
  std::uint64_t late = 0;         ///< decoded, too late to be shown
  std::uint64_t undecodable = 0;  ///< a frame that they depend on was missing
  std::uint64_t decode_errors = 0;
  std::uint64_t video_bytes = 0;           ///< payload
  double shown_per_second = 0;             ///< while there was a picture to follow
  std::optional<double> first_picture_ms;  ///< from the start, connecting included
  std::uint64_t freezes = 0;               ///< times that no new picture was shown for over 200 ms
  double frozen_ms = 0;                    ///< in all of them together
  int width = 0;
  int height = 0;
  std::optional<AgeSampler::Summary> video_age;  ///< when a frame was there whole
  std::optional<AgeSampler::Summary> shown_age;  ///< when its picture was shown

  std::uint64_t audio_frames = 0;  ///< received
  std::uint64_t audio_gaps = 0;    ///< runs of frames that are missing by their numbers
  std::uint64_t audio_played = 0;
  std::uint64_t audio_concealed = 0;
  std::uint64_t audio_bytes = 0;                 ///< payload
  std::optional<double> audio_level_dbov;        ///< mean of what was decoded
  std::optional<AgeSampler::Summary> audio_age;  ///< on arrival
  std::optional<AgeSampler::Summary> heard_age;  ///< when it was played
  std::uint64_t switches = 0;                    ///< from one simulcast encoding to another

  std::uint64_t barcodes = 0;  ///< pictures shown whose barcode could be read
  std::optional<Barcode> last_barcode;
  ConnectionFigures connection;
};

/// One participant that watches and hears another.
///
/// Pictures are shown (to a callback) when a person should see them, in step with the sound; every
/// frame that was decoded goes to the recorder. When the watched participant leaves, the session
/// waits for one to come.
///
/// Owner: one executor that runs one handler at a time. Make it with `std::make_shared`; it lives
/// until it has called `done`.
class WatchSession final : public std::enable_shared_from_this<WatchSession>,
                           private ConnectionObserver {
 public:
  /// `failure` is empty when the end was wanted.
  struct Outcome {
    CloseReason reason;
    std::string failure;
  };
  using Done = std::function<void(const Outcome& outcome)>;
  using Show = std::function<void(const media::I420Image& picture)>;

  /// Where all of it goes; each may be empty.
  struct Outputs {
    std::unique_ptr<Recorder> recorder;
    Show show;
    std::optional<FrameLog> log;
  };
  WatchSession(const boost::asio::any_io_executor& executor, WatchOptions options, Outputs outputs);

  void start(Done done);
  /// Says goodbye; `done` follows, with the recording finished.
  void stop();

  [[nodiscard]] WatchFigures figures() const;

 private:
  /// What showing a video track takes.
  struct Video {
    signaling::TrackInfo track;
    media::VideoCodec codec{};
    media::VpxDecoder decoder;
    media::DependencyTracker dependencies;
    media::VideoPlayout playout;
    std::optional<media::Time> keyframe_requested;
  };
  /// What playing a sound takes.
  struct Sound {
    signaling::TrackInfo track;
    media::OpusDecoder decoder;
    media::JitterBuffer buffer;
    std::optional<media::FrameNumber> newest;
  };

  void on_message(const signaling::ServerMessage& message) override;
  void on_frame(const media::FrameRef& frame) override;
  void on_keyframe_wanted(media::TrackHandle track, media::EncodingId encoding) override;
  void on_closed(const CloseReason& reason) override;

  void choose_participant();
  void choose_tracks(const signaling::ParticipantInfo& participant);
  void open_video(const signaling::TrackInfo& track);
  void open_sound(const signaling::TrackInfo& track);
  void drop_missing_tracks();
  void play();
  void play_sound(media::Time moment);
  void show_video(media::Time moment);
  void decode_video(const media::FrameRef& frame, bool show, media::Time moment);
  void count_shown(const media::I420Image& picture, const media::Frame& frame, media::Time moment);
  void report_tracks();
  void record(std::expected<void, std::string> written);
  void log(FrameLog::Event event, const media::Frame& frame, media::Time moment);
  void fail(std::string failure);

  WatchOptions options_;
  Outputs outputs_;
  std::shared_ptr<ClientConnection> connection_;
  Done done_;
  std::string failure_;

  signaling::ParticipantId watched_;
  std::optional<Video> video_;
  std::optional<Sound> sound_;

  WatchFigures figures_;
  AgeSampler video_age_;
  AgeSampler shown_age_;
  AgeSampler audio_age_;
  AgeSampler heard_age_;
  media::Time started_{};
  std::optional<media::Time> last_shown_;  ///< of the track that is shown now
  std::uint64_t shown_intervals_ = 0;      ///< from a picture of a track to its next
  media::Duration shown_for_{};            ///< all of them together
  double audio_energy_ = 0;
  std::uint64_t audio_samples_ = 0;

  boost::asio::steady_timer play_timer_;
};

}  // namespace sluice::client
