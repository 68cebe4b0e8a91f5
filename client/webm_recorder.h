#pragma once

#include <array>

#include "client/ebml_writer.h"
#include "client/output_file.h"
#include "client/recorder.h"
#include "client/recording_queue.h"

namespace sluice::client {

/// Writes video and sound, as they came, into a WebM file that can be played and searched.
///
/// The file begins at the first keyframe. Which tracks it has is settled when the first block goes
/// out of the RecordingQueue, or at the end; a track that appears after that is left out, since
/// WebM declares its tracks at the front. Times rise within each track. A file that was not
/// finished (the machine stopped) can be played, but has no index and lacks what was held. Bound:
/// that of RecordingQueue, and one cluster until it is written. Source: RFC 9559; the WebM
/// container guidelines; RFC 7845 section 5.1 for OpusHead.
class WebmRecorder final : public Recorder {
 public:
  explicit WebmRecorder(OutputFile file) : file_{std::move(file)} {}
  std::expected<void, std::string> video(const RecordedVideo& frame) override;
  std::expected<void, std::string> sound(std::chrono::microseconds capture_time,
                                         std::span<const std::byte> packet) override;
  std::expected<void, std::string> finish() override;

 private:
  using Time = std::chrono::microseconds;
  using Track = RecordedBlock::Track;

  struct VideoFormat {
    media::VideoCodec codec{};
    int width = 0;
    int height = 0;
  };
  struct Cue {
    std::int64_t time_ms = 0;
    std::uint64_t cluster_position = 0;  ///< from the segment's body
  };
  struct TrackState {
    bool seen = false;
    bool declared = false;
    std::int64_t last_ms = -1;
  };

  std::expected<void, std::string> add(RecordedBlock block);
  std::expected<void, std::string> write_header(Time start);
  /// The header before the first.
  std::expected<void, std::string> write(const RecordedBlock& block);
  std::expected<void, std::string> write_block(const RecordedBlock& block);
  std::expected<void, std::string> write_cluster();
  [[nodiscard]] EbmlWriter tracks_element() const;
  [[nodiscard]] EbmlWriter info_element(double duration_ms) const;
  TrackState& state(Track track) { return tracks_[static_cast<std::size_t>(track) - 1]; }
  [[nodiscard]] const TrackState& state(Track track) const {
    return tracks_[static_cast<std::size_t>(track) - 1];
  }

  OutputFile file_;
  std::optional<VideoFormat> video_format_;
  std::array<TrackState, 2> tracks_;
  RecordingQueue queue_;
  std::optional<Time> start_;  ///< of the file, on the publisher's clock; none before the header

  std::uint64_t segment_body_ = 0;  ///< position in the file
  std::uint64_t info_position_ = 0;
  std::uint64_t tracks_position_ = 0;
  EbmlWriter cluster_;  ///< blocks of the cluster in the making
  std::int64_t cluster_ms_ = 0;
  bool cluster_has_keyframe_ = false;
  std::int64_t end_ms_ = 0;
  std::vector<Cue> cues_;
};

}  // namespace sluice::client
