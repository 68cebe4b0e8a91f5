#include "sfu/subscription_settings.h"

#include <algorithm>

namespace sluice::sfu {
namespace {

std::chrono::milliseconds default_budget(const signaling::TrackDescription& track,
                                         const LatencyBudgets& latency) {
  switch (track.source) {
    case signaling::TrackSource::kCamera:
      return latency.camera;
    case signaling::TrackSource::kScreen:
      return latency.screen;
    case signaling::TrackSource::kMicrophone:
    case signaling::TrackSource::kScreenAudio:
      break;
  }
  return latency.audio;
}

}  // namespace

media::EncodingId wanted_encoding(const signaling::VideoDescription& video,
                                  const signaling::SubscriptionSettings& wanted) {
  if (video.encodings.empty()) return media::EncodingId{0};
  const auto fills = [&](const signaling::EncodingInfo& encoding) {
    return encoding.width >= wanted.max_width.value_or(video.width) &&
           encoding.height >= wanted.max_height.value_or(video.height);
  };
  // They are listed smallest first.
  const auto found = std::ranges::find_if(video.encodings, fills);
  return media::EncodingId{found == video.encodings.end() ? video.encodings.back().encoding
                                                          : found->encoding};
}

media::SubscriptionSettings egress_settings(const signaling::TrackDescription& track,
                                            const signaling::SubscriptionSettings& wanted,
                                            const LatencyBudgets& latency) {
  const bool video = track.kind == signaling::TrackKind::kVideo;
  media::SubscriptionSettings settings{
      .kind = video ? media::MediaKind::kVideo : media::MediaKind::kAudio,
      .latency_budget = wanted.latency_budget.value_or(default_budget(track, latency)),
  };
  if (video) {
    const auto& encodings = track.video.encodings;
    settings.simulcast = encodings.size() > 1;
    settings.encoding =
        media::EncodingId{encodings.empty() ? std::uint8_t{0} : encodings.front().encoding};
    settings.hidden = wanted.hidden();
  }
  if (wanted.max_temporal_layer) settings.max_temporal_layer = *wanted.max_temporal_layer;
  if (wanted.priority) settings.priority = *wanted.priority;
  return settings;
}

}  // namespace sluice::sfu
