#include "media/published_track.h"

#include <algorithm>

namespace sluice::media {

PublishedTrack::Encoding& PublishedTrack::at(EncodingId encoding) {
  const auto found = std::ranges::find(encodings_, encoding, &Encoding::id);
  if (found != encodings_.end()) return *found;
  return encodings_.emplace_back(Encoding{
      .id = encoding,
      .cache = GroupCache{settings_.cache},
      .requests = KeyframeRequestLimiter{settings_.keyframe_interval_min, kRetryAfter},
  });
}

void PublishedTrack::on_frame(const FrameRef& frame) {
  if (settings_.kind != MediaKind::kVideo) return;
  Encoding& encoding = at(frame->description.encoding);
  if (frame->description.keyframe) encoding.requests.keyframe_arrived();
  encoding.cache.add(frame);
  encoding.live = encoding.live || frame->description.keyframe;
  encoding.last = frame->arrival;
  encoding.frames_of_others = 0;
  // A keyframe is rare, and must not make the encoding look heavier for seconds.
  if (!frame->description.keyframe) encoding.rate.add(frame->description.length, frame->arrival);
  if (encodings_.size() > 1) notice_silence(encoding.id, frame->arrival);
}

void PublishedTrack::notice_silence(EncodingId heard, Time now) {
  for (Encoding& other : encodings_) {
    if (other.id == heard || !other.live) continue;
    ++other.frames_of_others;
    if (other.frames_of_others < kSilentFrames || now - other.last < kSilence) continue;
    other.live = false;
    other.cache.clear();
    other.requests.keyframe_arrived();
    // When it comes back, the gap would pass for a low rate.
    other.rate = RateMeter{};
  }
}

const PublishedTrack::Encoding* PublishedTrack::find(EncodingId encoding) const {
  const auto found = std::ranges::find(encodings_, encoding, &Encoding::id);
  return found == encodings_.end() ? nullptr : &*found;
}

bool PublishedTrack::live(EncodingId encoding) const {
  const Encoding* const found = find(encoding);
  return found != nullptr && found->live;
}

std::optional<double> PublishedTrack::bytes_per_second(EncodingId encoding, Time now) const {
  const Encoding* const found = find(encoding);
  return found == nullptr ? std::nullopt : found->rate.bytes_per_second(now);
}

void PublishedTrack::set_muted(bool muted) {
  muted_ = muted;
  for (Encoding& encoding : encodings_) {
    encoding.cache.clear();
    encoding.requests.keyframe_arrived();
  }
}

std::span<const FrameRef> PublishedTrack::group(EncodingId encoding) const {
  const Encoding* const found = find(encoding);
  return found == nullptr ? std::span<const FrameRef>{} : found->cache.frames();
}

std::vector<FrameRef> PublishedTrack::groups() const {
  std::vector<FrameRef> all;
  for (const Encoding& encoding : encodings_) {
    const auto frames = encoding.cache.frames();
    all.insert(all.end(), frames.begin(), frames.end());
  }
  return all;
}

void PublishedTrack::replace_groups(std::span<const FrameRef> groups) {
  for (Encoding& encoding : encodings_) encoding.cache.clear();
  for (const FrameRef& frame : groups) {
    Encoding& encoding = at(frame->description.encoding);
    encoding.cache.add(frame);
    encoding.live = true;
    encoding.last = std::max(encoding.last, frame->arrival);
  }
}

void PublishedTrack::request_keyframe(EncodingId encoding) {
  if (!muted_ && settings_.kind == MediaKind::kVideo) at(encoding).requests.request();
}

void PublishedTrack::poll_keyframe_requests(Time now, std::vector<EncodingId>& out) {
  for (Encoding& encoding : encodings_) {
    if (encoding.requests.poll(now)) out.push_back(encoding.id);
  }
}

Time PublishedTrack::deadline() const {
  Time earliest = Time::max();
  for (const Encoding& encoding : encodings_) {
    earliest = std::min(earliest, encoding.requests.deadline());
  }
  return earliest;
}

}  // namespace sluice::media
