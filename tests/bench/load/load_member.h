#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "media/time.h"
#include "tests/bench/load/load_connection.h"
#include "tests/bench/load/media_source.h"

namespace sluice::bench {

/// What all members received, together, of the frames captured between two moments.
struct Tally {
  media::Time counts_from = media::Time::max();
  media::Time counts_until = media::Time::max();
  std::uint64_t delivered = 0;  ///< whole frames
  std::vector<std::uint64_t> delivered_by_handle;
  std::uint64_t lost = 0;  ///< frames that the numbers of those that came skip over
  std::vector<std::uint32_t>
      ages_us;  ///< from the publisher's send to the end of the reader's recv

  /// Of the track with this handle.
  [[nodiscard]] std::uint64_t delivered_of(std::uint16_t handle) const {
    return handle < delivered_by_handle.size() ? delivered_by_handle[handle] : 0;
  }
};

/// One client: joins a room, publishes what its sources make, and counts what it is sent.
class LoadMember {
 public:
  struct Role {
    bool subscribes = true;
    bool reports = false;  ///< as docs/protocol.md 4.8 asks of clients
  };

  LoadMember(const Target& target, Role role, Tally& tally);

  /// Asks to join; `joined` is true once the answer came. Nothing to do at the bare limit.
  void join(const std::string& room);
  [[nodiscard]] bool joined() const { return joined_; }
  /// Announces a camera with so many encodings, or a microphone.
  void publish_camera(std::size_t encodings);
  void publish_microphone();
  [[nodiscard]] std::size_t published() const { return published_.size(); }
  [[nodiscard]] std::uint16_t handle(std::size_t published) const {
    return published_.at(published);
  }
  [[nodiscard]] std::size_t subscribed() const { return subscribed_; }
  /// Begins to send `shape` on the published track of this index.
  void add_source(std::size_t published, media::EncodingId encoding, MediaSource::Shape shape,
                  media::Time start);

  /// When the next frame is due; `Time::max()` without sources.
  [[nodiscard]] media::Time due() const;
  /// Sends the frame that is due next.
  void send_due();
  /// How many frames the source added at this place has sent.
  [[nodiscard]] std::size_t sent(std::size_t source) const { return sources_.at(source).frames(); }
  void read();
  /// How often it was told that somebody came or left.
  [[nodiscard]] std::size_t comings_and_goings() const { return comings_and_goings_; }
  /// As the server asked for last.
  [[nodiscard]] media::Duration report_interval() const { return report_interval_; }
  [[nodiscard]] bool reports() const { return role_.reports; }
  [[nodiscard]] bool subscribes() const { return role_.subscribes; }
  [[nodiscard]] int descriptor() const { return connection_.descriptor(); }

 private:
  struct Incoming {
    media::FrameNumber number = 0;
    bool started = false;
    std::uint8_t encoding = 0;
    std::int64_t capture_us = 0;
  };

  void on_control(std::string_view text);
  void on_media(const CutMessage& message);
  void report();

  Wire wire_;
  Role role_;
  Tally& tally_;
  LoadConnection connection_;
  bool joined_ = false;
  std::vector<std::uint16_t> published_;
  std::size_t subscribed_ = 0;
  std::size_t comings_and_goings_ = 0;
  std::vector<MediaSource> sources_;
  std::vector<Incoming> incoming_;  ///< by handle
  std::uint64_t received_bytes_ = 0;
  std::uint64_t reported_bytes_ = 0;
  media::Time last_report_{};
  media::Duration report_interval_ = std::chrono::milliseconds{50};
};

/// The clock of all stamps: CLOCK_MONOTONIC in microseconds.
[[nodiscard]] media::Time load_now();

}  // namespace sluice::bench
