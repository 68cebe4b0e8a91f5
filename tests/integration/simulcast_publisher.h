#pragma once

#include <string>
#include <vector>

#include "tests/integration/participant.h"
#include "tests/integration/synthetic_media.h"

namespace sluice::integration {

/// A participant that publishes a camera in several encodings and does what docs/protocol.md 4.6
/// asks of it: makes those in demand only, and begins with a keyframe when one comes back.
class SimulcastPublisher {
 public:
  struct Encoding {
    int width = 0;
    int height = 0;
    std::size_t bits_per_second = 0;
  };
  /// What the server demanded, and when that was read.
  struct Demand {
    std::vector<int> encodings;
    SteadyTime at;
  };

  /// `participant`, which outlives this, has joined and publishes the track at once. `encodings`
  /// are numbered from 0, smallest first.
  SimulcastPublisher(Participant& participant, const std::vector<Encoding>& encodings);

  /// Obeys what the server said since the last call and sends the frames that are due.
  void turn(SteadyTime now);

  [[nodiscard]] media::TrackHandle handle() const { return handle_; }
  /// The server's name of the track.
  [[nodiscard]] const std::string& track() const { return track_; }
  [[nodiscard]] const std::vector<Demand>& demands() const { return demands_; }
  /// Frames of one encoding that were sent.
  [[nodiscard]] std::size_t sent(std::size_t encoding) const { return made_[encoding].sent(); }

 private:
  void obey(const Json& demand, SteadyTime now);

  Participant& participant_;
  std::string track_;
  media::TrackHandle handle_{};
  std::vector<Camera> made_;
  std::vector<bool> on_;
  std::vector<Demand> demands_;
};

}  // namespace sluice::integration
