#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "client/bitrate_controller.h"
#include "client/client_connection.h"
#include "client/simulcast_encoder.h"
#include "client/sound_source.h"
#include "client/video_source.h"
#include "media/codec/opus_encoder.h"
#include "media/codec/silence_gate.h"

namespace sluice::client {

/// What a publish session sends, and where.
struct PublishOptions {
  TransportOptions transport;
  signaling::Join join;
  media::VideoCodec codec = media::VideoCodec::kVp8;
  std::uint32_t video_bitrate_bps = 600'000;  ///< of the largest encoding
  std::uint32_t audio_bitrate_bps = 32'000;
  int temporal_layers = 3;
  int encodings = 1;  ///< simulcast, 1 to 3; 0: by the picture's height (`encodings_for`)
  /// Draws the barcode strip with this sender over each picture.
  std::optional<std::uint8_t> barcode;
};

/// What a publish session has done so far.
struct PublishFigures {
  std::uint64_t pictures = 0;         ///< taken from the source
  std::uint64_t pictures_missed = 0;  ///< not taken, since this machine or the source was late
  std::uint64_t frames_skipped = 0;   ///< by the encoders, to keep their bitrates
  std::uint64_t keyframes = 0;
  std::uint64_t audio_frames = 0;
  std::uint32_t video_bitrate_bps = 0;  ///< what the encoders are to use together now
  /// One simulcast encoding.
  struct Encoding {
    int width = 0;
    int height = 0;
    std::uint32_t bitrate_bps = 0;  ///< now; 0: turned off
    std::uint64_t frames = 0;       ///< encoded
    std::uint64_t keyframes = 0;
  };
  std::vector<Encoding> encodings;  ///< smallest first
  media::EgressCounters uplink;     ///< what was sent and left out
  ConnectionFigures connection;
};

/// One participant that publishes a video and a sound, either of which may be missing.
///
/// Owner: one executor that runs one handler at a time. Make it with `std::make_shared`; it lives
/// until it has called `done`.
class PublishSession final : public std::enable_shared_from_this<PublishSession>,
                             private ConnectionObserver {
 public:
  /// `done` is called once, at the end; `failure` is empty when the end was wanted (`stop`, or the
  /// source ended).
  struct Outcome {
    CloseReason reason;
    std::string failure;
  };
  using Done = std::function<void(const Outcome& outcome)>;

  PublishSession(const boost::asio::any_io_executor& executor, PublishOptions options,
                 std::shared_ptr<VideoSource> video, std::shared_ptr<SoundSource> sound);

  void start(Done done);
  /// Says goodbye; `done` follows.
  void stop();

  [[nodiscard]] PublishFigures figures() const;
  [[nodiscard]] bool joined() const { return connection_->room().has_value(); }

 private:
  void on_message(const signaling::ServerMessage& message) override;
  void on_frame(const media::FrameRef& frame) override;
  void on_keyframe_wanted(media::TrackHandle track, media::EncodingId encoding) override;
  void on_closed(const CloseReason& reason) override;

  void publish_tracks();
  [[nodiscard]] bool open_video();
  void on_demand(const signaling::Demand& demand);
  /// Turns encodings on and off, and to the bitrates that the uplink has for them.
  void divide_bitrate();
  void video_tick();
  void audio_tick();
  void steer_tick();
  void take_picture(media::Time scheduled);
  void send_picture(media::EncodingId encoding, const media::EncodedVideoFrame& frame,
                    std::chrono::microseconds capture_time);
  void send_sound(media::Time scheduled);
  void fail(std::string failure);
  template <typename Handler>
  void arm(boost::asio::steady_timer& timer, media::Time moment, Handler handler);

  PublishOptions options_;
  std::shared_ptr<VideoSource> video_;
  std::shared_ptr<SoundSource> sound_;
  std::shared_ptr<ClientConnection> connection_;
  Done done_;
  std::string failure_;

  std::optional<SimulcastEncoder> video_encoder_;
  std::optional<SimulcastBudget> budget_;
  std::vector<bool> wanted_;  ///< encodings that somebody may be sent
  std::optional<media::OpusEncoder> audio_encoder_;
  media::SilenceGate silence_gate_;
  std::optional<media::TrackHandle> video_track_;
  std::optional<media::TrackHandle> audio_track_;
  BitrateController bitrate_;

  media::Time first_picture_{};
  std::uint64_t video_ticks_ = 0;
  media::Time next_sound_{};
  media::FrameNumber audio_number_ = 0;
  double loudness_ = 0;
  std::uint64_t left_out_seen_ = 0;
  PublishFigures figures_;

  boost::asio::steady_timer video_timer_;
  boost::asio::steady_timer audio_timer_;
  boost::asio::steady_timer steer_timer_;
};

}  // namespace sluice::client
