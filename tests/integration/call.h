#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/integration/participant.h"
#include "tests/integration/synthetic_media.h"

namespace sluice::integration {

/// Participants of one room, some of whom send a camera and a microphone, all driven in real time
/// by the thread that runs the test.
class Call {
 public:
  /// What a sending participant sends; a rate of 0 leaves the camera out.
  struct Sending {
    std::size_t camera_bits_per_second = 300'000;
    std::chrono::seconds keyframe_interval{5};
  };
  /// A participant that sends: its tracks, and how much was sent.
  struct Publisher {
    Participant* participant = nullptr;
    media::TrackHandle camera_track{};
    media::TrackHandle microphone_track{};
    std::optional<Camera> camera;
    Microphone microphone;
    std::size_t keyframe_requests = 0;
  };

  Call(std::uint16_t port, std::string room) : port_{port}, room_{std::move(room)} {}

  /// Connects and joins; throws when the server refuses.
  Participant& add(const Participant::Options& options = {}, const Json& join_members = {});
  /// The same with somebody who is connected already.
  Participant& admit(std::unique_ptr<Participant> participant, const Json& join_members = {});
  /// Publishes and begins to send at once; the reference is good until the next `publish`.
  Publisher& publish(Participant& participant, const Sending& sending);
  Publisher& publisher(std::size_t index) { return publishers_[index]; }
  /// Ends the connection of `participant` and all it sends.
  void drop(Participant& participant);
  void drop_all();
  /// Sends nothing more, so that what was sent can be compared with what arrives.
  void stop_sending() { sending_ = false; }

  bool run_until(const std::function<bool()>& holds, std::chrono::milliseconds timeout);
  void run_for(std::chrono::milliseconds time);
  /// Everything that any participant has to complain about.
  [[nodiscard]] std::vector<std::string> faults() const;

 private:
  void turn();
  void wait(SteadyTime until) const;

  std::uint16_t port_;
  std::string room_;
  bool sending_ = true;
  std::vector<std::unique_ptr<Participant>> participants_;
  std::vector<Publisher> publishers_;
};

/// The smallest value that at least `share` of `values` do not exceed; 0 when there are none.
[[nodiscard]] double percentile(std::vector<double> values, double share);

/// The latencies of `frames` in milliseconds.
[[nodiscard]] std::vector<double> latencies_ms(const std::vector<ReceivedFrame>& frames);

}  // namespace sluice::integration
