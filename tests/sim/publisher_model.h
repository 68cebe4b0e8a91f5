#pragma once

#include <vector>

#include "media/egress.h"
#include "media/frame_pool.h"
#include "tests/sim/camera_model.h"
#include "tests/sim/microphone_model.h"

namespace sluice::sim {

using media::FrameRef;

/// One participant's camera and microphone as the server receives them.
///
/// The camera has one to three simulcast encodings (simulcast.h), each with keyframes of its own:
/// at the start, each `keyframe_interval`, and at the next base frame after a request arrived.
class PublisherModel {
 public:
  struct Settings {
    media::TrackHandle camera{1};
    media::TrackHandle microphone{2};
    int encodings = 1;
    double video_bits_per_second = 1e6;  ///< of the largest encoding
    double base_share = 0.41;            ///< of the bits of each encoding (CameraModel)
    Duration keyframe_weight = std::chrono::milliseconds{400};
    Duration keyframe_interval = std::chrono::hours{1};
    /// From the server's request to the publisher's encoder and from there to the server.
    Duration request_delay = std::chrono::milliseconds{40};
    bool pauses = false;
    std::uint8_t audio_level = 30;  ///< of its microphone, minus dBov
    bool speaks = true;             ///< has a microphone at all: a shared screen has none
    Duration phase{};  ///< so much later than the models' own moments is each frame captured
    std::uint64_t seed = 1;
  };

  PublisherModel(media::FramePool& pool, const Settings& settings);

  /// The encodings of such a publisher, smallest first; also what the clairvoyant bound knows.
  [[nodiscard]] static std::vector<CameraModel> cameras(const Settings& settings);
  [[nodiscard]] static MicrophoneModel microphone(const Settings& settings);
  [[nodiscard]] static media::FrameDescription describe_packet(const Settings& settings,
                                                               media::FrameNumber number,
                                                               Time captured);

  void request_keyframe(media::EncodingId encoding, Time now);
  void request_keyframe(const media::Egress::SyncWanted& wanted, Time now) {
    request_keyframe(wanted.encoding, now);
  }
  /// The frames that arrive up to and including `now`, in order.
  std::vector<FrameRef> arrivals(Time now);
  [[nodiscard]] Time next_arrival() const { return next_captured() + settings_.phase; }

 private:
  struct Encoding {
    CameraModel camera;
    std::uint32_t group = 0;
    Time requested = Time::max();
  };
  /// On the models' own time, without the phase.
  [[nodiscard]] Time next_captured() const {
    const Time picture = CameraModel::captured(index_);
    return settings_.speaks ? std::min(picture, microphone_.next()) : picture;
  }
  [[nodiscard]] FrameRef frame_of(media::FrameDescription description, media::MediaKind kind);
  void capture(std::vector<FrameRef>& out);

  media::FramePool& pool_;
  Settings settings_;
  MicrophoneModel microphone_;
  std::vector<Encoding> encodings_;
  std::uint32_t index_ = 0;
  media::FrameNumber packet_ = 0;
};

}  // namespace sluice::sim
