#pragma once

#include <chrono>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "media/frame.h"
#include "tests/integration/wire_client.h"

namespace sluice::integration {

/// The chunks, ready to send, of one frame: `payload_of` its number behind the headers.
[[nodiscard]] std::vector<std::string> chunks_of(const media::FrameDescription& description,
                                                 std::size_t chunk_bytes = 16384);

/// A microphone: a packet of 100 bytes every 20 ms.
class Microphone {
 public:
  Microphone(media::TrackHandle track, SteadyTime start) : track_{track}, next_{start} {}
  [[nodiscard]] SteadyTime next() const { return next_; }
  [[nodiscard]] media::FrameNumber sent() const { return number_; }
  /// The chunks of the packet that is due at `next()`.
  std::vector<std::string> packet();

 private:
  media::TrackHandle track_;
  SteadyTime next_;
  media::FrameNumber number_ = 0;
};

/// A camera at 30 frames/s with VP8's three temporal layers (docs/protocol.md section 5.1).
///
/// Sizes: 18 %, 30 % and 52 % of the delta frames' bytes by layer (a calm scene: what moves little
/// costs little in the frames that are far apart), scattered by a quarter from a fixed seed; a
/// keyframe is six times a mean delta frame.
class Camera {
 public:
  Camera(media::TrackHandle track, SteadyTime start, std::size_t bits_per_second,
         std::chrono::seconds keyframe_interval, media::EncodingId encoding = {});
  [[nodiscard]] SteadyTime next() const { return next_; }
  [[nodiscard]] media::FrameNumber sent() const { return number_; }
  void request_keyframe() { keyframe_wanted_ = true; }
  /// Goes on at `at`, with a keyframe, after frames that were due were not taken.
  void resume(SteadyTime at);
  /// The chunks of the frame that is due at `next()`.
  std::vector<std::string> frame();

 private:
  media::FrameDescription describe_next();

  media::TrackHandle track_;
  media::EncodingId encoding_;
  SteadyTime start_;
  SteadyTime next_;
  double mean_delta_bytes_ = 0;
  media::FrameNumber keyframe_interval_frames_;
  media::FrameNumber number_ = 0;
  media::FrameNumber group_start_ = 0;
  std::uint32_t group_ = 0;
  bool keyframe_wanted_ = false;
  std::minstd_rand random_{20261122};
};

}  // namespace sluice::integration
