#include "client/sound_order.h"

#include <algorithm>
#include <utility>

namespace sluice::client {

void SoundOrder::push(media::FrameRef frame, Way way) {
  const auto [place, is_new] = tracks_.try_emplace(frame->description.track);
  Track& track = place->second;
  const auto here = static_cast<std::size_t>(way);
  const std::size_t there = 1 - here;
  if (is_new) track.buffer.close(there);
  track.buffer.push(std::move(frame), here);
  track.quiet[here] = 0;
  if (++track.quiet[there] == kQuietFrames) track.buffer.close(there);
}

void SoundOrder::lane_closed() {
  for (auto& [handle, track] : tracks_) {
    track.buffer.close(static_cast<std::size_t>(Way::kLane));
  }
}

media::FrameRef SoundOrder::pop(media::Time now) {
  for (auto& [handle, track] : tracks_) {
    if (media::FrameRef frame = track.buffer.pop(now)) return frame;
  }
  return {};
}

media::Time SoundOrder::deadline() const {
  media::Time earliest = media::Time::max();
  for (const auto& [handle, track] : tracks_) {
    earliest = std::min(earliest, track.buffer.deadline());
  }
  return earliest;
}

}  // namespace sluice::client
