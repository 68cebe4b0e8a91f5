#include "client/uplink.h"

#include <algorithm>

namespace sluice::client {
namespace {

using std::chrono::milliseconds;

// Sound that misses the way up is lost for everybody, so it may use its whole budget of delivery.md
// here: at half of it, what a slow uplink's kernel already holds would condemn one sound in four
// (measured at 240 kbit/s). A picture leaves half of its budget to the way down.
constexpr media::Duration kAudioBudget = milliseconds{200};
constexpr media::Duration kVideoBudget = milliseconds{200};

}  // namespace

bool Uplink::add_track(media::TrackHandle track, media::MediaKind kind) {
  return egress_.subscribe(
      track, {.kind = kind,
              .latency_budget = kind == media::MediaKind::kAudio ? kAudioBudget : kVideoBudget});
}

void Uplink::push(const media::FrameDescription& description, media::MediaKind kind,
                  std::span<const std::byte> payload, media::Time now) {
  media::FrameBuilder frame = pool_->allocate(description, kind);
  // At the pool's bound the frame is lost; what depends on it will be found orphaned.
  if (!frame) return;
  frame->arrival = now;
  std::ranges::copy(payload, frame->payload_to_fill().begin());
  egress_.push(std::move(frame).finish());
}

std::optional<media::Departure> Uplink::next(media::Time now) {
  if (egress_.urgent_waiting() && !link_.may_send_audio()) {
    link_.held_back();
    return std::nullopt;
  }
  auto departure = egress_.next(now, link_.estimate(), link_.may_send_video());
  if (departure) return departure;
  if (egress_.video_waiting()) {
    link_.held_back();
  } else {
    link_.drained();
  }
  return std::nullopt;
}

bool Uplink::waiting() const { return egress_.urgent_waiting() || egress_.video_waiting(); }

std::vector<media::TrackHandle> Uplink::keyframes_wanted(media::Time now) const {
  std::vector<media::Egress::SyncWanted> wanted;
  egress_.sync_wanted(now, wanted);
  std::vector<media::TrackHandle> tracks;
  for (const auto& sync : wanted) tracks.push_back(sync.track);
  return tracks;
}

}  // namespace sluice::client
