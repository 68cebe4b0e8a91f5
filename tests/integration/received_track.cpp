#include "tests/integration/received_track.h"

namespace sluice::integration {

double ReceivedFrame::latency_ms() const {
  const auto late = arrived.time_since_epoch() - description.capture_time;
  return std::chrono::duration<double, std::milli>(late).count();
}

std::string payload_of(media::FrameNumber number, std::size_t length) {
  std::string payload(length, '\0');
  for (std::size_t i = 0; i < length; ++i) payload[i] = static_cast<char>(number * 131 + i * 7);
  return payload;
}

void ReceivedTrack::receive(const media::Chunk& chunk, SteadyTime arrived) {
  const media::ChunkHeader& header = chunk.header;
  if (header.abandon) {
    if (!partial_ || header.frame != description_.number) fault("nothing to abandon", header);
    partial_ = false;
    ++abandoned_;
    return;
  }
  if (header.first()) {
    if (partial_) fault("a frame begins inside another", header);
    description_ = *header.description;
    payload_.clear();
    partial_ = true;
  } else if (!partial_ || header.frame != description_.number) {
    fault("a chunk of a frame that did not begin", header);
    return;
  }
  if (header.offset != payload_.size()) fault("a gap inside a frame", header);
  payload_.append(reinterpret_cast<const char*>(chunk.payload.data()), chunk.payload.size());
  if (header.last) finish(arrived);
}

void ReceivedTrack::finish(SteadyTime arrived) {
  partial_ = false;
  const media::ChunkHeader header{.track = description_.track, .frame = description_.number};
  if (payload_ != payload_of(description_.number, description_.length)) {
    fault("another payload than was sent", header);
  }
  if (!frames_.empty() &&
      static_cast<std::int32_t>(description_.number - frames_.back().description.number) <= 0) {
    fault("frames out of order", header);
  }
  for (const std::uint16_t delta : description_.dependencies()) {
    if (!decodable_.contains(description_.number - delta)) {
      fault("undecodable without " + std::to_string(description_.number - delta), header);
      return;
    }
  }
  decodable_.insert(description_.number);
  frames_.push_back({.description = description_, .arrived = arrived});
}

void ReceivedTrack::fault(const std::string& what, const media::ChunkHeader& header) {
  faults_.push_back("track " + std::to_string(static_cast<unsigned>(header.track)) + " frame " +
                    std::to_string(header.frame) + ": " + what);
}

}  // namespace sluice::integration
