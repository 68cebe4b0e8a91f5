#pragma once

#include <cstdint>
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
/// frame whose dependencies did not arrive is written down in `faults`.
class ReceivedTrack {
 public:
  void receive(const media::Chunk& chunk, SteadyTime arrived);

  [[nodiscard]] const std::vector<ReceivedFrame>& frames() const { return frames_; }
  [[nodiscard]] const std::vector<std::string>& faults() const { return faults_; }
  [[nodiscard]] std::size_t abandoned() const { return abandoned_; }
  /// Forgets what came so far, except what later frames depend on.
  void forget() { frames_.clear(); }

 private:
  void finish(SteadyTime arrived);
  void fault(const std::string& what, const media::ChunkHeader& header);

  std::vector<ReceivedFrame> frames_;
  std::vector<std::string> faults_;
  std::set<media::FrameNumber> decodable_;
  std::size_t abandoned_ = 0;
  bool partial_ = false;
  media::FrameDescription description_;
  std::string payload_;
};

}  // namespace sluice::integration
