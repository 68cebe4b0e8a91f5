#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "media/frame_pool.h"
#include "media/group_cache.h"
#include "media/keyframe_request_limiter.h"
#include "media/rate_meter.h"

namespace sluice::media {

/// What the router keeps of one published track: for each encoding the way to live for a joiner,
/// and the merged requests for keyframes.
///
/// Bound: 16 encodings (the header has 4 bits), made as their first frame comes.
/// Owner: the shard that routes the track.
class PublishedTrack {
 public:
  struct Settings {
    MediaKind kind = MediaKind::kVideo;
    Duration keyframe_interval_min = std::chrono::milliseconds{500};
    GroupCache::Bounds cache;
  };

  explicit PublishedTrack(Settings settings) : settings_(settings) {}

  [[nodiscard]] MediaKind kind() const { return settings_.kind; }

  /// The next frame of the track, before it goes to the subscribers.
  void on_frame(const FrameRef& frame);

  /// A muted track is silent on purpose: nothing is asked of its publisher, nothing old is shown.
  void set_muted(bool muted);
  [[nodiscard]] bool muted() const { return muted_; }

  /// The publisher is sending this encoding: it began with a keyframe, and did not fall silent
  /// while the others went on. A publisher turns an encoding off without a word when its uplink or
  /// its processor does not carry it.
  [[nodiscard]] bool live(EncodingId encoding) const;
  /// Payload of an encoding without its keyframes; nothing before it has been seen for half a
  /// second.
  [[nodiscard]] std::optional<double> bytes_per_second(EncodingId encoding, Time now) const;

  /// What a joiner of this encoding is given first; empty when it must wait for a keyframe.
  [[nodiscard]] std::span<const FrameRef> group(EncodingId encoding) const;
  /// The groups of all encodings, one after another, each from its keyframe on: for another shard.
  [[nodiscard]] std::vector<FrameRef> groups() const;
  /// Takes over such groups in place of its own. Requests stay: what is old answers none.
  void replace_groups(std::span<const FrameRef> groups);

  /// A subscriber cannot go on without a keyframe of `encoding`.
  void request_keyframe(EncodingId encoding);
  /// Adds the encodings whose keyframe the publisher must be asked for now.
  void poll_keyframe_requests(Time now, std::vector<EncodingId>& out);
  /// When to poll next; `Time::max()` while nothing is wanted.
  [[nodiscard]] Time deadline() const;

 private:
  /// The publisher is asked again when no keyframe came for so long.
  static constexpr Duration kRetryAfter = std::chrono::seconds{2};

  /// An encoding is silent when it is older than this by time and by frames of the others.
  static constexpr Duration kSilence = std::chrono::milliseconds{400};
  static constexpr int kSilentFrames = 5;

  struct Encoding {
    EncodingId id{};
    bool live = false;
    Time last{};               ///< arrival of its newest frame
    int frames_of_others = 0;  ///< since then
    RateMeter rate;
    GroupCache cache;
    KeyframeRequestLimiter requests;
  };
  Encoding& at(EncodingId encoding);
  [[nodiscard]] const Encoding* find(EncodingId encoding) const;
  void notice_silence(EncodingId heard, Time now);

  Settings settings_;
  bool muted_ = false;
  std::vector<Encoding> encodings_;
};

}  // namespace sluice::media
