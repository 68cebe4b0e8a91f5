#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "media/chunk_header.h"
#include "tests/integration/wire_client.h"

namespace sluice::integration {

/// A frame that arrived whole.
struct ReceivedFrame {
  media::FrameDescription description;
  SteadyTime arrived;  ///< when its last chunk was read
  /// From capture to arrival; both clocks are this process's.
  [[nodiscard]] double latency_ms() const;
};

/// The payload of frame `number`: bytes that follow from it, so that a mixed-up one is seen.
[[nodiscard]] std::string payload_of(media::FrameNumber number, std::size_t length);

/// The receiving end of one track: puts chunks together and distrusts the server.
///
/// Every breach of docs/protocol.md section 5, every payload that is not what was sent and every
/// frame whose dependencies did not arrive is written down in `faults`; so is a frame of a
/// simulcast encoding that is not shown: a decoder, of which there is one, has gone on from
/// another's keyframe.
class ReceivedTrack {
 public:
  void receive(const media::Chunk& chunk, SteadyTime arrived);

  [[nodiscard]] const std::vector<ReceivedFrame>& frames() const { return frames_; }
  [[nodiscard]] const std::vector<std::string>& faults() const { return faults_; }
  [[nodiscard]] std::size_t abandoned() const { return abandoned_; }
  /// The encoding of the newest frame; nothing before the first one.
  [[nodiscard]] std::optional<media::EncodingId> shown() const { return shown_; }
  /// Forgets what came so far, except what later frames depend on.
  void forget() { frames_.clear(); }

 private:
  struct Encoding {
    std::set<media::FrameNumber> decodable;
    std::optional<media::FrameNumber> newest;
    bool partial = false;
    media::FrameDescription description;
    std::string payload;
  };

  void finish(Encoding& encoding, SteadyTime arrived);
  void fault(const std::string& what, const media::ChunkHeader& header);

  std::vector<ReceivedFrame> frames_;
  std::vector<std::string> faults_;
  std::map<media::EncodingId, Encoding> encodings_;
  std::optional<media::EncodingId> shown_;
  std::size_t abandoned_ = 0;
};

}  // namespace sluice::integration
