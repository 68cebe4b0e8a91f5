#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "tests/integration/received_track.h"
#include "tests/integration/wire_client.h"

namespace sluice::integration {

using Json = nlohmann::json;

/// One participant, written from docs/protocol.md: answers pings, reports what it has read, keeps
/// every control message and every frame for the assertions of a test.
class Participant {
 public:
  struct Options {
    WireOptions wire;
    bool reports = true;  ///< sends `report`, as a client that wants low delay does
    /// Reads no faster than this, as an application behind a slow link; 0 reads at once.
    std::size_t read_bytes_per_second = 0;
  };

  explicit Participant(std::uint16_t port) : Participant(port, Options{}) {}
  Participant(std::uint16_t port, const Options& options);

  /// Sends `hello` and `join`; the reply is `joined` or `error`.
  Json join(const std::string& room, const Json& members = Json::object());
  /// Sends `hello` and `attach`; the reply is `attached` or `error`.
  Json attach(const std::string& room, const Json& participant, const Json& key);
  /// Publishes a track; returns its handle.
  media::TrackHandle publish(const Json& description);
  /// Sends `message` and waits for the reply or the error to it.
  Json request(Json message);
  void send(const Json& message);
  void send_media(const std::string& message) { wire_.send_binary(message); }

  /// Reads what may be read now and does what a client owes the server.
  void turn();
  /// The first control message of this type that was not taken yet; it is taken.
  std::optional<Json> take(const std::string& type);
  /// Takes the next message of this type, waiting up to 5 s; a null value when none came.
  Json wait_for(const std::string& type);
  bool wait_until(const std::function<bool()>& holds, std::chrono::milliseconds timeout);

  ReceivedTrack& track(media::TrackHandle handle) { return tracks_[handle]; }
  [[nodiscard]] std::vector<std::string> faults() const;
  /// How often the publisher was asked for a keyframe since the last call.
  std::size_t take_keyframe_requests();
  [[nodiscard]] std::uint64_t media_bytes() const { return media_bytes_; }
  [[nodiscard]] bool slow() const { return options_.read_bytes_per_second > 0; }
  [[nodiscard]] WireClient& wire() { return wire_; }

 private:
  void say_hello();
  void read();
  void receive(const WireMessage& message);
  void report(SteadyTime now);

  Options options_;
  WireClient wire_;
  std::vector<Json> controls_;
  std::map<media::TrackHandle, ReceivedTrack> tracks_;
  std::vector<std::string> faults_;
  std::int64_t next_id_ = 1;
  std::uint64_t media_bytes_ = 0;
  std::uint64_t reported_bytes_ = 0;
  SteadyTime reported_{};
  SteadyTime allowance_from_;
  double allowance_bytes_ = 0;
};

[[nodiscard]] Json camera_track(int temporal_layers = 3);
[[nodiscard]] Json microphone_track();

}  // namespace sluice::integration
