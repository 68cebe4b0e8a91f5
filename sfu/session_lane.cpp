// A session that is a lane: it carries sound of a participant whose room knows it by another one.
#include <algorithm>

#include "sfu/metric_kinds.h"
#include "sfu/session.h"
#include "sfu/shard.h"

namespace sluice::sfu {

void Session::lane_track_added(signaling::RoomId room, signaling::TrackHandle track,
                               ShardIndex publisher_shard) {
  lane_tracks_.push_back(
      {.room = room, .handle = track, .publisher_shard = publisher_shard, .clock = {}});
}

void Session::lane_track_removed(signaling::TrackHandle track) {
  std::erase_if(lane_tracks_, [&](const LaneTrack& each) { return each.handle == track; });
  assembler_.forget(static_cast<media::TrackHandle>(track));
}

void Session::on_lane_media(const media::Chunk& chunk, std::size_t bytes) {
  const auto track = std::ranges::find(
      lane_tracks_, static_cast<signaling::TrackHandle>(chunk.header.track), &LaneTrack::handle);
  if (track == lane_tracks_.end()) {
    // Not a fault: what the room says of tracks comes by the other connection and may be before or
    // behind this.
    return count_received(media::MediaKind::kAudio, bytes);
  }
  if (chunk.header.encoding != media::EncodingId{0}) {
    return fail_media(signaling::ErrorCode::kBadMedia,
                      "the track was published without this encoding");
  }
  const auto frame = assembler_.add(chunk, media::MediaKind::kAudio, track->clock, shard_.now());
  if (!frame) {
    return fail_media(signaling::ErrorCode::kBadMedia, media::describe(frame.error()));
  }
  count_received(media::MediaKind::kAudio, bytes);
  if (!*frame) return;
  shard_.metrics().frames_received[frame_kind(media::MediaKind::kAudio)].add();
  shard_.router().receive_from_lane({.room = track->room, .track = track->handle, .frame = *frame},
                                    track->publisher_shard);
}

}  // namespace sluice::sfu
