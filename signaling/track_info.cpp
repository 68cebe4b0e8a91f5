#include "signaling/track_info.h"

#include "signaling/wire_words.h"

namespace sluice::signaling {

namespace {

constexpr std::array<std::string_view, 2> kKinds{"audio", "video"};
constexpr std::array<std::string_view, kTrackSources.size()> kSources{"microphone", "camera",
                                                                      "screen", "screen_audio"};

}  // namespace

std::string_view to_string(TrackKind kind) { return word_of(kKinds, kind); }
std::string_view to_string(TrackSource source) { return word_of(kSources, source); }

std::optional<TrackKind> track_kind_from_string(std::string_view text) {
  return value_of<TrackKind>(kKinds, text);
}

std::optional<TrackSource> track_source_from_string(std::string_view text) {
  return value_of<TrackSource>(kSources, text);
}

TrackKind kind_of(TrackSource source) {
  return source == TrackSource::kCamera || source == TrackSource::kScreen ? TrackKind::kVideo
                                                                          : TrackKind::kAudio;
}

}  // namespace sluice::signaling
