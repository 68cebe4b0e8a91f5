#include "sfu/track_route.h"

#include <algorithm>

#include "sfu/session.h"
#include "signaling/server_message.h"

namespace sluice::sfu {
namespace {

using namespace std::chrono_literals;

media::PublishedTrack::Settings track_settings(const signaling::TrackDescription& track) {
  const bool audio = track.kind == signaling::TrackKind::kAudio;
  // docs/protocol.md 4.6: a screen's keyframe costs more, and a screen changes less.
  const bool screen = track.source == signaling::TrackSource::kScreen;
  return {.kind = audio ? media::MediaKind::kAudio : media::MediaKind::kVideo,
          .keyframe_interval_min = screen ? 1000ms : 500ms};
}

}  // namespace

TrackRoute::TrackRoute(signaling::TrackInfo info, Session& publisher, media::TimerWheel& wheel,
                       metrics::ShardMetrics& metrics)
    : info_{std::move(info)},
      publisher_{publisher},
      wheel_{wheel},
      metrics_{metrics},
      track_{track_settings(info_.description)},
      keyframe_timer_{[this](media::Time now) { ask_publisher(now); }} {
  track_.set_muted(info_.description.muted);
}

bool TrackRoute::has(media::EncodingId encoding) const {
  const auto& encodings = info_.description.video.encodings;
  if (kind() == media::MediaKind::kAudio || encodings.empty()) {
    return encoding == media::EncodingId{0};
  }
  return std::ranges::any_of(encodings, [&](const signaling::EncodingInfo& each) {
    return media::EncodingId{each.encoding} == encoding;
  });
}

void TrackRoute::receive(const media::FrameRef& frame) {
  track_.on_frame(frame);
  for (Session* subscriber : subscribers_) subscriber->deliver(frame);
}

void TrackRoute::set_muted(bool muted) {
  info_.description.muted = muted;
  track_.set_muted(muted);
}

void TrackRoute::add(Session& subscriber) {
  if (std::ranges::find(subscribers_, &subscriber) == subscribers_.end()) {
    subscribers_.push_back(&subscriber);
  }
}

void TrackRoute::remove(Session& subscriber) { std::erase(subscribers_, &subscriber); }

void TrackRoute::request_keyframe(media::EncodingId encoding, metrics::KeyframeCause cause,
                                  media::Time now) {
  if (track_.deadline() == media::Time::max()) keyframe_cause_ = cause;
  track_.request_keyframe(encoding);
  ask_publisher(now);
}

void TrackRoute::ask_publisher(media::Time now) {
  std::vector<media::EncodingId> wanted;
  track_.poll_keyframe_requests(now, wanted);
  for (const media::EncodingId encoding : wanted) {
    metrics_.keyframe_requests[keyframe_cause_].add();
    publisher_.send_control(
        {.body = signaling::KeyframeOrder{.track = info_.track,
                                          .encoding = static_cast<std::uint8_t>(encoding)}});
  }
  wheel_.schedule(keyframe_timer_, track_.deadline());
}

}  // namespace sluice::sfu
