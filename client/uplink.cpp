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

bool Uplink::add_track(media::TrackHandle track, media::MediaKind kind, int encodings) {
  for (int index = 0; index < encodings; ++index) {
    auto free = std::ranges::find(streams_, false, &Stream::used);
    if (free == streams_.end()) free = streams_.insert(free, Stream{});
    const auto inner = static_cast<media::TrackHandle>(free - streams_.begin());
    // Shares as the encodings' bitrates are: each has about a quarter of the next larger one's.
    const int priority = 128 >> (2 * (encodings - 1 - index));
    if (!egress_.subscribe(
            inner,
            {.kind = kind,
             .latency_budget = kind == media::MediaKind::kAudio ? kAudioBudget : kVideoBudget,
             .priority = static_cast<std::uint8_t>(std::max(1, priority))})) {
      remove_track(track);
      return false;
    }
    *free = {.track = track,
             .encoding = media::EncodingId{static_cast<std::uint8_t>(index)},
             .used = true};
  }
  return true;
}

void Uplink::remove_track(media::TrackHandle track) {
  for (std::size_t index = 0; index < streams_.size(); ++index) {
    if (!streams_[index].used || streams_[index].track != track) continue;
    egress_.unsubscribe(static_cast<media::TrackHandle>(index));
    streams_[index].used = false;
  }
}

void Uplink::push(const media::FrameDescription& description, media::MediaKind kind,
                  std::span<const std::byte> payload, media::Time now) {
  const auto found = std::ranges::find_if(streams_, [&](const Stream& stream) {
    return stream.used && stream.track == description.track &&
           stream.encoding == description.encoding;
  });
  if (found == streams_.end()) return;
  media::FrameDescription inner = description;
  inner.track = static_cast<media::TrackHandle>(found - streams_.begin());
  inner.encoding = {};
  media::FrameBuilder frame = pool_->allocate(inner, kind);
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
  if (departure) {
    const Stream& sent = stream(departure->header.track);
    departure->header.track = sent.track;
    departure->header.encoding = sent.encoding;
    if (auto& description = departure->header.description) {
      description->track = sent.track;
      description->encoding = sent.encoding;
    }
    return departure;
  }
  if (egress_.video_waiting()) {
    link_.held_back();
  } else {
    link_.drained();
  }
  return std::nullopt;
}

bool Uplink::waiting() const { return egress_.urgent_waiting() || egress_.video_waiting(); }

std::vector<Uplink::KeyframeWanted> Uplink::keyframes_wanted(media::Time now) const {
  std::vector<KeyframeWanted> wanted;
  egress_.sync_wanted(now, wanted);
  for (KeyframeWanted& sync : wanted) {
    const Stream& stream = streams_[static_cast<std::size_t>(sync.track)];
    sync = {.track = stream.track, .encoding = stream.encoding};
  }
  return wanted;
}

}  // namespace sluice::client
