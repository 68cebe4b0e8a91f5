#pragma once

#include <optional>
#include <span>
#include <vector>

#include "media/egress.h"
#include "media/frame_pool.h"
#include "media/link_controller.h"

namespace sluice::client {

/// What of a publisher's media goes to the server next, and when: the server's own rules for its
/// subscribers (`media::Egress`), turned round.
///
/// Audio goes before video; what would come too late is left out before it costs bandwidth, the
/// highest temporal layer first; little is ever bound to the socket. Sans-IO.
/// Bound: those of `media::Egress`; frames live in one pool of `kPoolBytesMax`.
/// Owner: the connection; not safe to share between threads.
class Uplink {
 public:
  /// A keyframe of 2 MiB in each of the eight tracks, and as much waiting behind them.
  static constexpr std::size_t kPoolBytesMax = 32 * 1024 * 1024;

  Uplink()
      : pool_{std::make_shared<media::FramePool>(kPoolBytesMax)},
        egress_{media::Egress::Bounds{}} {}

  /// A track that may be sent from now on. False when there are too many.
  [[nodiscard]] bool add_track(media::TrackHandle track, media::MediaKind kind);
  void remove_track(media::TrackHandle track) { egress_.unsubscribe(track); }
  /// Leaves out what waits of a track that was muted.
  void flush(media::TrackHandle track) { egress_.flush(track); }

  /// A frame that was captured just now; `description.length` is that of `payload`.
  void push(const media::FrameDescription& description, media::MediaKind kind,
            std::span<const std::byte> payload, media::Time now);

  /// The next chunk to write; nothing when nothing may leave now.
  [[nodiscard]] std::optional<media::Departure> next(media::Time now);
  /// Where the frames of departures live: whoever keeps one keeps this too.
  [[nodiscard]] std::shared_ptr<const media::FramePool> pool() const { return pool_; }
  /// Something waits that `next` held back: ask again at `link().next_look(now)`.
  [[nodiscard]] bool waiting() const;

  /// Video tracks that cannot go on without a keyframe.
  [[nodiscard]] std::vector<media::TrackHandle> keyframes_wanted(media::Time now) const;

  [[nodiscard]] media::LinkController& link() { return link_; }
  [[nodiscard]] const media::LinkController& link() const { return link_; }
  [[nodiscard]] const media::EgressCounters& counters() const { return egress_.counters(); }
  [[nodiscard]] std::size_t video_bytes_waiting() const { return egress_.video_bytes_waiting(); }

 private:
  std::shared_ptr<media::FramePool> pool_;  // first, as the egress holds frames of it
  media::Egress egress_;
  media::LinkController link_;
};

}  // namespace sluice::client
