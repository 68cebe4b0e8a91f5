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
  Encoding& encoding = encodings_[header.encoding];
  if (header.abandon) {
    if (!encoding.partial || header.frame != encoding.description.number) {
      fault("nothing to abandon", header);
    }
    encoding.partial = false;
    ++abandoned_;
    return;
  }
  if (header.first()) {
    if (encoding.partial) fault("a frame begins inside another", header);
    encoding.description = *header.description;
    encoding.payload.clear();
    encoding.partial = true;
  } else if (!encoding.partial || header.frame != encoding.description.number) {
    fault("a chunk of a frame that did not begin", header);
    return;
  }
  if (header.offset != encoding.payload.size()) fault("a gap inside a frame", header);
  encoding.payload.append(reinterpret_cast<const char*>(chunk.payload.data()),
                          chunk.payload.size());
  if (header.last) finish(encoding, arrived);
}

void ReceivedTrack::finish(Encoding& encoding, SteadyTime arrived) {
  encoding.partial = false;
  const media::FrameDescription& frame = encoding.description;
  const media::ChunkHeader header{
      .track = frame.track, .encoding = frame.encoding, .frame = frame.number};
  if (encoding.payload != payload_of(frame.number, frame.length)) {
    fault("another payload than was sent", header);
  }
  if (encoding.newest && static_cast<std::int32_t>(frame.number - *encoding.newest) <= 0) {
    fault("frames out of order", header);
  }
  encoding.newest = frame.number;
  if (shown_ && shown_ != frame.encoding) {
    if (!frame.keyframe) return fault("of an encoding that is not shown", header);
    encodings_[*shown_].decodable.clear();
  }
  shown_ = frame.encoding;
  for (const std::uint16_t delta : frame.dependencies()) {
    if (!encoding.decodable.contains(frame.number - delta)) {
      fault("undecodable without " + std::to_string(frame.number - delta), header);
      return;
    }
  }
  encoding.decodable.insert(frame.number);
  frames_.push_back({.description = frame, .arrived = arrived});
}

void ReceivedTrack::fault(const std::string& what, const media::ChunkHeader& header) {
  faults_.push_back("track " + std::to_string(static_cast<unsigned>(header.track)) + " encoding " +
                    std::to_string(static_cast<unsigned>(header.encoding)) + " frame " +
                    std::to_string(header.frame) + ": " + what);
}

}  // namespace sluice::integration
